package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"leadglass/internal/assess"
	"leadglass/internal/attribute"
	"leadglass/internal/campaign"
	"leadglass/internal/survey"
	"leadglass/internal/suspect"
)

// version and commit are set by the linker.
var (
	version = "unknown"
	commit  = "unknown"
)

type productsCommand struct {
	Name string `arg:"" optional:"" help:"A product or toolkit whose record is printed."`
	File string `name:"products" help:"More records of products, beside the built-in ones." placeholder:"FILE"`
	JSON bool   `help:"The records with their sources as JSON on stdout."`
}

// Help adds examples to --help.
func (productsCommand) Help() string {
	return `Examples:
  leadglass products
  leadglass products --products ours.yaml --json
  leadglass products --products ours.yaml "Our archive"     the record of one product`
}

// Run lists the products.
func (c *productsCommand) Run(a *app) error {
	table, err := campaign.LoadProducts(c.File)
	if err != nil {
		return usage(err)
	}
	list := table.List()
	if c.Name != "" {
		if list = list.Of(c.Name); len(list.Products)+len(list.Toolkits) == 0 {
			return usage(fmt.Errorf("no product or toolkit %q; `leadglass products` lists them", c.Name))
		}
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(list)
	}
	if c.Name != "" {
		_, err := fmt.Fprint(a.out, list.Text())
		return err
	}
	a.printf("%d products, %d toolkits\n\n", len(list.Products), len(list.Toolkits))
	a.printf("%-32s %-9s %-22s %s\n", "name", "kind", "maker", "evidence")
	for _, p := range list.Products {
		var signs []string
		for _, s := range p.Signs {
			signs = append(signs, s.Evidence...)
		}
		a.printf("%-32s %-9s %-22s %s\n", p.Name, p.Kind, cmp.Or(p.Vendor, "-"), cmp.Or(strings.Join(unique(signs), ", "), "none"))
	}
	return nil
}

// unique is list, sorted, without repetitions.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

type checksCommand struct {
	ID   string `arg:"" optional:"" help:"A check whose page is printed, for example LG-D04, or D04 for short."`
	JSON bool   `help:"The whole catalogue, the grade rule and the rule of suspicions as JSON on stdout."`
}

// Help adds examples to --help.
func (checksCommand) Help() string {
	return `Examples:
  leadglass checks
  leadglass checks --json
  leadglass checks LG-D04                         the page of one check`
}

// Run lists the checks, and the rules of grades and suspicions.
func (c *checksCommand) Run(a *app) error {
	if c.ID != "" {
		return a.explain(c.ID, c.JSON)
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(struct {
			Schema    string               `json:"schema"`
			Checks    []assess.Check       `json:"checks"`
			Verdicts  []survey.VerdictRule `json:"verdicts"`
			Grades    []assess.GradeRule   `json:"grades"`
			Needed    int                  `json:"suspicion_needs"`
			Suspicion []suspect.Rule       `json:"suspicion"`
		}{"leadglass.checks/1", assess.Catalogue(), survey.VerdictRules(), assess.GradeRules(), suspect.Needed, suspect.Rules()})
	}
	for _, check := range assess.Catalogue() {
		a.printf("%s  %-8s  %s\n", check.ID, check.Severity, check.Title)
	}
	fmt.Fprintln(a.out, "\nVerdicts and grades: of each the first line that applies")
	for _, r := range assess.Rules() {
		a.printf("  %-7s  %-11s  %s\n", r.Gives, r.Value, r.When)
	}
	a.printf("\nSuspicions: %d is enough; of signs of one kind the heaviest counts\n", suspect.Needed)
	for _, r := range suspect.Rules() {
		a.printf("  %d  %-12s  %s\n", r.Weight, r.Kind, r.When)
	}
	return nil
}

// explain prints the page of a check, or the check as JSON.
func (a *app) explain(id string, asJSON bool) error {
	id = strings.ToUpper(strings.TrimSpace(id))
	check, ok := assess.Find(id)
	if !ok {
		check, ok = assess.Find("LG-" + id)
	}
	if !ok {
		return usage(fmt.Errorf("no check %q; `leadglass checks` lists them", id))
	}
	if asJSON {
		return json.NewEncoder(a.out).Encode(check)
	}
	_, err := fmt.Fprint(a.out, check.Page())
	return err
}

type versionCommand struct {
	JSON bool `help:"As JSON on stdout."`
}

// Help adds examples to --help.
func (versionCommand) Help() string {
	return `Examples:
  leadglass version
  leadglass version --json`
}

// Run prints the version.
func (c *versionCommand) Run(a *app) error {
	v := struct {
		Version string            `json:"version"`
		Commit  string            `json:"commit"`
		Go      string            `json:"go"`
		Licence string            `json:"licence"`
		Modules map[string]string `json:"modules"`
		// Countries names the embedded country table, as its licence asks.
		Countries string `json:"countries"`
	}{version, commit, runtime.Version(), "Apache-2.0", map[string]string{}, ""}
	table, err := attribute.Embedded()
	if err != nil {
		return err
	}
	v.Countries = table.Source().String()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			v.Modules[m.Path] = m.Version
		}
	}
	if c.JSON {
		return json.NewEncoder(a.out).Encode(v)
	}
	a.printf("leadglass %s (commit %s, %s, %s/%s)\nApache License 2.0; %d modules of others are linked in: see docs/dependencies.md for their licences\nCountry of an address: %s\n",
		v.Version, v.Commit, v.Go, runtime.GOOS, runtime.GOARCH, len(v.Modules), v.Countries)
	return nil
}
