package census_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/dicom/dimse"
	"leadglass/internal/census"
	"leadglass/internal/survey"
)

// TestWork: an archive is asked no more than what it was seen to hold is worth,
// whatever it makes of dates.
func TestWork(t *testing.T) {
	far := made(40, 20, 0)
	for i := range far {
		far[i].date = "00010101"
	}
	tests := []struct {
		name    string
		archive *archive
		// queries and responses are the most for each study.
		queries, responses int64
		exact              bool
	}{
		{"dates dropped", &archive{studies: made(40, 3000, 0), dropsDates: true}, 2, 6, true},
		{"dates and modalities dropped", &archive{studies: made(40, 3000, 0), dropsDates: true, noModality: true}, 2, 6, false},
		{"dates dropped, capped", &archive{studies: made(400, 3000, 0), dropsDates: true, cap: 40, capStatus: dimse.OutOfResources}, 1, 2, false},
		{"ranges ignored", &archive{studies: made(40, 3000, 0), ignoresRanges: true}, 2, 6, true},
		{"ranges ignored, 12 studies on near days", &archive{studies: made(12, 5, 0), ignoresRanges: true, noModality: true}, 4, 12, false},
		{"ranges ignored, capped", &archive{studies: made(400, 3000, 0), ignoresRanges: true, cap: 40, capStatus: dimse.OutOfResources}, 1, 2, false},
		{"empty dates in each range, capped", &archive{studies: made(400, 3000, 2), nullDates: true, cap: 20, capStatus: dimse.OutOfResources}, 1, 2, false},
		{"one date of year 1, capped", &archive{studies: far, cap: 10, capStatus: dimse.OutOfResources}, 2, 6, false},
		{"single dates only", &archive{studies: made(40, 3000, 0), exactRanges: true, cap: 20, capStatus: dimse.OutOfResources}, 8, 8, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := count(t, test.archive, census.Options{})
			n := int64(len(test.archive.studies))
			if r.Queries > test.queries*n || r.Responses > test.responses*n {
				t.Errorf("%d queries and %d responses for %d studies, want %d and %d a study", r.Queries, r.Responses, n, test.queries, test.responses)
			}
			if got := r.Counts.Studies.Quality == survey.Exact; test.exact && !got {
				t.Errorf("%v studies (%s)", r.Counts.Studies, r.Counts.Studies.Quality)
			}
			if got, _ := r.Counts.Studies.Int(); got > n {
				t.Errorf("%v studies of %d", r.Counts.Studies, n)
			}
			if got, _ := r.Counts.Studies.Int(); test.archive.studies[0].date == "00010101" && got != n {
				t.Errorf("%d studies, want all %d", got, n)
			}
			early := func(q string) bool {
				return strings.HasPrefix(q, "STUDY 0") || strings.HasPrefix(q, "STUDY 1") && q[6:10] < "1895"
			}
			if i := slices.IndexFunc(test.archive.queries, early); i >= 0 && test.archive.studies[0].date != "00010101" {
				t.Errorf("query %q: no study is so old", test.archive.queries[i])
			}
			if t.Failed() {
				t.Logf("%q", test.archive.queries[:min(len(test.archive.queries), 60)])
			}
		})
	}
}

// TestConfirm: a whole list is confirmed by a sample of it, by what a web
// service states, or in full where that is wanted.
func TestConfirm(t *testing.T) {
	studies := made(3017, 900, 0)
	tests := []struct {
		name               string
		options            census.Options
		queries, responses int64
		reason             string
	}{
		{"sample", census.Options{}, 25, 3017 * 5 / 4, "chosen at random"},
		{"stated", census.Options{Stated: 3017}, 12, 3017 + 100, ""},
		{"stated otherwise", census.Options{Stated: 3000}, 25, 3017 * 5 / 4, "chosen at random"},
		{"full", census.Options{Verify: census.VerifyFull}, 40, 2*3017 + 100, ""},
		{"sample, too long to be remembered", census.Options{Memory: census.NewMemory(0)}, 40, 3017 * 5 / 4, "chosen at random"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := count(t, &archive{studies: studies}, test.options)
			s := r.Counts.Studies
			if n, _ := s.Int(); n != 3017 || s.Quality != survey.Exact || !strings.Contains(s.Reason, test.reason) || test.reason == "" && s.Reason != "" {
				t.Errorf("%v studies (%s): %s", s, s.Quality, s.Reason)
			}
			if r.Queries > test.queries || r.Responses > test.responses {
				t.Errorf("%d queries, %d responses, want at most %d, %d", r.Queries, r.Responses, test.queries, test.responses)
			}
		})
	}
}

// TestSampleShowsCuts: a list that was cut without a word is not taken for
// whole, in whatever order the archive lists, and not one that lacks but the
// newest or the oldest study where it lists by date.
func TestSampleShowsCuts(t *testing.T) {
	byDate := func(a, b study) int { return strings.Compare(a.date+a.time, b.date+b.time) }
	for i := range 30 {
		studies := made(1500+i, 900, 0)
		lacks := 60
		switch i % 3 {
		case 1:
			slices.SortFunc(studies, byDate)
			lacks = 1
		case 2:
			slices.SortFunc(studies, func(a, b study) int { return byDate(b, a) })
			lacks = 1
		}
		a := &archive{studies: studies, cap: len(studies) - lacks, capOn: "universal", wildcardUIDs: true}
		r := count(t, a, census.Options{Seed: uint64(i)})
		if n, _ := r.Counts.Studies.Int(); n != int64(len(studies)) {
			t.Errorf("%d: %v studies (%s) of %d", i, r.Counts.Studies, r.Counts.Studies.Quality, len(studies))
		}
	}
}
