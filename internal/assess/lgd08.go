package assess

import (
	"context"
	"strings"

	"leadglass/internal/survey"
)

// LGD08 looks at the contexts that identification negotiated.
var LGD08 = Check{
	ID:       "LG-D08",
	Title:    "Storage contexts are accepted",
	Severity: survey.Medium,
	On:       OnDICOM,
	Means: `An archive that stores what an unauthenticated sender sends can be filled up, and false images can be put into a patient's record,
where they look like any other.`,
	Tested: `Identification proposes two storage SOP classes; one accepted fails the check. Nothing is ever stored, so the
evidence is the negotiation only: an archive may still refuse the C-STORE itself.`,
	Sends: `Nothing of its own. The presentation contexts are part of identification's A-ASSOCIATE-RQ, on an association on
which no C-STORE is sent and that is never used for retrievals.`,
	References: []string{refStore, refIntegrity, refGDPR, refNIS2Access},
	Run:        runD08,
}

func runD08(_ context.Context, s *Session) Result {
	if !s.Service.Levels.Associates {
		return notApplicable("No association was accepted, so no context was negotiated.")
	}
	n := 0
	for _, c := range s.Service.SOPClasses {
		if isStorage(c) {
			n++
		}
	}
	if n == 0 {
		return unaccepted(s.Service, "None of the storage contexts proposed was accepted.")
	}
	return fail("Storage contexts accepted: %d; negotiated only, nothing was stored.", n)
}

// isStorage reports whether a SOP class is one of image storage: those of the
// arc 1.2.840.10008.5.1.4.1.1 (PS3.4 B.5), which holds no other services.
func isStorage(sopClass string) bool {
	return strings.HasPrefix(sopClass, "1.2.840.10008.5.1.4.1.1.")
}
