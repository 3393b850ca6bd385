package assess

import (
	"context"

	"leadglass/internal/survey"
)

// LGD02 looks at what identification found out about default titles.
var LGD02 = Check{
	ID:       "LG-D02",
	Title:    "A product's default called AE title is accepted",
	Severity: survey.Medium,
	On:       OnDICOM,
	Means: `The titles that products come with are in every manual and are the first that anybody tries. An
archive that keeps one is protected from nobody.`,
	Tested: `Only where a made-up title was rejected and the scope allows it (allow.default_ae_titles), identification tries
a short, bounded list of product defaults, the product's own first where the rejection hints at one. The first that is
accepted fails the check. Where any title is accepted, LG-D01 fails and this check does not apply.`,
	Sends:      `Nothing of its own. Identification sends one A-ASSOCIATE-RQ for each title tried, up to the length of its list.`,
	References: []string{refAssociate, refPersonAuth, refNIS2Access},
	Run:        runD02,
}

func runD02(_ context.Context, s *Session) Result {
	if !s.Service.Levels.Speaks {
		return notApplicable("The port did not speak DICOM, so no called AE title could be tried.")
	}
	switch title := s.Service.CalledAETitle; title.Policy {
	case survey.AnyTitle:
		return notApplicable("Any called AE title is accepted, see LG-D01.")
	case survey.DefaultTitle:
		return fail("The default called AE title %s was accepted.", title.Accepted)
	case survey.RefusedTitle:
		if !s.Allow.DefaultAETitles {
			return unknown("The scope does not allow trying the product defaults (allow.default_ae_titles).")
		}
		return pass("None of the product defaults tried was accepted.")
	case survey.KnownTitle:
		return unknown("The called AE title that was given for this target was accepted; product defaults were not tried.")
	}
	return unknown("Which called AE titles are accepted is undecided.")
}
