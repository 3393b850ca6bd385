package assess

import (
	"context"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// LGD09 asks a worklist for a patient that does not exist.
var LGD09 = Check{
	ID:       "LG-D09",
	Title:    "Worklist query answered",
	Severity: survey.Critical,
	On:       OnDICOM,
	Means: `A modality worklist says who is to be examined, when, where, why and at whose request. Anybody who reaches the
port can read the appointments of the coming days with the patients' names.`,
	Tested: `A C-FIND of the Modality Worklist for a patient ID made up at random, so that a worklist which answers has
nobody to name. A response that comes all the same is counted, not looked at, and answered with C-CANCEL. Judged as LG-D04:
processed is fail, refused is pass, any other failure and any other ended association are unknown.`,
	Sends: `Only where the context was accepted: one A-ASSOCIATE-RQ that proposes 1.2.840.10008.5.1.4.31 alone, one C-FIND-RQ
with the keys

| tag | attribute | value |
|---|---|---|
| (0010,0020) | Patient ID | LEADGLASS- and 16 random hexadecimal digits |
| (0020,000D) | Study Instance UID | empty |
| (0040,0100) | Scheduled Procedure Step Sequence | empty |

and one C-CANCEL-RQ if there is a response.`,
	References: []string{refWorklist, refAccess, refPersonAuth, refGDPR, refNIS2Access},
	Run:        runD09,
}

func runD09(ctx context.Context, s *Session) Result {
	if r, ok := s.notAssociated(); !ok {
		return r
	}
	if !s.accepts(dicom.ModalityWorklistFind) {
		return unaccepted(s.Service, "No presentation context for worklist queries was accepted.")
	}
	r := s.refusal(s.ask(ctx, dicom.ModalityWorklistFind, []dimse.Key{
		{Tag: dicom.PatientID, VR: dicom.LO, Value: inventedID()},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI},
		{Tag: dicom.ScheduledProcedureStepSequence, VR: dicom.SQ},
	}))
	switch r.kind {
	case replyRefused:
		return pass("No worklist query was answered: %s.", r.what)
	case replyNone, replyUnclear, replyEnded:
		return unknown("A worklist query has no clear result: %s.", r.what)
	}
	s.answeredBy(dicom.ModalityWorklistFind)
	if r.matches > 0 {
		s.note(survey.BehaviourImpossible, survey.ImpossibleWorklist)
		return fail("An unauthenticated worklist query was answered with an entry, although the requested patient ID was made up; the response was not looked at.")
	}
	return fail("An unauthenticated worklist query was processed: for a made-up patient ID %s.", r.what)
}
