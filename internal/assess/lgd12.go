package assess

import (
	"context"

	"leadglass/internal/advisories"
	"leadglass/internal/survey"
)

// LGD12 looks at what the service announced of its toolkit and product.
var LGD12 = Check{
	ID:       "LG-D12",
	Title:    "DICOM software of a version with published advisories",
	Severity: survey.High,
	On:       OnDICOM,
	Means: `Holes that are published are tried first, by programs that need no skill. For the staff who run the archive
this is the cheapest finding to fix: a version that closes them exists for most.`,
	Tested: `Toolkit and product, each with the version that identification has learned, are compared with the table of
advisories (docs/advisories.md), those that are reached by DICOM. Without a version, or with one that cannot be ordered or
that says too little ("1.12" against 1.12.3), the result is unknown, as it is where class UID and version name contradict
each other, where sources disagree about the version, or where only certain programs on the toolkit have the flaw and the
product is not known. Flaws in decoding files count for unknown, not for a failure, because it cannot be seen from outside
whether the service decodes what it is sent. The toolkit's version says nothing of the product's. A failure says that the
announced version is one that an advisory names; it is no proof, because distributors close holes without changing the
version, and anybody can announce any version. Nothing is tried.`,
	Sends:      `Nothing of its own. Versions come from identification.`,
	References: []string{refNIS2Vulnerability, refGDPR, refNIST},
	Run:        runD12,
}

func runD12(_ context.Context, s *Session) Result {
	if s.Service.Protocol != survey.ProtocolDICOM {
		return notApplicable("The port did not speak DICOM, so no software was named.")
	}
	if s.Service.Toolkit.Name == "" && announcedProduct(s.Service).name == "" {
		return unknown("Neither toolkit nor product is known.")
	}
	return s.compare(advisories.ByDICOM, announcedToolkit(s.Service), announcedProduct(s.Service))
}
