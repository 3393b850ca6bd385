package census_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/census"
	"leadglass/internal/survey"
)

// made makes n studies over some days from 2019-01-01 on; every undated-th has
// no date.
func made(n, days, undated int) []study {
	random := rand.New(rand.NewPCG(uint64(n), uint64(days)))
	studies := make([]study, n)
	first := dicom.DateOf(2019, time.January, 1)
	for i := range studies {
		studies[i] = study{
			uid:      fmt.Sprintf("2.25.%d%07d", 1+random.IntN(1<<30), i),
			date:     first.AddDays(random.IntN(days)).String(),
			time:     fmt.Sprintf("%02d%02d%02d", random.IntN(24), random.IntN(60), random.IntN(60)),
			modality: []string{"CT", "MR", `CT\SR`, "CR", "US"}[random.IntN(5)],
			images:   1 + random.IntN(30),
			patient:  fmt.Sprintf("CANARY%d", i),
		}
		if undated > 0 && i%undated == 0 {
			studies[i].date, studies[i].time = "", ""
		}
	}
	return studies
}

func images(studies []study) (n int64) {
	for _, s := range studies {
		n += int64(s.images)
	}
	return n
}

func count(t *testing.T, a *archive, o census.Options) census.Result {
	t.Helper()
	if o.Routes == nil {
		o.Routes = []survey.Route{"C-GET"}
	}
	o.WildcardNames = true
	began := time.Now()
	r := census.Count(t.Context(), a.serve(t), o)
	if d, most := time.Since(began), o.MaxTime; most > 0 && d > most+3*time.Second {
		t.Errorf("took %v, the limit was %v", d, most)
	}
	t.Logf("studies %v (%s), images %v (%s), accessible %v, duplicates %d, %d queries, %d responses, incomplete %q",
		r.Counts.Studies, r.Counts.Studies.Reason, r.Counts.ImagesLinked, r.Counts.ImagesLinked.Reason,
		r.Counts.ImagesAccessible, r.Counts.Duplicates, r.Queries, r.Responses, r.Incomplete)
	for name, c := range map[string]survey.Count{"studies": r.Counts.Studies, "linked": r.Counts.ImagesLinked,
		"accessible": r.Counts.ImagesAccessible, "patients": r.Counts.Patients} {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return r
}

func TestStudies(t *testing.T) {
	tests := []struct {
		name    string
		archive *archive
		options census.Options
		// least is the smallest value that is right; exact wants it to be the
		// number of studies, and said to be.
		least int64
		exact bool
	}{
		{"empty", &archive{}, census.Options{}, 0, true},
		{"one", &archive{studies: made(1, 1, 0)}, census.Options{}, 1, true},
		{"five on one day", &archive{studies: made(5, 1, 0)}, census.Options{}, 5, true},
		{"uncapped", &archive{studies: made(3000, 900, 0)}, census.Options{}, 3000, true},
		{"explicit VR", &archive{studies: made(300, 900, 0), explicitOnly: true}, census.Options{}, 300, true},
		{"without dates", &archive{studies: made(3000, 900, 7)}, census.Options{}, 3000, true},
		{"without dates or modalities", &archive{studies: made(3000, 900, 7), noModality: true}, census.Options{}, 3000, false},
		{"cap A700", &archive{studies: made(3000, 900, 0), cap: 100, capStatus: dimse.OutOfResources}, census.Options{}, 3000, false},
		{"cap FE00, UID wildcards", &archive{studies: made(1000, 1000, 0), cap: 7, capStatus: dimse.Cancelled, wildcardUIDs: true}, census.Options{}, 1000, true},
		{"cap FE00 with dateless, UID wildcards", &archive{studies: made(1000, 1000, 9), cap: 100, capStatus: dimse.Cancelled, wildcardUIDs: true}, census.Options{}, 1000, true},
		{"cap FE00 with dateless", &archive{studies: made(1000, 1000, 9), cap: 100, capStatus: dimse.Cancelled}, census.Options{}, 888, false},
		{"silent cap", &archive{studies: made(3000, 900, 0), cap: 500}, census.Options{}, 3000, false},
		{"silent cap 737", &archive{studies: made(3000, 900, 0), cap: 737}, census.Options{}, 3000, false},
		{"cap on the whole list", &archive{studies: made(3000, 900, 0), cap: 500, capOn: "universal"}, census.Options{}, 3000, false},
		{"cap on windows", &archive{studies: made(3000, 900, 0), cap: 100, capOn: "windows"}, census.Options{}, 3000, true},
		{"warning at the end", &archive{studies: made(3000, 900, 0), cap: 100, capStatus: 0xB000}, census.Options{}, 3000, false},
		{"ranges ignored", &archive{studies: made(3000, 900, 0), ignoresRanges: true}, census.Options{}, 3000, true},
		{"ranges and modalities ignored", &archive{studies: made(3000, 900, 0), ignoresRanges: true, noModality: true}, census.Options{}, 3000, false},
		{"ranges ignored and capped", &archive{studies: made(3000, 900, 0), ignoresRanges: true, cap: 500}, census.Options{}, 500, false},
		{"ranges exact", &archive{studies: made(3000, 900, 0), exactRanges: true}, census.Options{}, 3000, true},
		{"ranges exact and capped", &archive{studies: made(3000, 900, 0), exactRanges: true, cap: 500}, census.Options{}, 2900, false},
		{"ranges loose", &archive{studies: made(3000, 900, 0), looseRanges: true}, census.Options{}, 3000, true},
		{"ranges loose and capped", &archive{studies: made(3000, 900, 0), looseRanges: true, cap: 100}, census.Options{}, 3000, false},
		{"duplicates", &archive{studies: made(3000, 900, 0), repeatEvery: 10}, census.Options{}, 3000, true},
		{"one day", &archive{studies: made(50_000, 1, 0)}, census.Options{}, 50_000, true},
		{"one day, capped", &archive{studies: made(20_000, 1, 0), cap: 500, capStatus: dimse.OutOfResources}, census.Options{}, 20_000, false},
		{"needs a date", &archive{studies: made(300, 900, 0), needsDate: true}, census.Options{}, 300, false},
		{"needs a key", &archive{studies: made(300, 900, 0), needsTimeKey: true}, census.Options{}, 300, true},
		{"Patient Root only", &archive{studies: made(300, 900, 0), patientRoot: true}, census.Options{}, 300, true},
		{"aborts", &archive{studies: made(3000, 900, 0), abortAfter: 50}, census.Options{}, 3000, false},
		{"closes", &archive{studies: made(3000, 900, 0), closeAfter: true}, census.Options{}, 3000, true},
		{"one association", &archive{studies: made(3000, 900, 0), oneAtATime: true}, census.Options{}, 3000, true},
		{"endless", &archive{studies: made(300, 900, 0), endless: true}, census.Options{MaxTime: 3 * time.Second}, 300, false},
		{"endless, ignores cancel", &archive{studies: made(300, 900, 0), endless: true, ignoresCancel: true}, census.Options{MaxTime: 3 * time.Second}, 300, false},
		{"slow", &archive{studies: made(300, 900, 0), perResponse: 200 * time.Millisecond}, census.Options{MaxTime: 2 * time.Second}, 5, false},
		{"malformed", &archive{studies: made(300, 900, 0), malformEvery: 10}, census.Options{}, 300, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := count(t, test.archive, test.options)
			n, ok := r.Counts.Studies.Int()
			truth := int64(len(test.archive.studies))
			if !ok || n < test.least || n > truth {
				t.Errorf("%v studies, want %d to %d", r.Counts.Studies, test.least, truth)
			}
			if got := r.Counts.Studies.Quality == survey.Exact; got != test.exact {
				t.Errorf("quality %q", r.Counts.Studies.Quality)
			}
			if test.exact {
				if n, _ := r.Counts.ImagesLinked.Int(); n != images(test.archive.studies) || r.Counts.ImagesLinked.Quality != survey.Exact {
					t.Errorf("images %v, want %d", r.Counts.ImagesLinked, images(test.archive.studies))
				}
			}
			if t.Failed() && len(test.archive.queries) < 60 {
				t.Logf("%q", test.archive.queries)
			}
		})
	}
}

func TestRefusal(t *testing.T) {
	r := count(t, &archive{studies: made(3, 3, 0), refuses: true}, census.Options{})
	if r.Counts.Studies.Quality != survey.UnknownQuality {
		t.Errorf("studies %v", r.Counts.Studies)
	}
	if r := census.Count(t.Context(), nil, census.Options{Mode: census.ModeOff}); r.Counts.Studies.Quality != survey.UnknownQuality {
		t.Errorf("switched off: %v", r.Counts.Studies)
	}
}
