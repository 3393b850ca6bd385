package assess

import (
	"slices"
	"strings"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

const (
	// maxRoots is how many DICOMweb roots are tried.
	maxRoots = 4
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

// roots returns the DICOMweb roots to try, the product's own first. Where the
// user named one, it comes first, and only those of the product come after it: a
// root with a slip in it must not make an open archive look closed.
func (s *Session) roots() []products.Root {
	given := strings.TrimRight(s.Web.Root, "/")
	if given == "" {
		return s.Products.Roots(s.Service.Product.Name, s.titles(), maxRoots)
	}
	first := products.Root{Path: given}
	if base, ok := strings.CutSuffix(given, "/rs"); ok {
		first.WADOURI = base + "/wado"
	}
	const all = 100
	for _, known := range s.Products.Roots(s.Service.Product.Name, s.titles(), all) {
		if known.Path == given {
			return []products.Root{known}
		}
	}
	roots := append([]products.Root{first}, s.Products.OwnRoots(s.Service.Product.Name, s.titles())...)
	return roots[:min(len(roots), maxRoots)]
}
