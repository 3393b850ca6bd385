package assess

import (
	"context"
	"strings"

	"leadglass/dicom"
	"leadglass/internal/survey"
)

// LGD13 looks at the contexts that identification negotiated.
var LGD13 = Check{
	ID:       "LG-D13",
	Title:    "Further services are offered without authentication",
	Severity: survey.Low,
	On:       OnDICOM,
	Means: `Print, performed procedure steps, storage commitment, instance availability and unified procedure steps change
what the hospital's systems believe and do: film is printed, examinations are marked as done. They are meant
for the hospital's own systems, and each is more code that an attacker can reach.`,
	Tested: `Identification proposes the contexts of these services; each one accepted is named. Nothing is sent on them, so
the evidence is the negotiation only.`,
	Sends:      `Nothing of its own. The presentation contexts are part of identification's A-ASSOCIATE-RQ.`,
	References: []string{refAccess, refIntegrity, refNIS2Access},
	Run:        runD13,
}

func runD13(_ context.Context, s *Session) Result {
	if !s.Service.Levels.Associates {
		return notApplicable("No association was accepted, so no context was negotiated.")
	}
	var names []string
	for _, f := range []struct{ uid, name string }{
		{dicom.BasicGrayscalePrintManagement, "grayscale print"},
		{dicom.BasicColorPrintManagement, "color print"},
		{dicom.ModalityPerformedStep, "performed procedure step"},
		{dicom.StorageCommitmentPush, "storage commitment"},
		{dicom.InstanceAvailabilityNotify, "instance availability"},
		{dicom.UnifiedProcedureStepPush, "unified procedure step (push)"},
		{dicom.UnifiedProcedureStepPull, "unified procedure step (pull)"},
	} {
		if s.accepts(f.uid) {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return unaccepted(s.Service, "None of the further services proposed was accepted.")
	}
	return fail("Contexts accepted for: %s; negotiated only, nothing was sent.", strings.Join(names, ", "))
}
