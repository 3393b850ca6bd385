package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/assess"
	"leadglass/internal/report"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

type checkCommand struct {
	Targets []string `arg:"" optional:"" name:"target" help:"HOST, HOST:PORT, [IPv6]:PORT, or the URL of a DICOMweb root. Without a port, all ports of the scope are tried."`

	ScopeFile       string        `name:"scope" help:"The scope file that permits the targets. Loopback and private addresses need none." placeholder:"FILE"`
	AuthorisedBy    string        `help:"Who allowed the check of a public address; recorded in the output." placeholder:"TEXT"`
	CalledAETitle   []string      `name:"called-ae-title" help:"A called AE title that the archive knows, tried before the defaults." placeholder:"TITLE"`
	CallingAETitle  string        `name:"calling-ae-title" help:"The AE title we give as ours." placeholder:"TITLE"`
	DefaultAETitles bool          `name:"default-ae-titles" negatable:"" default:"true" help:"Try the AE titles that products come with."`
	Sample          bool          `negatable:"" default:"true" help:"Ask for the identifying attributes of a few studies, to tell which classes are returned; never their values."`
	Count           string        `enum:"scope,exact,off" default:"scope" help:"Count what is exposed: exact, off, or as the scope says (without a scope: exact)."`
	Time            time.Duration `help:"The time for one target, instead of the scope's." placeholder:"DURATION"`
	JSON            bool          `help:"One JSON object a target on stdout."`
	FailOn          string        `help:"Exit with 4 when a verdict is this or worse: protected, identified, open, open-images." placeholder:"VERDICT"`
	Explain         string        `help:"Print the page of a check, for example LG-D04, and do nothing else." placeholder:"ID"`
	ProductsFile    string        `name:"products" help:"More fingerprints of products, beside the built-in ones." placeholder:"FILE"`
	GeoIP           []string      `name:"geoip" sep:"none" help:"An MMDB file with countries or AS numbers (GeoLite2, DB-IP, IPinfo…), asked after the overlay; may be repeated, the most trusted first." placeholder:"FILE"`
}

// Help adds examples to --help.
func (checkCommand) Help() string {
	return `Examples:
  leadglass check 127.0.0.1                       all the usual ports of this machine
  leadglass check 127.0.0.1:4242 --json           one port, for a script
  leadglass check https://127.0.0.1:8443/dicom-web
  leadglass check pacs.example.org --scope mandate.yaml
  leadglass check 10.1.2.3:104 --called-ae-title ARCHIVE --fail-on open
  leadglass check --explain LG-D06`
}

// Run assesses the targets, one after the other.
func (c *checkCommand) Run(ctx context.Context, a *app) error {
	if c.Explain != "" {
		return explain(a, c.Explain)
	}
	if len(c.Targets) == 0 {
		return usage(errors.New("no target; name one, for example `leadglass check 127.0.0.1`"))
	}
	limit := survey.Verdict(c.FailOn)
	if err := limit.Validate(); c.FailOn != "" && err != nil {
		return usage(fmt.Errorf("--fail-on: %w", err))
	}
	targets, err := parseTargets(c.Targets)
	if err != nil {
		return usage(err)
	}
	s, err := c.scope(targets)
	if err != nil {
		return usage(err)
	}
	eng, err := newEngine(a, s, engineOptions{products: c.ProductsFile, geoip: c.GeoIP, titles: c.CalledAETitle, authorisedBy: c.AuthorisedBy})
	if err != nil {
		return err
	}
	var candidates []survey.Candidate
	for _, t := range targets {
		found, err := resolve(ctx, eng.Gate, t)
		if err != nil {
			return usage(err)
		}
		candidates = append(candidates, found...)
	}
	worst, incomplete := survey.Unreachable, false
	for i, candidate := range candidates {
		a.status(fmt.Sprintf("checking %s (%d of %d)", candidate.Address, i+1, len(candidates)))
		result, err := eng.Check(ctx, candidate)
		a.endStatus()
		if err != nil {
			return err
		}
		if err := c.print(a, result.Finding); err != nil {
			return err
		}
		incomplete = incomplete || result.Finding.Incomplete != nil
		if result.Finding.Verdict.Rank() > worst.Rank() {
			worst = result.Finding.Verdict
		}
	}
	switch {
	case c.FailOn != "" && worst.Rank() >= limit.Rank():
		return errFailOn
	case incomplete:
		return errIncomplete
	}
	return nil
}

func (c *checkCommand) print(a *app, f survey.Finding) error {
	if c.JSON {
		return json.NewEncoder(a.out).Encode(f)
	}
	return report.Finding(a.out, f, report.TextOptions{Color: a.color})
}

// explain prints the page of a check, whose ID may lack "LG-".
func explain(a *app, id string) error {
	name := strings.ToUpper(strings.TrimSpace(id))
	if !strings.HasPrefix(name, "LG-") {
		name = "LG-" + name
	}
	check, ok := assess.Find(name)
	if !ok {
		return usage(fmt.Errorf("no check %q; `leadglass checks` lists them", id))
	}
	_, err := fmt.Fprint(a.out, check.Page())
	return err
}

// scope is the scope file's, or the implicit one of the targets, with what the
// flags change.
func (c *checkCommand) scope(targets []target) (*scope.Scope, error) {
	var s *scope.Scope
	var err error
	if c.ScopeFile != "" {
		s, err = scope.Load(c.ScopeFile)
	} else {
		hosts := make([]string, len(targets))
		for i, t := range targets {
			hosts[i] = t.host
		}
		s, err = scope.ForTargets(hosts, c.AuthorisedBy)
	}
	if err != nil {
		return nil, err
	}
	if c.CallingAETitle != "" {
		if err := scope.ValidAETitle(c.CallingAETitle); err != nil {
			return nil, fmt.Errorf("--calling-ae-title: %w", err)
		}
		s.Identity.CallingAETitle = c.CallingAETitle
	}
	for _, title := range c.CalledAETitle {
		if err := scope.ValidAETitle(title); err != nil {
			return nil, fmt.Errorf("--called-ae-title: %w", err)
		}
	}
	s.Allow.DefaultAETitles = s.Allow.DefaultAETitles && c.DefaultAETitles
	s.Allow.Sample = s.Allow.Sample && c.Sample
	if c.Count != "scope" {
		s.CountMode = scope.CountMode(c.Count)
	}
	if c.Time > 0 {
		s.Limits.PerHostTime = c.Time
	}
	return s, nil
}

// target is a target as the user wrote it.
type target struct {
	host string
	addr netip.Addr // valid when host is an address
	port uint16     // 0 for the scope's ports
	url  string     // the DICOMweb root, where the user named one
}

func parseTargets(args []string) ([]target, error) {
	targets := make([]target, len(args))
	for i, arg := range args {
		t, err := parseTarget(arg)
		if err != nil {
			return nil, fmt.Errorf("target %q: %w", arg, err)
		}
		targets[i] = t
	}
	return targets, nil
}

func parseTarget(arg string) (target, error) {
	if strings.Contains(arg, "://") {
		return parseURL(arg)
	}
	if addr, err := netip.ParseAddr(strings.Trim(arg, "[]")); err == nil {
		return target{host: addr.String(), addr: addr}, nil
	}
	host, text, ok := cutPort(arg)
	t := target{host: strings.Trim(host, "[]")}
	if ok {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return target{}, fmt.Errorf("%q is not a port; a port is a number from 1 to 65535", text)
		}
		t.port = uint16(port)
	}
	if addr, err := netip.ParseAddr(t.host); err == nil {
		t.host, t.addr = addr.String(), addr
		return t, nil
	}
	if t.host == "" || strings.ContainsAny(t.host, "/ :") {
		return target{}, errors.New("is neither a host nor HOST:PORT; networks go into a scope file for `leadglass survey`")
	}
	return t, nil
}

// parseURL reads a target that is the URL of a DICOMweb root.
func parseURL(arg string) (target, error) {
	u, err := url.Parse(arg)
	switch {
	case err != nil:
		return target{}, errors.New("is no URL; a DICOMweb root is like https://pacs.example.org/dicom-web")
	case u.Scheme != "http" && u.Scheme != "https":
		return target{}, fmt.Errorf("has the scheme %q; a DICOMweb root begins with http:// or https://", u.Scheme)
	case u.User != nil:
		return target{}, errors.New("holds a name or password; none is ever sent, name the root without it")
	case u.RawQuery != "" || u.Fragment != "":
		return target{}, errors.New("holds a query or fragment; name the root alone, like https://pacs.example.org/dicom-web")
	}
	service := u.Port()
	if service == "" {
		service = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	t, err := parseTarget("[" + u.Hostname() + "]:" + service)
	t.url = u.String()
	return t, err
}

// cutPort cuts the port off behind the last colon, unless that colon is part
// of an IPv6 address.
func cutPort(arg string) (host, port string, ok bool) {
	i := strings.LastIndexByte(arg, ':')
	if i < 0 || strings.HasSuffix(arg, "]") {
		return arg, "", false
	}
	return arg[:i], arg[i+1:], true
}
