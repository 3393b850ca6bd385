package assess

import (
	"context"
	"slices"
	"strings"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

const (
	// maxRoots is how many DICOMweb roots are tried.
	maxRoots = 12
	// maxTitles is how many AE titles of the host are tried in roots that hold one.
	maxTitles = 2
)

// own reports whether the root is that of the service's product, as far as
// identification could tell it.
func own(root products.Root, s *survey.Service) bool {
	return root.Product != "" && root.Product == s.Product.Name
}

// titles are the called AE titles that the host's DICOM services are known by:
// where any title is accepted, the one that was tried says nothing.
func (s *Session) titles() []string {
	var titles []string
	for _, h := range s.Host {
		if t := h.CalledAETitle; (t.Policy == survey.KnownTitle || t.Policy == survey.DefaultTitle) && t.Accepted != "" && !slices.Contains(titles, t.Accepted) {
			titles = append(titles, t.Accepted)
		}
	}
	return titles[:min(len(titles), maxTitles)]
}

// given is the root that the user named; the path is empty where none was.
func (s *Session) given() products.Root {
	path := strings.TrimSuffix(strings.TrimRight(s.Web.Root, "/"), "/studies")
	for _, known := range s.known() {
		if known.Path == path {
			return known
		}
	}
	root := products.Root{Path: path}
	if base, ok := strings.CutSuffix(path, "/rs"); ok {
		root.WADOURI = base + "/wado"
	}
	return root
}

// known are the roots of the records, the product's own first.
func (s *Session) known() []products.Root {
	return s.Products.Roots(s.Service.Product.Name, s.titles(), maxRoots)
}

// roots returns the DICOMweb roots to try: the one that the user named, those that
// a viewer's configuration names, the product's own, then the most common. A root
// with a slip in it must not make an open archive look closed. The first so many
// are named by the user or a viewer.
func (s *Session) roots(ctx context.Context) (roots []products.Root, named int) {
	add := func(more ...products.Root) {
		for _, r := range more {
			if len(roots) < maxRoots && !slices.ContainsFunc(roots, func(have products.Root) bool { return have.Path == r.Path }) {
				roots = append(roots, r)
			}
		}
	}
	if strings.TrimRight(s.Web.Root, "/") != "" {
		add(s.given())
	}
	add(s.configured(ctx)...)
	named = len(roots)
	add(s.known()...)
	return roots, named
}
