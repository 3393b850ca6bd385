package survey_test

import (
	"testing"

	"leadglass/internal/survey"
)

// TestCouldBeLimit: the lengths at which archives are known to cut lists, with
// one more and one less, and lengths that nobody sets.
func TestCouldBeLimit(t *testing.T) {
	for _, limit := range []int64{10, 20, 30, 64, 100, 210, 256, 500, 990, 1000, 1024, 1050, 5000, 65536} {
		for _, n := range []int64{limit - 1, limit, limit + 1} {
			if want := n >= 10; survey.CouldBeLimit(n) != want {
				t.Errorf("CouldBeLimit(%d) = %v at the limit %d, want %v", n, !want, limit, want)
			}
		}
	}
	for _, n := range []int64{0, 1, 8, 9, 13, 47, 737, 1010, 1230, 12_345} {
		if survey.CouldBeLimit(n) {
			t.Errorf("CouldBeLimit(%d) = true", n)
		}
	}
}
