package assess_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

type findFunc = func(context.Context, *dimse.Request, *dimse.Responder) dimse.Outcome

// secret is in every response of the scripted peers and must be in no result.
const secret = "CANARY^SECRET"

func identifier(s dicom.Syntax) []byte {
	d := dicom.AppendString(nil, s, dicom.PatientName, dicom.PN, secret)
	d = dicom.AppendString(d, s, dicom.StudyInstanceUID, dicom.UI, "2.25.4711")
	return dicom.AppendString(d, s, dicom.NumberOfStudyRelatedInstances, dicom.IS, "3")
}

func status(s dimse.Status) findFunc {
	return func(context.Context, *dimse.Request, *dimse.Responder) dimse.Outcome { return dimse.Answer(s) }
}

func outcome(o dimse.Outcome) findFunc {
	return func(context.Context, *dimse.Request, *dimse.Responder) dimse.Outcome { return o }
}

// list sends n responses, or until cancelled, then ends as told.
func list(n int, end dimse.Outcome) findFunc {
	return func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		for range n {
			if out.Cancelled() {
				return dimse.Answer(dimse.Cancelled)
			}
			if out.Pending(identifier(r.Syntax)) != nil || out.Flush() != nil {
				return dimse.CloseConnection
			}
		}
		return end
	}
}

// ends answers as f does, and with an end of the association where f fails.
func ends(f findFunc, end dimse.Outcome) findFunc {
	return func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		if o := f(ctx, r, out); o == dimse.Answer(dimse.Success) || o == dimse.Answer(dimse.Cancelled) {
			return o
		}
		return end
	}
}

// value returns the value of a key of a request, and whether there is one.
func value(r *dimse.Request, tag dicom.Tag) (string, bool) {
	it := r.Elements()
	for it.Next() {
		if it.Tag() == tag {
			return string(dicom.Trim(it.Value())), true
		}
	}
	return "", false
}

// then answers the first request with one function and later ones with another.
func then(first, later findFunc) findFunc {
	var mu sync.Mutex
	n := 0
	return func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		mu.Lock()
		n++
		f := later
		if n == 1 {
			f = first
		}
		mu.Unlock()
		return f(ctx, r, out)
	}
}

// check runs the checks against a scripted peer.
func check(t *testing.T, p *dimse.Provider, accepts ...string) (assess.Assessment, map[string]survey.Check, target) {
	t.Helper()
	tg := identify(t, provide(t, p, accepts...))
	tg.session.Patience = 400 * time.Millisecond
	a, by := tg.run(t)
	for id, c := range by {
		if strings.Contains(c.Evidence+c.Remedy, "CANARY") || strings.Contains(c.Evidence, "2.25.") {
			t.Errorf("%s holds bytes of the peer's data set: %s", id, c.Evidence)
		}
	}
	return a, by, tg
}

func TestStudyQuery(t *testing.T) {
	malformed := func(_ context.Context, _ *dimse.Request, out *dimse.Responder) dimse.Outcome {
		_ = out.Raw([]byte{4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4})
		return dimse.NoResponse
	}
	malformedIdentifier := func(_ context.Context, _ *dimse.Request, out *dimse.Responder) dimse.Outcome {
		_ = out.Pending([]byte("\x08\x00\x50\x00\xff\xff\xff\x7f" + secret))
		return dimse.Answer(dimse.Success)
	}
	needsDate := func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		if _, has := value(r, dicom.ModalitiesInStudy); has {
			return dimse.Answer(dimse.UnableToProcess)
		}
		return list(3, dimse.Answer(dimse.Success))(ctx, r, out)
	}
	old := func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		if date, _ := value(r, dicom.StudyDate); date != "" {
			return dimse.Answer(dimse.Success)
		}
		return list(3, dimse.Answer(dimse.Success))(ctx, r, out)
	}
	// broad refuses queries of more than a day with a status, as archives do that
	// limit the matches of a query.
	broad := func(s dimse.Status) findFunc {
		return func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			if date, _ := value(r, dicom.StudyDate); len(date) != 8 {
				return dimse.Answer(s)
			}
			return list(1, dimse.Answer(dimse.Success))(ctx, r, out)
		}
	}
	keysOver := func(n int) findFunc {
		return func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			keys := 0
			for it := r.Elements(); it.Next(); {
				keys++
			}
			if keys > n {
				return dimse.Answer(dimse.IdentifierMismatch)
			}
			return list(3, dimse.Answer(dimse.Success))(ctx, r, out)
		}
	}
	bare := func(_ context.Context, _ *dimse.Request, out *dimse.Responder) dimse.Outcome {
		pdu := out.PendingPDU()
		it := dicom.Iterate(pdu[12:], dicom.ImplicitLittle)
		for it.Next() {
			if it.Tag() == dicom.CommandDataSetType {
				copy(it.Value(), "\x01\x01") // PS3.7 9.3.2.2: no data set
			}
		}
		_ = out.Raw(pdu)
		return dimse.Answer(dimse.Success)
	}
	for _, test := range []struct {
		name  string
		find  findFunc
		state survey.CheckState
		says  string
	}{
		{"C000 to a broad query", broad(dimse.UnableToProcess), survey.Fail, "at least one study"},
		{"C001 to a broad query", broad(0xC001), survey.Fail, "at least one study"},
		{"0110 to a broad query", broad(0x0110), survey.Fail, "at least one study"},
		{"A700 to a broad query", broad(dimse.OutOfResources), survey.Fail, "at least one study"},
		{"A900 to a broad query", broad(dimse.IdentifierMismatch), survey.Fail, "at least one study"},
		{"A701, then nothing of a day", then(status(dimse.OutOfResourcesMatches), status(dimse.Success)), survey.Fail, "no study was listed"},
		{"A900 to all keys but the unique one", keysOver(2), survey.Fail, "at least one study"},
		{"a match without an identifier", bare, survey.Fail, "without saying which"},
		{"lists", list(100, dimse.Answer(dimse.Success)), survey.Fail, "at least one study"},
		{"lists old studies only", old, survey.Fail, "at least one study"},
		{"empty", status(dimse.Success), survey.Fail, "no study was listed"},
		{"cut with FE00", status(dimse.Cancelled), survey.Fail, "FE00"},
		{"ends with a warning", status(0xB001), survey.Fail, "B001"},
		{"A700", status(dimse.OutOfResources), survey.Unknown, "A700 (out of resources)"},
		{"lists, then A700", list(2, dimse.Answer(dimse.OutOfResources)), survey.Fail, "at least one study"},
		{"pending with a broken data set", malformedIdentifier, survey.Fail, "at least one study"},
		{"lists, then aborts", list(1, dimse.AbortAssociation), survey.Fail, "at least one study"},
		{"lists, then stalls", list(1, dimse.NoResponse), survey.Fail, "at least one study"},
		{"dislikes a key", needsDate, survey.Fail, "at least one study"},
		{"A900 at first", then(status(dimse.IdentifierMismatch), status(dimse.Success)), survey.Fail, "no study was listed"},
		{"0122", status(dimse.SOPClassNotSupported), survey.Pass, "0122"},
		{"0124", status(dimse.NotAuthorized), survey.Pass, "0124 (not authorised)"},
		{"0211", status(0x0211), survey.Pass, "0211"},
		{"abort", outcome(dimse.AbortAssociation), survey.Unknown, "A-ABORT"},
		{"close", outcome(dimse.CloseConnection), survey.Unknown, "a closed connection"},
		{"aborts at a key", ends(keysOver(3), dimse.AbortAssociation), survey.Fail, "at least one study"},
		{"closes at a broad query", ends(broad(dimse.UnableToProcess), dimse.CloseConnection), survey.Fail, "at least one study"},
		{"A900", status(dimse.IdentifierMismatch), survey.Unknown, "A900"},
		{"C000", status(dimse.UnableToProcess), survey.Unknown, "C000"},
		{"C000, then 0124", then(status(dimse.UnableToProcess), status(dimse.NotAuthorized)), survey.Unknown, "0124"},
		{"C000, then abort", then(status(dimse.UnableToProcess), outcome(dimse.AbortAssociation)), survey.Unknown, "A-ABORT"},
		{"never answers", outcome(dimse.NoResponse), survey.Unknown, "no answer came in time"},
		{"malformed", malformed, survey.Unknown, "breaks the protocol"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, by, tg := check(t, &dimse.Provider{Find: test.find}, dicom.StudyRootFind)
			c := by["LG-D04"]
			if c.State != test.state || !strings.Contains(c.Evidence, test.says) {
				t.Errorf("%s: %s", c.State, c.Evidence)
			}
			open := test.state == survey.Fail
			if a.QueryAnswered() != open || tg.session.Service.Levels.QueryAnswered != open {
				t.Errorf("answered %t, level %t", a.QueryAnswered(), tg.session.Service.Levels.QueryAnswered)
			}
			want := map[bool]survey.Verdict{true: survey.Open, false: survey.Identified}[open]
			if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v != want {
				t.Errorf("verdict %s, want %s", v, want)
			}
		})
	}
}

func TestPatientAndWorklistQuery(t *testing.T) {
	for _, test := range []struct {
		name  string
		find  findFunc
		state survey.CheckState
		says  string
	}{
		{"no match", status(dimse.Success), survey.Fail, "made-up patient ID"},
		{"ignores the ID", list(100, dimse.Answer(dimse.Success)), survey.Fail, "was not looked at"},
		{"A700", status(dimse.OutOfResources), survey.Unknown, "A700"},
		{"0124", status(dimse.NotAuthorized), survey.Pass, "0124"},
		{"abort", outcome(dimse.AbortAssociation), survey.Unknown, "A-ABORT"},
		{"close", outcome(dimse.CloseConnection), survey.Unknown, "closed"},
		{"C000", status(dimse.UnableToProcess), survey.Unknown, "C000"},
		{"never answers", outcome(dimse.NoResponse), survey.Unknown, "in time"},
	} {
		for id, sopClass := range map[string]string{"LG-D05": dicom.PatientRootFind, "LG-D09": dicom.ModalityWorklistFind} {
			t.Run(id+" "+test.name, func(t *testing.T) {
				t.Parallel()
				a, by, tg := check(t, &dimse.Provider{Find: test.find}, sopClass)
				if c := by[id]; c.State != test.state || !strings.Contains(c.Evidence, test.says) {
					t.Errorf("%s: %s", c.State, c.Evidence)
				}
				expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Pass})
				if a.QueryAnswered() != (test.state == survey.Fail && id == "LG-D05") {
					t.Errorf("something to count: %t, by %q", a.QueryAnswered(), a.QueryModel())
				}
				want := map[bool]survey.Verdict{true: survey.Open, false: survey.Identified}[test.state == survey.Fail]
				if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v != want {
					t.Errorf("verdict %s, want %s", v, want)
				}
			})
		}
	}
}

// TestWhatIsAsked reads the requests and compares their keys with those that
// the pages promise.
func TestWhatIsAsked(t *testing.T) {
	var mu sync.Mutex
	asked := map[string][]dicom.Tag{}
	p := &dimse.Provider{
		Find: func(_ context.Context, r *dimse.Request, _ *dimse.Responder) dimse.Outcome {
			mu.Lock()
			defer mu.Unlock()
			it := r.Elements()
			for it.Next() {
				asked[r.SOPClass] = append(asked[r.SOPClass], it.Tag())
				if it.Tag() == dicom.PatientID && !strings.HasPrefix(string(it.Value()), "LEADGLASS-") {
					t.Errorf("patient ID %q asked for", it.Value())
				}
			}
			return dimse.Answer(dimse.UnableToProcess)
		},
	}
	_, _, _ = check(t, p, dicom.StudyRootFind, dicom.PatientRootFind, dicom.ModalityWorklistFind)
	mu.Lock()
	defer mu.Unlock()
	for sopClass, page := range map[string]assess.Check{
		dicom.StudyRootFind: assess.LGD04, dicom.PatientRootFind: assess.LGD05, dicom.ModalityWorklistFind: assess.LGD09,
	} {
		if len(asked[sopClass]) == 0 {
			t.Errorf("nothing asked for %s", page.ID)
		}
		for _, tag := range asked[sopClass] {
			if !strings.Contains(page.Sends, "| "+tag.String()+" |") {
				t.Errorf("%s asks for %s, which its page does not say", page.ID, tag)
			}
			if tag.Group() == 0x0010 && tag != dicom.PatientID {
				t.Errorf("%s asks for %s", page.ID, tag)
			}
		}
	}
	if strings.Contains(assess.LGD04.Sends, "(0010,") {
		t.Error("the study query asks for a patient's attribute")
	}
}

// TestClosesAfterEachQuery: a peer that ends the association after an answer
// must not look like one that refuses the next request.
func TestClosesAfterEachQuery(t *testing.T) {
	find := func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		_ = out.WithStatus(dimse.Success, nil)
		_ = out.Flush()
		return dimse.CloseConnection
	}
	p := &dimse.Provider{Find: find, Get: get(dimse.Answer(0), dimse.Answer(0), 0)}
	_, by, _ := check(t, p, dicom.StudyRootFind, dicom.PatientRootFind, dicom.StudyRootGet)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D05": survey.Fail, "LG-D06": survey.Fail})
}

// TestSilenceIsBounded: a peer that never answers is not asked for ever.
func TestSilenceIsBounded(t *testing.T) {
	p := &dimse.Provider{Find: outcome(dimse.NoResponse)}
	tg := identify(t, provide(t, p))
	tg.session.Patience = 200 * time.Millisecond
	start := time.Now()
	_, by := tg.run(t)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Unknown, "LG-D05": survey.Unknown, "LG-D09": survey.Unknown})
	if !strings.Contains(by["LG-D09"].Evidence, "earlier requests") {
		t.Error(by["LG-D09"].Evidence)
	}
}

// TestCancelledRun ends at once and says why.
func TestCancelledRun(t *testing.T) {
	p := &dimse.Provider{Find: outcome(dimse.NoResponse)}
	tg := identify(t, provide(t, p, dicom.StudyRootFind))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	a := assess.Run(ctx, tg.session)
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
	i := slices.IndexFunc(a.Checks, func(c survey.Check) bool { return c.ID == "LG-D04" })
	if c := a.Checks[i]; c.State != survey.Unknown || !strings.Contains(c.Evidence, "time limit was reached") {
		t.Errorf("%s: %s", c.State, c.Evidence)
	}
}

// TestRejectsFurtherAssociations: a peer that takes one association and no
// more leaves what was not asked unknown.
func TestRejectsFurtherAssociations(t *testing.T) {
	tg := identify(t, provide(t, &dimse.Provider{Find: status(dimse.Success)}, dicom.StudyRootFind))
	opened := 0
	for _, test := range []struct {
		rj    ul.AssociateRJ
		tries int
	}{
		{ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: ul.CallingAETitleNotRecognized}, 1},
		{ul.AssociateRJ{Result: ul.RejectedTransient, Source: ul.ServiceProviderPresentation, Reason: ul.LocalLimitExceeded}, 4},
	} {
		opened = 0
		s := &assess.Session{Products: known(t), Service: tg.session.Service, CallingAETitle: calling,
			Open: func(context.Context, string, []ul.PresentationContext) (*ul.Association, error) {
				opened++
				return nil, fmt.Errorf("requesting an association: %w", &ul.RejectedError{RJ: test.rj})
			}}
		a := assess.Run(t.Context(), s)
		i := slices.IndexFunc(a.Checks, func(c survey.Check) bool { return c.ID == "LG-D04" })
		if c := a.Checks[i]; c.State != survey.Unknown || !strings.Contains(c.Evidence, test.rj.String()) {
			t.Errorf("%s: %s", c.State, c.Evidence)
		}
		if opened != test.tries {
			t.Errorf("%s: %d associations tried, want %d", test.rj, opened, test.tries)
		}
	}
}

// TestAssociationBudget: where identification needed many associations, the
// checks make do with the least, and say what they left out.
func TestAssociationBudget(t *testing.T) {
	p := &dimse.Provider{
		Find: outcome(dimse.AbortAssociation),
		Get:  get(dimse.AbortAssociation, dimse.AbortAssociation, 0),
		Move: func(context.Context, *dimse.Request, *dimse.Retriever) dimse.Outcome { return dimse.AbortAssociation },
	}
	for attempts, want := range map[int]int64{1: 6, 9: 4} {
		tg := identify(t, provide(t, p))
		tg.session.Service.Attempts = attempts
		a, by := tg.run(t)
		if a.Traffic.Associations != want {
			t.Errorf("%d associations after %d, want %d", a.Traffic.Associations, attempts, want)
		}
		if c := by["LG-D09"]; want == 4 && (c.State != survey.Unknown || !strings.Contains(c.Evidence, "limit of 4")) {
			t.Errorf("%s: %s", c.State, c.Evidence)
		}
	}
}
