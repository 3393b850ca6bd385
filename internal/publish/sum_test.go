package publish_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

func sumOf(counts ...survey.Count) publish.Sum {
	var s publish.Sum
	for _, c := range counts {
		s.Add(c)
	}
	return s
}

func TestSum(t *testing.T) {
	exact := func(n int64) survey.Count { return survey.ExactCount(n, "x") }
	bound := func(n int64) survey.Count { return survey.AtLeast(n, "x", "capped") }
	estimate := func(n, low, high int64, c float64) survey.Count {
		return survey.EstimateOf(n, low, high, c, "x", "sampled")
	}
	tests := []struct {
		name      string
		in        []survey.Count
		quality   survey.Quality
		n         int64
		low, high int64
	}{
		{"nothing", nil, survey.Exact, 0, 0, 0},
		{"exact", []survey.Count{exact(3), exact(4)}, survey.Exact, 7, 0, 0},
		{"a bound", []survey.Count{exact(3), bound(4)}, survey.LowerBound, 7, 0, 0},
		{"an unknown", []survey.Count{exact(3), survey.UnknownCount("x")}, survey.LowerBound, 3, 0, 0},
		{"only unknown", []survey.Count{survey.UnknownCount("x")}, survey.UnknownQuality, 0, 0, 0},
		{"quadrature", []survey.Count{exact(1000), estimate(100, 70, 106, 0.95), estimate(200, 160, 208, 0.9)}, survey.Estimated, 1300, 1250, 1310},
		{"estimate and bound", []survey.Count{bound(1000), estimate(100, 70, 106, 0.95), estimate(200, 160, 208, 0.9)}, survey.LowerBound, 1250, 0, 0},
		{"never below what is certain", []survey.Count{exact(10), estimate(1, 0, 50, 0.95)}, survey.Estimated, 11, 10, 60},
		{"full", []survey.Count{exact(math.MaxInt64), exact(5)}, survey.Exact, math.MaxInt64, 0, 0},
		{"contradictions are unknown", []survey.Count{exact(5), exact(-3), {Quality: survey.Exact}, {}, estimate(5, 6, 7, 0.9)}, survey.LowerBound, 5, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := sumOf(tt.in...).Count()
			n, _ := got.Int()
			if got.Quality != tt.quality || n != tt.n {
				t.Errorf("sum %+v, want %d %s", got, tt.n, tt.quality)
			}
			if err := got.Validate(); err != nil {
				t.Error(err)
			}
			if tt.quality == survey.Estimated && (*got.Low != tt.low || *got.High != tt.high) {
				t.Errorf("interval %d to %d, want %d to %d", *got.Low, *got.High, tt.low, tt.high)
			}
		})
	}
	if got := sumOf(estimate(100, 70, 106, 0.95), estimate(200, 160, 208, 0.9)).Count(); got.Confidence != 0.9 {
		t.Errorf("confidence %v, want the least", got.Confidence)
	}
}

// TestMergeInAnyOrder: however the archives are spread over countries, the sum
// is the same.
func TestMergeInAnyOrder(t *testing.T) {
	count := rapid.Custom(func(t *rapid.T) survey.Count {
		n := rapid.Int64Range(0, 1e6).Draw(t, "n")
		switch rapid.IntRange(0, 3).Draw(t, "quality") {
		case 0:
			return survey.ExactCount(n, "")
		case 1:
			return survey.AtLeast(n, "", "x")
		case 2:
			return survey.EstimateOf(n, n/2, n+rapid.Int64Range(0, 1000).Draw(t, "up"), 0.95, "", "x")
		}
		return survey.UnknownCount("x")
	})
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(count, 0, 20).Draw(t, "counts")
		parts := make([]publish.Sum, 4)
		for _, c := range counts {
			parts[rapid.IntRange(0, 3).Draw(t, "part")].Add(c)
		}
		var merged publish.Sum
		for _, i := range rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "order") {
			merged.Merge(parts[i])
		}
		got, _ := json.Marshal(merged.Count())
		want, _ := json.Marshal(sumOf(counts...).Count())
		if !bytes.Equal(got, want) {
			t.Fatalf("merged %s, added %s", got, want)
		}
	})
}

// TestSumSaysOfHowManyParts: the reason names the archives without a number, as
// that of survey.Count.Plus does, and only where it was asked to.
func TestSumSaysOfHowManyParts(t *testing.T) {
	parts := []survey.Count{survey.ExactCount(3, ""), survey.UnknownCount("x"), survey.AtLeast(4, "", "capped")}
	const want = "of 3 archives, 2 counted"
	s := sumOf(parts...)
	if got := s.CountOfParts(); got.Quality != survey.LowerBound || *got.Value != 7 || !strings.HasSuffix(got.Reason, want) {
		t.Errorf("%+v, want %q", got, want)
	}
	if one := parts[0].Plus(parts[1:]...); !strings.HasSuffix(one.Reason, want) {
		t.Errorf("Plus says %q", one.Reason)
	}
	if got := s.Count(); strings.Contains(got.Reason, "2") {
		t.Errorf("a number of archives in %q", got.Reason)
	}
	for _, whole := range []publish.Sum{sumOf(parts[0], parts[2]), sumOf(parts[1]), {}} {
		if got := whole.CountOfParts(); strings.Contains(got.Reason, "counted") {
			t.Errorf("%+v", got)
		}
	}
}
