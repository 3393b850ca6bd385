package attacker_test

import (
	"math"
	"testing"

	"leadglass/internal/publish/attacker"
)

// TestBounds: intervals that neither equations nor each line alone give.
func TestBounds(t *testing.T) {
	s := attacker.New()
	s.Is(10, "a", "b", "c")
	s.Is(6, "a", "b")
	s.Same("d", "b", "c")
	s.AtMost("a", "b")
	s.Between("b", 0, 5)
	s.AtMost("e", "a", "d")
	truth := map[string]float64{"a": 2, "b": 4, "c": 4, "d": 8, "e": 0}
	got := s.Bounds(truth, []string{"a", "b", "c", "d", "e", "f"}, func(string, float64, float64) bool { return false })
	for name, want := range map[string][2]float64{"a": {1, 3}, "b": {3, 5}, "c": {4, 4}, "d": {7, 9}, "e": {0, 10}, "f": {0, math.Inf(1)}} {
		for i := range want {
			if math.Abs(got[name][i]-want[i]) > 1e-6 && got[name][i] != want[i] {
				t.Errorf("%s lies in %v, want %v", name, got[name], want)
			}
		}
	}
}
