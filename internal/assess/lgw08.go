package assess

import (
	"context"

	"leadglass/internal/advisories"
	"leadglass/internal/survey"
)

// LGW08 looks at the product and the version that its pages or its interface
// showed.
var LGW08 = Check{
	ID:       "LG-W08",
	Title:    "Web software of a version with published advisories",
	Severity: survey.High,
	On:       OnHTTP,
	Means: `Holes in the web side of an archive or viewer are reached with any browser, and search engines find the pages.
Several of those published need no login and give the whole machine away, the images with it.`,
	Tested: `As LG-D12, with the product and version that identification has learned from the page or from the product's own
interface (a document with configuration), and with the advisories that are reached over HTTP. Without a version the result is unknown.
Nothing is tried.`,
	Sends:      `Nothing of its own. Versions come from identification.`,
	References: []string{refNIS2Vulnerability, refGDPR, refNIST},
	Run:        runW08,
}

func runW08(_ context.Context, s *Session) Result {
	p := announcedProduct(s.Service)
	if p.name == "" {
		return notApplicable("The pages are of no known product.")
	}
	return s.compare(advisories.ByHTTP, p)
}
