package assess

import (
	"context"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// LGD05 asks for a patient that does not exist.
var LGD05 = Check{
	ID:       "LG-D05",
	Title:    "Patient query answered",
	Severity: survey.Critical,
	On:       OnDICOM,
	Means: `Anybody who reaches the port can list the archive's patients, by name or number if they like. It is a second
door beside LG-D04: archives that close the one sometimes forget the other.`,
	Tested: `A C-FIND of Patient Root at PATIENT level. The standard wants the unique key of the level, Patient ID, which is
an identifying attribute; therefore the query names an ID that was made up at random and that no archive has, so that
an archive which answers has nobody to name. A response that comes all the same is counted, not looked at, and answered
with C-CANCEL. Judged as LG-D04: processed is fail, refused is pass, any other failure and any other ended association are unknown,
unless the count of the same service is answered by Patient Root later on.`,
	Sends: `On the association of LG-D04 while it lasts, otherwise on a new one: one C-FIND-RQ
(1.2.840.10008.5.1.4.1.2.1.1) with the keys

| tag | attribute | value |
|---|---|---|
| (0008,0052) | Query/Retrieve Level | PATIENT |
| (0010,0020) | Patient ID | LEADGLASS- and 16 random hexadecimal digits |

and one C-CANCEL-RQ if there is a response.`,
	References: LGD04.References,
	Run:        runD05,
}

func runD05(ctx context.Context, s *Session) Result {
	if r, ok := s.notAssociated(); !ok {
		return r
	}
	if !s.accepts(dicom.PatientRootFind) {
		return unaccepted(s.Service, "No presentation context for patient queries (Patient Root) was accepted.")
	}
	r := s.refusal(s.ask(ctx, dicom.PatientRootFind, []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "PATIENT"},
		{Tag: dicom.PatientID, VR: dicom.LO, Value: inventedID()},
	}))
	switch r.kind {
	case replyRefused:
		return pass("No patient query was answered: %s.", r.what)
	case replyNone, replyUnclear, replyEnded:
		return unknown("A patient query has no clear result: %s.", r.what)
	}
	s.answeredBy(dicom.PatientRootFind)
	if r.matches > 0 {
		s.note(survey.BehaviourImpossible, survey.ImpossiblePatient)
		return fail("An unauthenticated patient query was answered with a patient, although the requested ID was made up; the response was not looked at.")
	}
	return fail("An unauthenticated patient query was processed: for a made-up patient ID %s.", r.what)
}
