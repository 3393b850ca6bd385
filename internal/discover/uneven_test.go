package discover_test

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"

	"leadglass/internal/discover"
)

// TestUnevenLoss: hosts are spread over 64 networks, some of which lose more
// than others. What is missed after a number of packets to each is told from
// the canaries alone.
func TestUnevenLoss(t *testing.T) {
	const networks, each, canaries = 64, 500, 20_000
	for _, c := range []struct {
		name   string
		loss   func(network int) float64
		tries  int
		differ bool
		worst  float64
	}{
		{"none", func(int) float64 { return 0 }, 2, false, 0},
		{"10 % everywhere", func(int) float64 { return 0.1 }, 1, false, 0.1},
		{"half of all in one network", func(n int) float64 { return pick(n == 17, 0.5, 0) }, 2, true, 0.5},
		{"half of all in one network, much else as well", func(n int) float64 { return pick(n == 63, 0.5, 0.1) }, 3, true, 0.5},
		{"a third in 16 networks", func(n int) float64 { return pick(n < 16, 0.33, 0.01) }, 1, true, 0.33},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 7))
			u := discover.NewUneven(24)
			var found []int
			missed := 0
			for n := range networks {
				for range each {
					if r.Float64() < math.Pow(c.loss(n), float64(c.tries)) {
						missed++
						continue
					}
					found = append(found, n)
					u.Found(in(n))
				}
			}
			sum := 0.0
			for range canaries {
				n := found[r.IntN(len(found))]
				sum += c.loss(n)
				u.Canary(in(n), r.Float64() < c.loss(n))
			}
			got, differ, highest := u.Judge(c.tries)
			truth, mean := float64(missed)/(networks*each), math.Pow(sum/canaries, float64(c.tries))
			t.Logf("missed %.5f, estimated %.5f, by the mean loss %.5f; highest loss %.3f", truth, got, mean, highest)
			if differ != c.differ || math.Abs(highest-c.worst) > 0.12 {
				t.Errorf("differ %v, highest loss %.3f", differ, highest)
			}
			if c.differ && math.Abs(got-truth) > 0.25*truth {
				t.Errorf("estimated %.5f, %.5f were missed", got, truth)
			}
		})
	}
}

func pick(first bool, a, b float64) float64 {
	if first {
		return a
	}
	return b
}

// in is an address of a network.
func in(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n), 1}) }

// TestUnevenAlike: networks that are alike are not taken to differ, whatever
// their loss and however few canaries each has.
func TestUnevenAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, loss := range []float64{0, 0.001, 0.01, 0.05, 0.2, 0.5} {
		for run := range 20 {
			u := discover.NewUneven(24)
			for range 30_000 {
				u.Canary(netip.AddrFrom4([4]byte{10, byte(r.IntN(40)), byte(r.IntN(256)), 1}), r.Float64() < loss)
			}
			if _, differ, highest := u.Judge(1); differ {
				t.Errorf("loss %v, run %d: the networks are taken to differ, the highest loss is %.3f", loss, run, highest)
			}
		}
	}
}

// TestUnevenBounded: of more networks than account is kept of, wider ones are
// taken together, and nothing is lost count of.
func TestUnevenBounded(t *testing.T) {
	u := discover.NewUneven(32)
	for i := range 50_000 {
		u.Canary(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), i < 25_000)
		u.Canary(netip.AddrFrom16([16]byte{0x20, 1, byte(i >> 16), byte(i >> 8), byte(i)}), false)
	}
	networks, sent := u.Size()
	if networks > 4096 || sent != 100_000 {
		t.Errorf("%d networks, %d canaries", networks, sent)
	}
	if _, differ, highest := u.Judge(1); !differ || highest < 0.99 {
		t.Errorf("differ %v, highest %.3f", differ, highest)
	}
}
