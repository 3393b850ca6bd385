package products

import (
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/remedy"
	"leadglass/internal/survey"
)

// AnyProduct is the name of the remedies that hold for every product.
const AnyProduct = "any"

// proxy is the web server that may answer before an archive; its remedies are
// added to those of every web service, because the archive does not show it.
const proxy = "nginx"

// Vendor is the sentence that ends a plan for what may be a medical device.
const Vendor = "Where the archive is a medical device, or part of one, ask its manufacturer before you change it: the change may need the manufacturer's release (Regulation (EU) 2017/745, 21 CFR 820), and ask at the same time which release closes what was found."

// general are remedies that are of no product in the table of products.
type general struct {
	Name     string          `yaml:"name"`
	Remedies []remedy.Remedy `yaml:"remedies"`
}

// Remedies returns the remedies of a product, the user's before the program's, in
// the order in which they are applied.
func (t *Table) Remedies(productName string) []remedy.Remedy {
	if t == nil {
		return nil
	}
	var remedies []remedy.Remedy
	for i := range t.products {
		if t.products[i].Name == productName {
			remedies = append(remedies, t.products[i].Remedies...)
		}
	}
	for _, g := range t.general {
		if g.Name == productName {
			remedies = append(remedies, g.Remedies...)
		}
	}
	return remedy.Sort(remedies)
}

// Remedied lists the products that have remedies of their own, AnyProduct last.
func (t *Table) Remedied() []string {
	if t == nil {
		return nil
	}
	var names []string
	for i := range t.products {
		if len(t.products[i].Remedies) > 0 && !slices.Contains(names, t.products[i].Name) {
			names = append(names, t.products[i].Name)
		}
	}
	for _, g := range t.general {
		if g.Name != AnyProduct {
			names = append(names, g.Name)
		}
	}
	return append(names, AnyProduct)
}

// Known returns the name in the table that a user means by name, whatever its
// case; ok is false where the table has no remedies for it.
func (t *Table) Known(name string) (known string, ok bool) {
	for _, n := range t.Remedied() {
		if strings.EqualFold(n, name) {
			return n, true
		}
	}
	return "", false
}

// MayBe names the products that a service may be, of those with remedies: the one
// that it was recognised as, else all that are built on its toolkit.
func (t *Table) MayBe(s *survey.Service) []string {
	if s == nil || t == nil {
		return nil
	}
	if s.Product.Confidence != survey.Possible && len(t.Remedies(s.Product.Name)) > 0 {
		return []string{s.Product.Name}
	}
	var names []string
	for i := range t.products {
		p := &t.products[i]
		if len(p.Remedies) > 0 && s.Toolkit.Name != "" && slices.Contains(p.Toolkits, s.Toolkit.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// of are the remedies of a product for a check; of any product where it has none.
func (t *Table) of(product, check, protocol string) []remedy.Remedy {
	match := func(name string) []remedy.Remedy {
		return slices.DeleteFunc(t.Remedies(name), func(r remedy.Remedy) bool { return !r.For(check, protocol) })
	}
	if own := match(product); len(own) > 0 {
		return own
	}
	return match(AnyProduct)
}

// Remedy returns, for people, what to change against a check that failed on a
// service, nil where it is unknown.
func (t *Table) Remedy(check string, s *survey.Service) string {
	protocol := ""
	if s != nil {
		protocol = string(s.Protocol)
	}
	names := t.MayBe(s)
	var parts []string
	for _, name := range names {
		own := slices.DeleteFunc(t.Remedies(name), func(r remedy.Remedy) bool { return !r.For(check, protocol) })
		if text := texts(own); text != "" {
			if len(names) > 1 {
				text = "If it is " + name + ": " + text
			}
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		parts = append(parts, texts(t.of(AnyProduct, check, protocol)))
	}
	if s != nil && s.Protocol == survey.ProtocolHTTP {
		if own := slices.DeleteFunc(t.Remedies(proxy), func(r remedy.Remedy) bool { return !r.For(check, protocol) }); len(own) > 0 {
			parts = append(parts, "If nginx answers before it: "+texts(own))
		}
	}
	if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return !t.isNoDevice(name) }) {
		parts = append(parts, Vendor)
	}
	return strings.Join(parts, "\n\n")
}

// FitRemedies writes the remedies of the checks that failed for the products of
// the services; for the product name on every service where it is not empty.
func (t *Table) FitRemedies(f *survey.Finding, name string) {
	if t == nil {
		return
	}
	for i := range f.Checks {
		c := &f.Checks[i]
		if c.State != survey.Fail {
			continue
		}
		var service *survey.Service
		for j := range f.Services {
			if f.Services[j].Port == c.Port {
				s := f.Services[j]
				service = &s
			}
		}
		switch {
		case name != "" && service == nil:
			service = &survey.Service{}
			fallthrough
		case name != "":
			service.Product = survey.Product{Name: name, Confidence: survey.Certain}
		case service == nil:
			continue
		}
		c.Remedy = t.Remedy(c.ID, service)
	}
}

// texts are remedies for people, one after the other.
func texts(list []remedy.Remedy) string {
	parts := make([]string, len(list))
	for i := range list {
		parts[i] = list[i].Text()
	}
	return strings.Join(parts, "\n\n")
}

// CheckRemedies are the remedies of every product for a check, for its page.
func (t *Table) CheckRemedies(check string) map[string][]remedy.Remedy {
	all := map[string][]remedy.Remedy{}
	for _, name := range t.Remedied() {
		if own := slices.DeleteFunc(t.Remedies(name), func(r remedy.Remedy) bool { return !r.For(check, "") }); len(own) > 0 {
			all[name] = own
		}
	}
	return all
}

// Plan returns what to do on a host against all checks that failed there, each
// remedy once, in order. name is the product where the user knows it; where it is
// empty, services go by what they were recognised as. It is nil where nothing
// failed.
func (t *Table) Plan(f *survey.Finding, name string) *survey.Plan {
	var all []remedy.Remedy
	product, failed := map[string]string{}, []string{}
	for i := range f.Checks {
		c := &f.Checks[i]
		if c.State != survey.Fail {
			continue
		}
		failed = append(failed, c.ID)
		whose, protocol := t.planFor(f, c.Port, name)
		for _, r := range t.of(whose, c.ID, protocol) {
			if product[r.ID] == "" {
				product[r.ID] = whose
				all = append(all, r)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return t.planOf(remedy.Sort(all), product, failed)
}

// planOf writes up a plan. product is the product of each remedy; failed are the
// checks to name, all of each remedy where it is nil.
func (t *Table) planOf(list []remedy.Remedy, product map[string]string, failed []string) *survey.Plan {
	plan := &survey.Plan{Steps: []survey.PlanStep{}}
	for _, r := range list {
		greens := r.Greens()
		if failed != nil {
			greens = slices.DeleteFunc(greens, func(id string) bool { return !slices.Contains(failed, id) })
		}
		plan.Steps = append(plan.Steps, survey.PlanStep{ID: r.ID, Product: product[r.ID], Title: r.Title, HoldsFor: r.Holds,
			Changes: strings.TrimRight(r.Changes(), "\n"), SideEffect: r.Effect, Undo: r.Undo, TurnsGreen: greens, Run: r.Run})
	}
	if !t.notADevice(plan) {
		plan.Vendor = Vendor
	}
	return plan
}

// WholePlan is the plan against everything that the remedies of a product fix; of
// any product where it has none.
func (t *Table) WholePlan(name string) *survey.Plan {
	list := t.Remedies(name)
	product := map[string]string{}
	for _, r := range list {
		product[r.ID] = name
	}
	return t.planOf(list, product, nil)
}

// planFor is the product whose remedies a plan has for a port, and the protocol
// there. A port where the product is not known goes by the one product that the
// other ports show.
func (t *Table) planFor(f *survey.Finding, port uint16, name string) (product, protocol string) {
	products := []string{}
	for i := range f.Services {
		s := &f.Services[i]
		names := t.MayBe(s)
		if s.Port == port {
			protocol = string(s.Protocol)
			if len(names) == 1 && name == "" {
				return names[0], protocol
			}
		}
		if len(names) == 1 && !slices.Contains(products, names[0]) {
			products = append(products, names[0])
		}
	}
	switch {
	case name != "":
		return name, protocol
	case len(products) == 1:
		return products[0], protocol
	}
	return AnyProduct, protocol
}

// notADevice reports whether every step is of a product that no manufacturer
// places on the market as a medical device by itself.
func (t *Table) notADevice(plan *survey.Plan) bool {
	return !slices.ContainsFunc(plan.Steps, func(s survey.PlanStep) bool { return !t.isNoDevice(s.Product) })
}

func (t *Table) isNoDevice(name string) bool {
	return name == proxy || slices.ContainsFunc(t.products, func(p product) bool { return p.Name == name && p.NotADevice })
}

// remedies checks the remedies of one record.
func (m *mistake) remedies(at string, list []remedy.Remedy) {
	for i := range list {
		if what := list[i].Validate(); what != "" {
			m.add(fmt.Sprintf("%s.remedies[%d]", at, i), "%s", what)
		}
	}
}
