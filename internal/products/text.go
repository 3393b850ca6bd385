package products

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/advisories"
)

// Of is the part of the listing that is of one product or toolkit, whatever the
// case of the letters of name.
func (l Listing) Of(name string) Listing {
	other := func(n string) bool { return !strings.EqualFold(n, name) }
	l.Toolkits = slices.DeleteFunc(slices.Clone(l.Toolkits), func(k ListedToolkit) bool { return other(k.Name) })
	l.Products = slices.DeleteFunc(slices.Clone(l.Products), func(p ListedProduct) bool { return other(p.Name) })
	l.Vendors = slices.DeleteFunc(slices.Clone(l.Vendors), func(v ListedVendor) bool { return other(v.Name) })
	l.Titles = slices.DeleteFunc(slices.Clone(l.Titles), func(t ListedTitle) bool { return other(t.Product) })
	l.Roots = slices.DeleteFunc(slices.Clone(l.Roots), func(r ListedRoot) bool { return other(r.Product) })
	return l
}

// Text is the listing for people, each fact with its source.
func (l Listing) Text() string {
	t := &text{}
	for _, k := range l.Toolkits {
		t.head(k.Name, "toolkit")
		t.line("announces", strings.TrimSpace(k.UID+" "+k.NamePattern), k.Source)
		t.known(k.Facts, k.Advisories)
	}
	for i := range l.Products {
		p := &l.Products[i]
		t.head(p.Name, strings.TrimSpace(string(p.Kind)+" "+p.Vendor))
		for _, s := range p.Signs {
			t.line("sign", fmt.Sprintf("%s %s", strings.Join(s.Evidence, ", "), cmp.Or(s.Page, s.Path)), s.Source)
		}
		if p.Numbers != nil {
			for _, r := range p.Numbers.Routes {
				t.line("numbers", r.Path, p.Numbers.Source)
			}
		}
		if p.REST != nil {
			t.line("interface", p.REST.Studies+", "+p.REST.Instances, p.REST.Source)
		}
		t.known(p.Facts, p.Advisories)
	}
	for _, a := range l.Titles {
		t.line("called title", a.Title, a.Source)
	}
	for _, r := range l.Roots {
		t.line("DICOMweb root", r.Path, r.Source)
	}
	return t.b.String()
}

// text is a listing as it is written.
type text struct{ b strings.Builder }

func (t *text) head(name, kind string) { fmt.Fprintf(&t.b, "%s (%s)\n", name, kind) }

func (t *text) line(what, value string, s Source) {
	fmt.Fprintf(&t.b, "  %-13s %s\n  %-13s   %s; %s\n", what, strings.TrimSpace(value), "", s.Source, s.Checked)
}

func (t *text) known(facts []ListedFact, list []advisories.Advisory) {
	for _, f := range facts {
		t.line("fact", f.Text, f.Source)
	}
	for _, a := range list {
		t.line("advisory", fmt.Sprintf("%s (%s, %s) %s", strings.Join(a.IDs, ", "), a.Severity, a.Reach, a.What), Source{a.Source, a.Checked})
	}
}
