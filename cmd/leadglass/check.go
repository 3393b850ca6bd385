package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/export"
	"leadglass/internal/products"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

type checkCommand struct {
	Targets []string `arg:"" optional:"" name:"target" help:"HOST, HOST:PORT, [IPv6]:PORT, or the URL of a DICOMweb root. Without a port, all ports of the scope are tried."`

	ScopeFile       string         `name:"scope" help:"The scope file that permits the targets. Loopback and private addresses need none." placeholder:"FILE"`
	AuthorisedBy    string         `help:"Who allowed the check of a public address; recorded in the output." placeholder:"TEXT"`
	CalledAETitle   []string       `name:"called-ae-title" help:"A called AE title that the archive knows, tried before the defaults." placeholder:"TITLE"`
	CallingAETitle  string         `name:"calling-ae-title" help:"The AE title we give as ours." placeholder:"TITLE"`
	DefaultAETitles bool           `name:"default-ae-titles" negatable:"" default:"true" help:"Try the AE titles that products come with."`
	Sample          bool           `negatable:"" default:"true" help:"Ask for the identifying attributes of a few studies, to tell which classes are returned; never their values. Without it some archives leave undecided whether images can be retrieved (LG-D06), which a listed study would prove."`
	Count           string         `enum:"scope,exact,off" default:"scope" help:"Count what is exposed: exact, off, or as the scope says (without a scope: exact)."`
	Time            *time.Duration `help:"The time for one target, instead of the scope's." placeholder:"DURATION"`
	JSON            bool           `help:"One JSON object a target on stdout."`
	Format          []string       `help:"sarif, junit, html, csv, on stdout; several with commas and --out." placeholder:"FORMAT"`
	Out             string         `help:"The folder for the files of --format." placeholder:"DIR"`
	FailOn          string         `help:"Exit with 4 when a verdict is this or worse: protected, title-alone (protected by a called AE title alone), identified, open, open-images." placeholder:"VERDICT"`
	Explain         string         `help:"Print the page of a check, for example LG-D04, and do nothing else." placeholder:"ID"`
	Product         string         `help:"The product, where you know it: the plan and the remedies are for it, whatever was recognised." placeholder:"NAME"`
	ProductsFile    string         `name:"products" help:"More records of products (docs/products.md), beside the built-in ones." placeholder:"FILE"`
	GeoIP           []string       `name:"geoip" sep:"none" help:"An MMDB file with countries or AS numbers (GeoLite2, DB-IP, IPinfo…), asked after the overlay; may be repeated, the most trusted first." placeholder:"FILE"`
}

// Help adds examples to --help.
func (checkCommand) Help() string {
	return `Examples:
  leadglass check 127.0.0.1                       all the usual ports of this machine
  leadglass check 127.0.0.1:4242 --json           one port, for a script
  leadglass check https://127.0.0.1:8443/dicom-web
  leadglass check pacs.example.org --scope mandate.yaml
  leadglass check 10.1.2.3 --format sarif > check.sarif
  leadglass check 10.1.2.3 --format junit,html --out results --fail-on open
  leadglass check 10.1.2.3:104 --called-ae-title ARCHIVE --fail-on open
  leadglass check --explain LG-D06`
}

// Run assesses the targets, one after the other.
func (c *checkCommand) Run(ctx context.Context, a *app) error {
	if c.Explain != "" {
		return a.explain(c.Explain, c.Product, false)
	}
	if len(c.Targets) == 0 {
		return usage(errors.New("no target; name one, for example `leadglass check 127.0.0.1`"))
	}
	if err := survey.Verdict(c.FailOn).Validate(); c.FailOn != "" && c.FailOn != titleAlone && err != nil {
		return usage(fmt.Errorf("--fail-on: %w, and %q", err, titleAlone))
	}
	formats, err := c.formats()
	if err != nil {
		return usage(err)
	}
	table, err := campaign.LoadProducts(c.ProductsFile)
	if err != nil {
		return usage(err)
	}
	if c.Product, err = knownProduct(table, c.Product); err != nil {
		return err
	}
	targets, err := scope.ParseTargets(c.Targets)
	if err != nil {
		return usage(err)
	}
	s, err := c.scope(targets)
	if err != nil {
		return usage(err)
	}
	eng, err := campaign.NewEngine(s, campaign.EngineOptions{Products: c.ProductsFile, GeoIP: c.GeoIP, AuthorisedBy: c.AuthorisedBy, Log: a.log, Now: a.now, Resolver: a.resolver})
	if err != nil {
		return err
	}
	candidates, err := campaign.ResolveTargets(ctx, eng, targets)
	if err != nil {
		return err
	}
	met, incomplete := false, false
	var findings []*survey.Finding
	for i, candidate := range candidates {
		a.status(fmt.Sprintf("checking %s (%d of %d)", candidate.Name(), i+1, len(candidates)))
		finding, err := candidate.Check(ctx, eng)
		a.endStatus()
		if err != nil {
			return errors.Join(err, c.write(a, formats, findings))
		}
		if len(formats) > 0 {
			c.fit(table, &finding)
			findings = append(findings, &finding)
		} else if err := c.print(a, table, finding); err != nil {
			return err
		}
		incomplete = incomplete || finding.Incomplete != nil
		met = met || c.met(&finding)
	}
	if err := c.write(a, formats, findings); err != nil {
		return err
	}
	switch {
	case met:
		return errFailOn
	case incomplete:
		return errIncomplete
	}
	return nil
}

// titleAlone is the value of --fail-on between protected and identified: an
// archive that is protected by a called AE title alone.
const titleAlone = "title-alone"

// met reports whether a finding is what --fail-on names, or worse.
func (c *checkCommand) met(f *survey.Finding) bool {
	switch c.FailOn {
	case "":
		return false
	case titleAlone:
		return f.KeptByTitle() || f.Verdict.Rank() >= survey.Identified.Rank()
	}
	return f.Verdict.Rank() >= survey.Verdict(c.FailOn).Rank()
}

func (c *checkCommand) print(a *app, table *products.Table, f survey.Finding) error {
	c.fit(table, &f)
	f.Plan = table.Plan(&f, c.Product)
	if c.JSON {
		return json.NewEncoder(a.out).Encode(f)
	}
	return report.Finding(a.painted, f, report.TextOptions{Color: a.color})
}

// fit has the remedies of f be for the product that the user named.
func (c *checkCommand) fit(table *products.Table, f *survey.Finding) {
	if c.Product != "" {
		table.FitRemedies(f, c.Product)
	}
}

// formats are those of --format, with what goes with them.
func (c *checkCommand) formats() ([]export.CheckFormat, error) {
	formats, err := export.CheckFormatsNamed(c.Format)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--format: %w", err)
	case len(formats) > 0 && c.JSON:
		return nil, errors.New("--json and --format do not go together: leave one of them out")
	case len(formats) > 1 && c.Out == "":
		return nil, errors.New("several formats need a folder: name it with --out DIR")
	case len(formats) == 0 && c.Out != "":
		return nil, errors.New("--out goes with --format")
	}
	return formats, nil
}

// write writes the findings in the formats, to stdout where no folder is named.
func (c *checkCommand) write(a *app, formats []export.CheckFormat, findings []*survey.Finding) error {
	if len(formats) == 0 {
		return nil
	}
	if c.Out == "" {
		return formats[0].Write(a.out, version, findings)
	}
	var files []publish.File
	for _, f := range formats {
		files = append(files, publish.File{Name: f.File, Edition: publish.EditionConfidential, Write: func(w io.Writer) error { return f.Write(w, version, findings) }})
	}
	paths, err := publish.WriteFiles(c.Out, files)
	for _, p := range paths {
		fmt.Fprintln(a.out, p)
	}
	return err
}

// scope is the scope file's, or the implicit one of the targets, with what the
// flags change.
func (c *checkCommand) scope(targets []scope.Target) (*scope.Scope, error) {
	var s *scope.Scope
	var err error
	if c.ScopeFile != "" {
		s, err = scope.Load(c.ScopeFile)
	} else {
		hosts := make([]string, len(targets))
		for i, t := range targets {
			hosts[i] = t.Host
		}
		s, err = scope.ForTargets(hosts, c.AuthorisedBy)
		for _, t := range targets {
			if err != nil && t.Hint != "" {
				err = fmt.Errorf("%w; %s", err, t.Hint)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if c.CallingAETitle != "" {
		if err := scope.ValidAETitle(c.CallingAETitle); err != nil {
			return nil, fmt.Errorf("--calling-ae-title: %w; give 1 to 16 ASCII characters without backslash", err)
		}
		s.Identity.CallingAETitle = c.CallingAETitle
	}
	if err := addCalledTitles(s, c.CalledAETitle); err != nil {
		return nil, err
	}
	s.Allow.DefaultAETitles = s.Allow.DefaultAETitles && c.DefaultAETitles
	s.Allow.Sample = s.Allow.Sample && c.Sample
	if c.Count != "scope" {
		s.CountMode = scope.CountMode(c.Count)
	}
	if c.Time != nil {
		if *c.Time <= 0 {
			return nil, fmt.Errorf("--time must be positive, not %v; for example 2m", *c.Time)
		}
		s.Limits.PerHostTime = *c.Time
	}
	return s, nil
}

// addCalledTitles puts the titles of --called-ae-title before those of s.
func addCalledTitles(s *scope.Scope, titles []string) error {
	if err := campaign.AddCalledAETitles(s, titles); err != nil {
		return fmt.Errorf("--called-ae-title: %w", err)
	}
	return nil
}
