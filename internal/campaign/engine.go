package campaign

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"leadglass/internal/attribute"
	"leadglass/internal/census"
	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/privacy"
	"leadglass/internal/products"
	"leadglass/internal/scope"
	"leadglass/internal/suspect"
)

// EngineOptions is what a front end adds to a scope.
type EngineOptions struct {
	// Products is a file with more records of products, "" for none; GeoIP are MMDB files,
	// the most trusted first.
	Products string
	GeoIP    []string
	// AuthorisedBy says who allowed the examination of a public address without a
	// scope file; it is recorded in the findings.
	AuthorisedBy string
	Log          *slog.Logger
	// Now is the clock by which the validity of the scope is judged, Resolver
	// resolves names; nil for the system's.
	Now      func() time.Time
	Resolver Resolver
}

// NewEngine wires the gate and the stages that examine the hosts of a scope. The
// error is a *Refusal where a file cannot be read.
func NewEngine(s *scope.Scope, o EngineOptions) (*examine.Engine, error) {
	table, err := LoadProducts(o.Products)
	if err != nil {
		return nil, refuse(err)
	}
	demos, err := suspect.BuiltinDemos()
	if err != nil {
		return nil, err
	}
	e := &examine.Engine{
		Gate: gate.New(s, gate.Options{
			PerHostTime: s.Limits.PerHostTime, PerHostBytes: s.Limits.PerHostBytes,
			ConnectionsPerHost: s.Limits.AssociationsPerHost, ProbesPerSecond: s.Rate.ProbesPerSecond,
			PerNetworkProbesPerSecond: s.Rate.PerNetwork.ProbesPerSecond, PerNetworkPrefix: s.Rate.PerNetwork.Prefix,
			Now: o.Now, Logger: o.Log, Resolver: o.Resolver,
		}),
		Scope: s, Products: table, Demos: demos, Log: o.Log, SketchKey: privacy.NewKey(),
		Memory: census.NewMemory(census.DefaultMemory), KnownAETitles: s.CalledAETitles, Timeouts: examine.DefaultTimeouts, AuthorisedBy: o.AuthorisedBy,
	}
	sources, err := Attributions(s.Overlay, o.GeoIP)
	if err != nil {
		return nil, refuse(err)
	}
	e.Attribute, e.Sources = sources.Owner, sources.List()
	return e, nil
}

// Attributions opens what says where an address is and whose: the scope's
// overlay, the user's databases, the country table within the program.
func Attributions(overlay string, files []string) (*attribute.Sources, error) {
	sources := new(attribute.Sources)
	if overlay != "" {
		o, err := attribute.LoadOverlay(overlay)
		if err != nil {
			return nil, err
		}
		sources.Overlay = o
	}
	for _, file := range files {
		d, err := attribute.OpenDatabase(file)
		if err != nil {
			return nil, err
		}
		sources.Databases = append(sources.Databases, d)
	}
	embedded, err := attribute.Embedded()
	if err != nil {
		return nil, err
	}
	sources.Databases = append(sources.Databases, embedded)
	return sources, nil
}

// LoadProducts returns the built-in records, with those of a file before
// them where one is named.
func LoadProducts(file string) (*products.Table, error) {
	if file == "" {
		return products.Builtin()
	}
	return products.Load(file)
}

// AddCalledAETitles puts titles before those of s.
func AddCalledAETitles(s *scope.Scope, titles []string) error {
	var all []string
	for _, title := range titles {
		if err := scope.ValidAETitle(title); err != nil {
			return fmt.Errorf("%w; give 1 to 16 ASCII characters without backslash", err)
		}
		all = append(all, strings.Trim(title, " "))
	}
	for _, title := range s.CalledAETitles {
		if !slices.Contains(all, title) {
			all = append(all, title)
		}
	}
	if len(all) > scope.MaxCalledAETitles {
		return fmt.Errorf("with those of the scope file there are %d titles; give at most %d", len(all), scope.MaxCalledAETitles)
	}
	s.CalledAETitles = all
	return nil
}
