package assess

import (
	"context"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// LGD04 asks for studies.
var LGD04 = Check{
	ID:       "LG-D04",
	Title:    "Study query answered",
	Severity: survey.Critical,
	On:       OnDICOM,
	Means: `Anybody who reaches the port can list the studies of the archive, and with other keys than ours the names,
birth dates, patient numbers and findings that go with them. This is what the study of 2019 called freely accessible. For
the operator it is a breach of confidentiality of every patient in the archive, whether or not anybody came.`,
	Tested: `A C-FIND of Study Root at STUDY level for the last 30 days, which is little work for the archive; where it finds
nothing, for the last three years, and then without a date. The first response is counted and answered with C-CANCEL; no value of it is read, only
whether it is a whole data set with pixels, which no query requests (docs/suspicion.md). Any response,
with or without an identifier, status 0000, a warning, and FE00 without a cancel of ours fail the check: unauthenticated
queries are processed, also by an archive that holds nothing. Statuses 0118, 0122, 0124 and 0211 pass, and so does an
association that is ended at the request by a product that is known to refuse queries in this way. Any other failure (0110, A7xx, A900, Cxxx) and any other ended association may mean that the query
asks for too much. It is followed by queries that ask for
less, until one is answered: with fewer keys, of one day, of one day with fewer keys, with the unique key alone; where the association
was ended, of one day with fewer keys only. A failure of all of them is unknown, unless the count
of the same service is answered with studies later on: then the check fails by that. An
accepted presentation context alone is not exposure.`,
	Sends: `One A-ASSOCIATE-RQ that proposes the query and retrieval contexts that the archive accepted before, none for
storage. One to seven C-FIND-RQ (1.2.840.10008.5.1.4.1.2.2.1) of about 200 bytes with the keys

| tag | attribute | value |
|---|---|---|
| (0008,0020) | Study Date | the last 30 days as a range, then three years, then empty; today, or a range of all dates, in the queries that ask for less |
| (0008,0030) | Study Time | empty; not in the reduced query |
| (0008,0052) | Query/Retrieve Level | STUDY |
| (0008,0061) | Modalities in Study | empty; not in the reduced query |
| (0020,000D) | Study Instance UID | empty |
| (0020,1208) | Number of Study Related Instances | empty; not in the reduced query |

and one C-CANCEL-RQ for each that is answered. Where a study is listed, one C-FIND-RQ more on the same association, for a
Study Instance UID made up at random with a Study Date in 1850: what answers it with a study answers the same whatever it
is asked (docs/suspicion.md). No key identifies a person.`,
	References: []string{refFind, refAccess, refPersonAuth, refGDPR, refNIS2Access, refNIST},
	Run:        runD04,
}

func runD04(ctx context.Context, s *Session) Result {
	if r, ok := s.notAssociated(); !ok {
		return r
	}
	if !s.accepts(dicom.StudyRootFind) {
		return unaccepted(s.Service, "No presentation context for study queries (Study Root) was accepted.")
	}
	r := s.ask(ctx, dicom.StudyRootFind, studyKeys(s.lastDays(30)))
	s.note(survey.BehaviourFind, r.behaviour())
	if r.kind == replyUnclear || r.kind == replyEnded && !s.Service.Product.Known() {
		return s.askLess(ctx, r)
	}
	switch r = s.refusal(r); r.kind {
	case replyEnded:
		return s.askLess(ctx, r)
	case replyRefused:
		return pass("No study query was answered: %s.", r.what)
	case replyNone:
		return unknown("A study query has no result: %s.", r.what)
	}
	s.answeredBy(dicom.StudyRootFind)
	if r.matches > 0 {
		s.listedDates = s.lastDays(30)
	}
	return s.listed(ctx, r)
}

// askLess judges an archive that answers a study query with a failure that is
// no refusal, or ends the association at it, by queries that ask for less: some archives
// do so with queries that match too much, others with those with a key they do not know.
func (s *Session) askLess(ctx context.Context, first reply) Result {
	today := s.now().UTC().Format("20060102")
	type narrower struct {
		keys  []dimse.Key
		dates string
	}
	list := []narrower{{reducedStudyKeys(everyDate), everyDate}, {studyKeys(today), today}, {reducedStudyKeys(today), today}, {uniqueStudyKeys(), ""}}
	if first.kind == replyEnded { // each costs an association
		list = []narrower{{reducedStudyKeys(today), today}}
	}
	var last reply
	for _, less := range list {
		last = s.refusal(s.ask(ctx, dicom.StudyRootFind, less.keys))
		switch last.kind {
		case replyAnswered:
			s.answeredBy(dicom.StudyRootFind)
			if r := s.Service.Rejection; r != nil && r.During == peer.DuringFind {
				s.Service.Rejection = nil // it was none of queries
			}
			if last.matches > 0 || less.dates == everyDate {
				s.listedDates = less.dates
			}
			return s.listed(ctx, last)
		case replyRefused, replyNone, replyEnded:
			if last.kind == replyRefused && first.kind == replyEnded {
				return pass("No study query was answered: %s.", last.what)
			}
			return unknown("To a study query %s, and to one that asks for less %s.", first.what, last.what)
		}
	}
	return unknown("To a study query %s, and to the last of four that ask for less %s.", first.what, last.what)
}

// listed says what an archive that answers lists.
func (s *Session) listed(ctx context.Context, r reply) Result {
	for _, dates := range []string{s.lastDays(recentDays), ""} {
		if r.matches > 0 || r.status != dimse.Success {
			break
		}
		if more := s.ask(ctx, dicom.StudyRootFind, studyKeys(dates)); more.kind == replyAnswered {
			if r = more; r.matches > 0 {
				s.listedDates = dates
			}
		}
	}
	switch {
	case r.bare:
		return fail("An unauthenticated study query was processed: the archive reports a match, without saying which study.")
	case r.matches > 0:
		s.askImpossible(ctx)
		return fail("An unauthenticated study query was answered with at least one study; it was stopped after the first.")
	case r.status == dimse.Success:
		return fail("An unauthenticated study query was answered with success; no study was listed.")
	}
	return fail("An unauthenticated study query was processed: %s.", r.what)
}

// askImpossible asks for a study that cannot exist, where the association is
// still there: an archive that returns one answers the same whatever it is
// asked, as simple honeypots do. It decides nothing here; package suspect
// weighs it.
func (s *Session) askImpossible(ctx context.Context) {
	if s.line == nil {
		return
	}
	rejection := s.Service.Rejection
	r := s.ask(ctx, dicom.StudyRootFind, []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
		{Tag: dicom.StudyDate, VR: dicom.DA, Value: "18500101-18501231"}, // 45 years before the first radiograph
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI, Value: dicom.NewUID()},
	})
	s.Service.Rejection = rejection // an end here is no refusal of queries
	if r.matches > 0 {
		s.note(survey.BehaviourImpossible, survey.ImpossibleStudy)
	}
}

// everyDate is a range of all study dates, for archives that demand one.
const everyDate = "19000101-"

// reducedStudyKeys are the keys for archives that do not take the others: the
// unique key, and dates because some demand them.
func reducedStudyKeys(dates string) []dimse.Key {
	return []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
		{Tag: dicom.StudyDate, VR: dicom.DA, Value: dates},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI},
	}
}

// recentDays is how far back studies are searched before all are: an archive
// that makes up its whole list before it sends any of it has less work with
// those of three years.
const recentDays = 3 * 365

// uniqueStudyKeys are the level and its unique key, for archives that refuse
// all others.
func uniqueStudyKeys() []dimse.Key {
	return []dimse.Key{{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"}, {Tag: dicom.StudyInstanceUID, VR: dicom.UI}}
}

// lastDays is the range of study dates of the last days, open at its end.
func (s *Session) lastDays(days int) string {
	return s.now().UTC().AddDate(0, 0, -days).Format("20060102") + "-"
}

// behaviour is the reply in the form that behaviours are named in; "" where a
// list was cut short by our own doing, which tells nothing of its end.
func (r reply) behaviour() string {
	switch {
	case r.end.ByPeer():
		return r.end.Behaviour()
	case r.kind == replyNone || r.matches > 0:
		return ""
	}
	return r.status.String()
}
