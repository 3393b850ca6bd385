package survey_test

import (
	"math"
	"testing"

	"leadglass/internal/survey"
)

// TestPlus: a sum is as good as the worst of its parts, and says of how many
// archives it is.
func TestPlus(t *testing.T) {
	exact := func(n int64) survey.Count { return survey.ExactCount(n, "c-find-study") }
	least := survey.AtLeast(5, "c-find-study", "cut")
	about := func(n, low, high int64, confidence float64) survey.Count {
		return survey.EstimateOf(n, low, high, confidence, "sample", "by sample")
	}
	unknown := survey.UnknownCount("LG-D07 was not decided")
	for name, test := range map[string]struct {
		parts          []survey.Count
		want           string
		quality        survey.Quality
		source, reason string
	}{
		"exact":              {[]survey.Count{exact(3), exact(4)}, "7", survey.Exact, "c-find-study", ""},
		"bound":              {[]survey.Count{exact(3), least, least}, "at least 13", survey.LowerBound, "c-find-study", "cut"},
		"unknown last":       {[]survey.Count{exact(0), exact(4), unknown}, "at least 4", survey.LowerBound, "c-find-study", "LG-D07 was not decided; of 3 archives, 2 counted"},
		"unknown first":      {[]survey.Count{unknown, exact(0)}, "at least 0", survey.LowerBound, "c-find-study", "LG-D07 was not decided; of 2 archives, 1 counted"},
		"all unknown":        {[]survey.Count{unknown, unknown}, "unknown", survey.UnknownQuality, "", "LG-D07 was not decided"},
		"estimates":          {[]survey.Count{about(40, 37, 44, 0.95), about(20, 16, 23, 0.9), exact(1)}, "about 61 (56 to 66)", survey.Estimated, "sample, c-find-study", "by sample"},
		"estimate and bound": {[]survey.Count{about(40, 37, 44, 0.95), least}, "at least 42", survey.LowerBound, "sample, c-find-study", "by sample; cut"},
		"too large":          {[]survey.Count{exact(math.MaxInt64), exact(1)}, "9223372036854775807", survey.Exact, "c-find-study", ""},
	} {
		sum := test.parts[0].Plus(test.parts[1:]...)
		if sum.String() != test.want || sum.Quality != test.quality || sum.Source != test.source || sum.Reason != test.reason {
			t.Errorf("%s: %s, %+v", name, sum, sum)
		}
		if err := sum.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if sum := about(40, 37, 44, 0.95).Plus(about(20, 16, 23, 0.9)); sum.Confidence != 0.9 {
		t.Errorf("confidence %v, want the least", sum.Confidence)
	}
}

// TestLeastAndMost: what a count says of the number, at least and at most.
func TestLeastAndMost(t *testing.T) {
	for name, test := range map[string]struct {
		count       survey.Count
		least, most int64
		bounded     bool
	}{
		"exact":    {survey.ExactCount(7, ""), 7, 7, true},
		"bound":    {survey.AtLeast(7, "", "cut"), 7, 0, false},
		"estimate": {survey.EstimateOf(7, 5, 9, 0.95, "", "sample"), 5, 9, true},
		"unknown":  {survey.UnknownCount("refused"), -1, 0, false},
	} {
		most, bounded := test.count.Most()
		if least := test.count.Least(); least != test.least || most != test.most || bounded != test.bounded {
			t.Errorf("%s: at least %d, at most %d (%t)", name, least, most, bounded)
		}
		bound := test.count.Bound("why")
		if bound.Least() != test.least || bound.Quality != survey.LowerBound && name != "unknown" {
			t.Errorf("%s as a bound is %+v", name, bound)
		}
	}
}

// TestBoundOfEstimates: a lower bound that is made of several estimates counts
// them with the low end of their sum, as a report does.
func TestBoundOfEstimates(t *testing.T) {
	e := survey.EstimateOf(100, 70, 130, 0.95, "sample", "sampled")
	sum := survey.AtLeast(10, "c-find-study", "cut").Plus(e, e)
	if n, _ := sum.Int(); sum.Quality != survey.LowerBound || n != 210-43 { // the root of 2 × 30², rounded up
		t.Errorf("%v", sum)
	}
	if n, _ := e.Plus(survey.UnknownCount("refused")).Int(); n != 70 {
		t.Errorf("one estimate beside an unknown part: at least %d", n)
	}
}
