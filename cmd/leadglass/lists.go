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
	"leadglass/internal/products"
	"leadglass/internal/remedy"
	"leadglass/internal/report"
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
	ID      string `arg:"" optional:"" help:"A check whose page is printed, for example LG-D04, or D04 for short."`
	Product string `help:"Print the remedies of this product: for the check, or all of them as one plan." placeholder:"NAME"`
	JSON    bool   `help:"The whole catalogue, the grade rule and the rule of suspicions as JSON on stdout."`
}

// Help adds examples to --help.
func (checksCommand) Help() string {
	return `Examples:
  leadglass checks
  leadglass checks --json
  leadglass checks LG-D04                         the page of one check
  leadglass checks LG-D04 --product nginx         what to change on one product
  leadglass checks --product any                  everything to change there, in order`
}

// Run lists the checks, and the rules of grades and suspicions.
func (c *checksCommand) Run(a *app) error {
	if c.ID != "" {
		return a.explain(c.ID, c.Product, c.JSON)
	}
	table, err := products.Builtin()
	if err != nil {
		return err
	}
	if c.Product != "" {
		product, err := knownProduct(table, c.Product)
		if err != nil {
			return err
		}
		return a.printPlan(table, product, c.JSON)
	}
	if c.JSON {
		var checks []listedCheck
		for _, check := range assess.Catalogue() {
			checks = append(checks, listCheck(table, check, ""))
		}
		return json.NewEncoder(a.out).Encode(struct {
			Schema    string               `json:"schema"`
			Checks    []listedCheck        `json:"checks"`
			Verdicts  []survey.VerdictRule `json:"verdicts"`
			Grades    []assess.GradeRule   `json:"grades"`
			Needed    int                  `json:"suspicion_needs"`
			Suspicion []suspect.Rule       `json:"suspicion"`
		}{"leadglass.checks/1", checks, survey.VerdictRules(), assess.GradeRules(), suspect.Needed, suspect.Rules()})
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

// explain prints the page of a check, or the check as JSON. With a product it is
// that product's remedies alone that are printed.
func (a *app) explain(id, product string, asJSON bool) error {
	table, err := products.Builtin()
	if err != nil {
		return err
	}
	check, ok := findCheck(id)
	if !ok {
		return usage(fmt.Errorf("no check %q; `leadglass checks` lists them", id))
	}
	if product, err = knownProduct(table, product); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(a.out).Encode(listCheck(table, check, product))
	}
	if product == "" {
		_, err = fmt.Fprint(a.out, check.Page(table))
		return err
	}
	service := &survey.Service{Product: survey.Product{Name: product, Confidence: survey.Certain}}
	_, err = fmt.Fprintf(a.out, "%s: %s\n%s\n\n%s\n", check.ID, check.Title, product, table.Remedy(check.ID, service))
	return err
}

// findCheck finds a check by its ID, as LG-D04, lg-d04 or D04.
func findCheck(id string) (assess.Check, bool) {
	id = strings.ToUpper(strings.TrimSpace(id))
	check, ok := assess.Find(id)
	if !ok {
		check, ok = assess.Find("LG-" + id)
	}
	return check, ok
}

// knownProduct is the name in the table of a product of --product.
func knownProduct(table *products.Table, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	known, ok := table.Known(name)
	if !ok {
		return "", usage(fmt.Errorf("--product: no remedies for %q; the products with remedies are %s", name, strings.Join(table.Remedied(), ", ")))
	}
	return known, nil
}

// listedCheck is a check with its remedies: texts by product, and the same as data.
type listedCheck struct {
	assess.Check
	Remedies map[string]string          `json:"remedies"`
	Data     map[string][]remedy.Remedy `json:"remedy_data"`
}

// listCheck lists a check with its remedies, with those of a product where it is
// named.
func listCheck(table *products.Table, c assess.Check, product string) listedCheck {
	l := listedCheck{Check: c, Remedies: map[string]string{}, Data: map[string][]remedy.Remedy{}}
	for name, list := range table.CheckRemedies(c.ID) {
		if product != "" && name != product {
			continue
		}
		var texts []string
		for i := range list {
			texts = append(texts, list[i].Text())
		}
		l.Remedies[name], l.Data[name] = strings.Join(texts, "\n\n"), list
	}
	return l
}

// printPlan prints everything that can be done on a product.
func (a *app) printPlan(table *products.Table, product string, asJSON bool) error {
	plan := table.WholePlan(product)
	if asJSON {
		return json.NewEncoder(a.out).Encode(struct {
			Schema  string       `json:"schema"`
			Product string       `json:"product"`
			Plan    *survey.Plan `json:"plan"`
		}{"leadglass.plan/1", product, plan})
	}
	a.printf("%s: what can be changed, in order. Addresses and titles are examples.\n", product)
	_, err := fmt.Fprint(a.out, report.Plan(plan))
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
