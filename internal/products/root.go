package products

import (
	"cmp"
	"slices"
	"strings"
)

// aeTitleInRoot is the placeholder in a root for an AE title of the archive.
const aeTitleInRoot = "{AET}"

// webRoot is where DICOMweb is served (PS3.18 8.2, base URI).
type webRoot struct {
	// Path is the path of QIDO-RS, WADO-RS and STOW-RS; "/" is that of a server
	// that has nothing before them. {AET} stands for an AE title.
	Path string `yaml:"path"`
	// WADOURI is the path of WADO-URI beside it; empty where none is known.
	WADOURI string `yaml:"wado_uri"`
	// Product comes with this root; empty where many do.
	Product string `yaml:"product"`
	// Order is the place among the roots of the program, as of a title.
	Order  int `yaml:"order"`
	Source `yaml:",inline"`
	Notes  string `yaml:"notes"`
}

// Root is a path at which a DICOMweb service is looked for.
type Root struct {
	// Path is that of QIDO-RS, WADO-RS and STOW-RS, without a slash at its end:
	// empty for the root of the server.
	Path string
	// WADOURI is the path of WADO-URI; empty where none is known.
	WADOURI string
	// Product comes with the root; empty where many do.
	Product string
}

// Roots lists the DICOMweb roots at which to look for the service of a product,
// at most limit: its own first, then those of others, the most common first.
// titles are AE titles that the host is known to answer to: a root of the product
// with an AE title in it is tried with each, and then, as those of other products
// are, with the title that its product comes with. productName is empty where
// nothing is known of it.
func (t *Table) Roots(productName string, titles []string, limit int) []Root {
	if t == nil {
		return nil
	}
	rows := slices.Clone(t.roots)
	rank := func(r webRoot) int {
		if productName != "" && r.Product == productName {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(rows, func(a, b webRoot) int { return cmp.Compare(rank(a), rank(b)) })
	var roots []Root
	for _, row := range rows {
		known := titles
		if rank(row) > 0 {
			known = nil // of another product
		}
		for _, root := range t.expand(row, known) {
			if len(roots) < limit && !slices.ContainsFunc(roots, func(r Root) bool { return r.Path == root.Path }) {
				roots = append(roots, root)
			}
		}
	}
	return roots
}

// OwnRoots lists the roots that a product comes with, in their order.
func (t *Table) OwnRoots(productName string, titles []string) []Root {
	var own []Root
	if t == nil || productName == "" {
		return nil
	}
	for _, row := range t.roots {
		if row.Product == productName {
			own = append(own, t.expand(row, titles)...)
		}
	}
	return own
}

// expand is a row for each AE title that it is tried with, which is once where
// there is none in it.
func (t *Table) expand(row webRoot, titles []string) []Root {
	root := Root{Path: strings.TrimRight(row.Path, "/"), WADOURI: row.WADOURI, Product: row.Product}
	if !strings.Contains(row.Path, aeTitleInRoot) {
		return []Root{root}
	}
	var roots []Root
	for _, title := range slices.Concat(titles, t.titleOf(row.Product)) {
		if !plainTitle(title) {
			continue
		}
		with := strings.NewReplacer(aeTitleInRoot, title)
		roots = append(roots, Root{Path: with.Replace(root.Path), WADOURI: with.Replace(root.WADOURI), Product: row.Product})
	}
	return roots
}

// titleOf is the AE title that a product comes with, alone in its list; none
// where it has none.
func (t *Table) titleOf(productName string) []string {
	for _, p := range t.products {
		if p.Name == productName && len(p.AETitles) > 0 {
			return p.AETitles[:1]
		}
	}
	return nil
}

// plainTitle reports whether an AE title can be part of a path as it is.
func plainTitle(title string) bool {
	return title != "" && !strings.ContainsFunc(title, func(r rune) bool {
		return !strings.ContainsRune("-_.", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) && strings.Trim(title, ".") != ""
}

func (r *webRoot) validate(m *mistake, at string) {
	if !strings.Contains(r.Path, aeTitleInRoot) {
		m.path(at+".path", r.Path)
	} else {
		m.path(at+".path", strings.ReplaceAll(r.Path, aeTitleInRoot, "AET"))
		if r.Product == "" {
			m.add(at+".path", "a root with %s needs a product, whose first AE title replaces it", aeTitleInRoot)
		}
	}
	if r.WADOURI != "" {
		m.path(at+".wado_uri", strings.ReplaceAll(r.WADOURI, aeTitleInRoot, "AET"))
	}
	m.order(at, r.Order)
	m.source(at, r.Source)
}
