package assess

import (
	"strings"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// maxRoots is how many DICOMweb roots are tried.
const maxRoots = 4

// own reports whether the root is that of the service's product, as far as
// identification could tell it.
func own(root products.Root, s *survey.Service) bool {
	return root.Product != "" && root.Product == s.Product.Name
}

// roots returns the DICOMweb roots to try, the product's own first. Where the
// user named one, it comes first, and only those of the product come after it: a
// root with a slip in it must not make an open archive look closed.
func (s *Session) roots() []products.Root {
	given := strings.TrimRight(s.Web.Root, "/")
	if given == "" {
		return s.Products.Roots(s.Service.Product.Name, nil, maxRoots)
	}
	first := products.Root{Path: given}
	if base, ok := strings.CutSuffix(given, "/rs"); ok {
		first.WADOURI = base + "/wado"
	}
	const all = 100
	for _, known := range s.Products.Roots(s.Service.Product.Name, nil, all) {
		if known.Path == given {
			return []products.Root{known}
		}
	}
	roots := append([]products.Root{first}, s.Products.OwnRoots(s.Service.Product.Name, nil)...)
	return roots[:min(len(roots), maxRoots)]
}
