package assess

import (
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// webRoot is where a product has its DICOMweb service.
type webRoot struct {
	product Product
	// root is the path of QIDO-RS, WADO-RS and STOW-RS, uri that of WADO-URI.
	root, uri string
}

// dcm4cheeRoot is the root of the title that dcm4chee-arc comes with.
const dcm4cheeRoot = "/dcm4chee-arc/aets/DCM4CHEE/rs"

// webRoots are the paths at which a DICOMweb service is looked for: one a
// product, as the product comes, and no others.
//
//   - Orthanc: "Root" and "WadoRoot" in dicomweb.json of the package
//     orthanc-dicomweb (openSUSE), /dicom-web/ and /wado.
//   - dcm4chee-arc: /dcm4chee-arc/aets/{aet}/rs, issue 1042 of
//     dcm4che/dcm4chee-arc-light, with its default title DCM4CHEE; WADO-URI
//     beside it, platform/app/public/config/default.js of OHIF/Viewers.
//   - OHIF before Orthanc: /pacs/dicom-web,
//     platform/docs/docs/deployment/nginx--image-archive.md of OHIF/Viewers.
var webRoots = []webRoot{
	{Orthanc, "/dicom-web", "/wado"},
	{Dcm4chee, dcm4cheeRoot, "/dcm4chee-arc/aets/DCM4CHEE/wado"},
	{"OHIF", "/pacs/dicom-web", "/pacs/wado"},
}

// own reports whether the root is that of the service's product, as far as
// identification could tell it.
func (w webRoot) own(s *survey.Service) bool {
	name := strings.ToLower(s.Product.Name)
	switch w.product {
	case Orthanc:
		return strings.Contains(name, "orthanc")
	case Dcm4chee:
		return strings.Contains(name, "dcm4chee-arc")
	}
	return strings.Contains(name, strings.ToLower(string(w.product)))
}

// rootsFor returns the roots to try, the product's own first. Where the user
// gave one, it comes first, and only that of the product comes after it: a root
// with a slip in it must not make an open archive look closed.
func rootsFor(s *survey.Service, given string) []webRoot {
	if given = strings.TrimRight(given, "/"); given != "" {
		first := webRoot{root: given}
		if base, ok := strings.CutSuffix(given, "/rs"); ok {
			first.uri = base + "/wado"
		}
		var others []webRoot
		for _, w := range webRoots {
			if w.root == given {
				return []webRoot{w}
			}
			if s.Product.Name != "" && w.own(s) {
				others = append(others, w)
			}
		}
		return append([]webRoot{first}, others...)
	}
	roots := slices.Clone(webRoots)
	slices.SortStableFunc(roots, func(a, b webRoot) int {
		switch {
		case a.own(s) == b.own(s):
			return 0
		case a.own(s):
			return -1
		}
		return 1
	})
	return roots
}
