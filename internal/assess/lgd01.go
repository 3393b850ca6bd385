package assess

import (
	"context"

	"leadglass/internal/survey"
)

// LGD01 looks at what identification found out about called AE titles.
var LGD01 = Check{
	ID:       "LG-D01",
	Title:    "Any called AE title is accepted",
	Severity: survey.High,
	On:       OnDICOM,
	Means: `The called AE title is the name of the archive that a caller has to know. An archive that accepts every name
drops the only obstacle that many installations have: whoever finds the port gets an association. For patients this is
not yet a disclosure; it is the door that all disclosures go through. The title is no password either, so this check
passing does not make an archive safe.`,
	Tested: `Identification requests one association with a called AE title made up at random. Accepted: fail. Rejected:
pass, whatever the reason given. Nothing further is sent for this check.`,
	Sends: `Nothing of its own. Identification sends one A-ASSOCIATE-RQ with the made-up title, one C-ECHO-RQ where the
association is accepted, and A-RELEASE-RQ.`,
	References: []string{refAssociate, refPersonAuth, refNIS2Access, refNIST},
	Run:        runD01,
}

func runD01(_ context.Context, s *Session) Result {
	if !s.Service.Levels.Speaks {
		return notApplicable("The port did not speak DICOM, so no called AE title could be tried.")
	}
	switch s.Service.CalledAETitle.Policy {
	case survey.AnyTitle:
		return fail("A called AE title made up at random was accepted.")
	case survey.DefaultTitle, survey.KnownTitle:
		return pass("A called AE title made up at random was rejected.")
	case survey.RefusedTitle:
		return pass("None of the called AE titles tried was accepted.")
	}
	if r := s.Service.Rejection; r != nil && r.During == "association" {
		return unknown("The answer to a made-up called AE title (%s: %s) does not tell whether it was about the title.", r.Kind, r.Text)
	}
	return unknown("Which called AE titles are accepted is undecided.")
}
