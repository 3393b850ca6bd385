package compare_test

import (
	"bytes"
	"fmt"
	"testing"

	"leadglass/internal/compare"
	"leadglass/internal/survey"
)

// several is a survey of so many open archives, and one with a port of its own.
func several(v survey.Survey, open int, studies int64) surveyed {
	s := surveyed{Survey: v}
	for i := range open {
		f := at(104, "open")
		f.Target = addr(1 + i).String()
		n := survey.ExactCount(studies, "")
		f.Studies = &n
		s.facts = append(s.facts, f)
	}
	return s
}

func trendOf(t *testing.T, least int, all ...surveyed) (compare.Trend, string) {
	t.Helper()
	var surveys []survey.Survey
	var streams []compare.Stream
	for _, s := range all {
		surveys, streams = append(surveys, s.Survey), append(streams, s.stream())
	}
	tr, err := compare.NewTrend(surveys, streams, judge, least)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tr.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return tr, b.String()
}

func TestTrend(t *testing.T) {
	elsewhere := func(v *survey.Survey) {
		v.Coverage.Ranges = []survey.AddressRange{{From: addr(1), To: addr(4)}}
	}
	tr, text := trendOf(t, 1, several(base(elsewhere), 4, 10), several(base(nil), 9, 20), several(base(nil), 3, 30))
	for i, want := range [][4]int64{{4, 40, 4, 40}, {4, 80, 9, 180}, {3, 90, 3, 90}} {
		r := tr.Surveys[i]
		if r.Core.Open.N != want[0] || *r.Core.StudyRecords.Value != want[1] || r.InAll.Open.N != want[2] || *r.InAll.StudyRecords.Value != want[3] {
			t.Errorf("survey %d: %+v, want %v", i, r, want)
		}
	}
	if bytes.Contains([]byte(text), []byte("192.0.2.")) {
		t.Errorf("an address is in %s", text)
	}
	if _, err := compare.NewTrend([]survey.Survey{base(nil)}, []compare.Stream{several(base(nil), 1, 1).stream()}, judge, 1); err == nil {
		t.Error("a trend of one survey")
	}
}

// TestTrendOfFewIsWithheld: of two numbers that few archives tell apart, only
// the later is shown.
func TestTrendOfFewIsWithheld(t *testing.T) {
	for _, c := range []struct {
		open  [3]int
		shown [3]bool
	}{
		{[3]int{8, 8, 8}, [3]bool{true, true, true}}, {[3]int{8, 7, 8}, [3]bool{true, false, true}},
		{[3]int{2, 5, 8}, [3]bool{false, true, true}}, {[3]int{8, 7, 6}, [3]bool{false, false, true}},
		{[3]int{9, 7, 6}, [3]bool{true, false, true}},
	} {
		tr, _ := trendOf(t, 3, several(base(nil), c.open[0], 10), several(base(nil), c.open[1], 10), several(base(nil), c.open[2], 10))
		for i, r := range tr.Surveys {
			for what, hidden := range map[string]bool{"open": r.Core.Open.Hidden, "records": r.Core.StudyRecords.Hidden, "open in all": r.InAll.Open.Hidden} {
				if hidden == c.shown[i] {
					t.Errorf("%v: %s of survey %d: hidden %v", c.open, what, i, hidden)
				}
			}
		}
	}
}

// TestReadingFails: an error of a stream ends the comparison, and is passed on.
func TestReadingFails(t *testing.T) {
	broken := fmt.Errorf("broken")
	bad := func(yield func(survey.Facts, error) bool) { yield(survey.Facts{}, broken) }
	f, err := compare.NewFrame(base(nil), base(nil), judge)
	if err != nil {
		t.Fatal(err)
	}
	for i, streams := range [][2]compare.Stream{{bad, several(base(nil), 3, 1).stream()}, {several(base(nil), 3, 1).stream(), bad}} {
		var got error
		for _, err := range f.Changes(streams[0], streams[1]) {
			got = err
		}
		if got != broken {
			t.Errorf("stream %d: %v", i, got)
		}
	}
}
