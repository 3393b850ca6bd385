package main

import (
	"leadglass/internal/attribute"
	"leadglass/internal/census"
	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/identify/products"
	"leadglass/internal/privacy"
	"leadglass/internal/scope"
	"leadglass/internal/suspect"
)

// engineOptions is what flags add to a scope.
type engineOptions struct {
	products     string // file with more fingerprints
	authorisedBy string
	geoip        []string // MMDB files, the most trusted first
}

// newEngine wires the gate and the stages for a scope.
func newEngine(a *app, s *scope.Scope, o engineOptions) (*examine.Engine, error) {
	table, err := loadProducts(o.products)
	if err != nil {
		return nil, usage(err)
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
			Now: a.now, Logger: a.log, Resolver: a.resolver,
		}),
		Scope: s, Products: table, Demos: demos, Log: a.log, SketchKey: privacy.NewKey(),
		Memory: census.NewMemory(census.DefaultMemory), KnownAETitles: s.CalledAETitles, Timeouts: examine.DefaultTimeouts, AuthorisedBy: o.authorisedBy,
	}
	sources, err := attributions(s.Overlay, o.geoip)
	if err != nil {
		return nil, usage(err)
	}
	e.Attribute, e.Sources = sources.Owner, sources.List()
	return e, nil
}

// attributions opens what says where an address is and whose: the scope's
// overlay, the user's databases, the country table within the program.
func attributions(overlay string, files []string) (*attribute.Sources, error) {
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

func loadProducts(file string) (*products.Table, error) {
	if file == "" {
		return products.Builtin()
	}
	return products.Load(file)
}
