package assess_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// TestImpossibleQueries: an archive that looks keys up gives no such fact, one
// that answers the same whatever is asked gives all of them, and neither is
// judged otherwise for it.
func TestImpossibleQueries(t *testing.T) {
	same := list(3, dimse.Answer(dimse.Success))
	looks := func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		uid, _ := value(r, dicom.StudyInstanceUID)
		if id, _ := value(r, dicom.PatientID); id != "" || uid != "" {
			return dimse.Answer(dimse.Success)
		}
		return same(ctx, r, out)
	}
	// ignores what the study is, but not when it was.
	dates := func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		if date, _ := value(r, dicom.StudyDate); strings.HasPrefix(date, "1850") {
			return dimse.Answer(dimse.Success)
		}
		return same(ctx, r, out)
	}
	aborts := func(ctx context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		if uid, _ := value(r, dicom.StudyInstanceUID); uid != "" {
			return dimse.AbortAssociation
		}
		return same(ctx, r, out)
	}
	study, patient, worklist := survey.BehaviourImpossible+survey.ImpossibleStudy, survey.BehaviourImpossible+survey.ImpossiblePatient,
		survey.BehaviourImpossible+survey.ImpossibleWorklist
	for _, test := range []struct {
		name    string
		find    findFunc
		accepts []string
		want    []string
	}{
		{"looks keys up", looks, nil, nil},
		{"answers the same", same, nil, []string{study, patient, worklist}},
		{"answers the same, Study Root alone", same, []string{dicom.Verification, dicom.StudyRootFind}, []string{study}},
		{"ignores UIDs, not dates", dates, []string{dicom.Verification, dicom.StudyRootFind}, nil},
		{"aborts at it", aborts, []string{dicom.Verification, dicom.StudyRootFind}, nil},
		{"holds nothing", status(dimse.Success), nil, nil},
		{"refuses", status(dimse.NotAuthorized), nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, by, tg := check(t, &dimse.Provider{Find: test.find}, test.accepts...)
			var got []string
			for _, b := range a.Behaviours {
				if strings.HasPrefix(b, survey.BehaviourImpossible) {
					got = append(got, b)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			if want := survey.Fail; by["LG-D04"].State != want && test.name != "refuses" {
				t.Errorf("LG-D04 is %s: %s", by["LG-D04"].State, by["LG-D04"].Evidence)
			}
			if r := tg.session.Service.Rejection; r != nil {
				t.Errorf("rejection %+v of an archive that answers queries", r)
			}
		})
	}
}

// TestSpecies samples a few studies, counts values that are there, and keeps
// none.
func TestSpecies(t *testing.T) {
	for _, test := range []struct {
		name, species, breed string
		studies              int
		denied               bool
		want                 assess.SpeciesSample
	}{
		{"animals", "CANARY CANINE", "CANARY BREED", 9, false, assess.SpeciesSample{Sampled: 5, Species: 5, Breed: 5}},
		{"two animals", "Felis catus", "", 2, false, assess.SpeciesSample{Sampled: 2, Species: 2}},
		{"people", "", "", 9, false, assess.SpeciesSample{Sampled: 5}},
		{"people that are called human", "HOMO Sapiens", "", 9, false, assess.SpeciesSample{Sampled: 5}},
		{"no studies", "CANARY CANINE", "", 0, false, assess.SpeciesSample{}},
		{"no sample allowed", "CANARY CANINE", "CANARY BREED", 9, true, assess.SpeciesSample{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var mu sync.Mutex
			dates, finds, cancelled := "", 0, false
			p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
				mu.Lock()
				defer mu.Unlock()
				finds++
				dates, _ = value(r, dicom.StudyDate)
				for range test.studies {
					if out.Cancelled() {
						cancelled = true
						return dimse.Answer(dimse.Cancelled)
					}
					d := dicom.AppendString(nil, r.Syntax, dicom.PatientSpeciesDescription, dicom.LO, test.species)
					d = dicom.AppendString(d, r.Syntax, dicom.PatientBreedDescription, dicom.LO, test.breed)
					if out.Pending(d) != nil || out.Flush() != nil {
						return dimse.CloseConnection
					}
					time.Sleep(5 * time.Millisecond) // so that a C-CANCEL can come between
				}
				return dimse.Answer(dimse.Success)
			}}
			tg := identify(t, provide(t, p))
			tg.session.Allow.Sample = !test.denied
			before := tg.meter.associations
			got := assess.Species(t.Context(), tg.session, dicom.StudyRootFind, "20190101-20190630")
			mu.Lock()
			defer mu.Unlock()
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			opened := tg.meter.associations - before
			if test.denied && (opened > 0 || finds > 0) || !test.denied && (opened != 1 || finds != 1 || dates != "20190101-20190630") {
				t.Errorf("%d associations, %d queries of the dates %q", opened, finds, dates)
			}
			if test.studies > 5 && !test.denied && !cancelled {
				t.Error("the list was not cancelled after the sample")
			}
		})
	}
}
