package discover_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"leadglass/internal/discover"
)

// simulate lets a pace run for a time against a network that loses a share of
// packets that depends on the rate, and returns the mean rate of the last half and
// the highest.
func simulate(p discover.Pace, seconds float64, loss func(rate float64) float64) (mean, high float64) {
	type flight struct {
		at   time.Time
		lost bool
		back func(bool)
	}
	r := rand.New(rand.NewPCG(1, 1))
	start := time.Now().Add(-time.Hour)
	count := 0.0
	var answers, losses []flight
	const step = time.Millisecond
	for now := start; now.Sub(start).Seconds() < seconds; now = now.Add(step) {
		rate, _ := p.Rate()
		for range p.Step(now) {
			f := flight{now.Add(10 * time.Millisecond), false, p.Canary(now)}
			if r.Float64() < loss(rate) {
				f.at, f.lost = now.Add(400*time.Millisecond), true
				losses = append(losses, f)
			} else {
				answers = append(answers, f)
			}
		}
		for _, line := range []*[]flight{&answers, &losses} {
			for len(*line) > 0 && !(*line)[0].at.After(now) {
				(*line)[0].back((*line)[0].lost)
				*line = (*line)[1:]
			}
		}
		if now.Sub(start).Seconds() > seconds/2 {
			mean, high, count = mean+rate, max(high, rate), count+1
		}
	}
	return mean / count, high
}

func TestPaceFindsARate(t *testing.T) {
	limited := func(limit float64) func(float64) float64 {
		return func(rate float64) float64 { return max(0, 1-limit/rate) }
	}
	constant := func(loss float64) func(float64) float64 { return func(float64) float64 { return loss } }
	for _, c := range []struct {
		name      string
		ceiling   float64
		loss      func(float64) float64
		low, high float64 // the least mean and the highest rate in the end
	}{
		{"no loss", 400_000, constant(0), 400_000, 400_000},
		{"the scope's rate", 1000, constant(0), 1000, 1000},
		{"5 % whatever the rate", 200_000, constant(0.05), 50_000, 200_000},
		{"20 % whatever the rate", 200_000, constant(0.2), 100_000, 200_000},
		{"20 % at a low rate", 1000, constant(0.2), 600, 1000},
		{"50,000 a second get through", 1_000_000, limited(50_000), 30_000, 75_000},
		{"8,000 a second get through", 1_000_000, limited(8000), 5000, 13_000},
		{"both", 1_000_000, func(rate float64) float64 { return 1 - 0.9*min(1, 50_000/rate) }, 12_000, 85_000},
	} {
		p := discover.NewPace(c.ceiling)
		mean, high := simulate(p, 40, c.loss)
		_, usual := p.Rate()
		t.Logf("%s: %.0f, at most %.0f, usual loss %.3f", c.name, mean, high, usual)
		if mean < c.low || high > c.high {
			t.Errorf("%s: the rate is %.0f, at most %.0f, want %.0f, %.0f", c.name, mean, high, c.low, c.high)
		}
	}
}

// TestLossBetween: the loss is that of the time asked for, where enough is
// known of it.
func TestLossBetween(t *testing.T) {
	p := discover.NewPace(1000)
	start := time.Now().Add(-30 * time.Second)
	if loss := p.LossBetween(start, start.Add(time.Second)); !math.IsNaN(loss) {
		t.Errorf("loss %v without canaries", loss)
	}
	for i := range 4000 { // the second two seconds lose a quarter
		back := p.Canary(start.Add(time.Duration(i) * time.Millisecond))
		back(i >= 2000 && i%4 == 0)
	}
	for _, c := range []struct{ from, to, low, high float64 }{
		{0.1, 1.8, 0, 0.001}, {2.1, 3.8, 0.24, 0.26}, {0, 4, 0.12, 0.13}, {20, 21, 0.12, 0.13},
	} {
		at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
		if loss := p.LossBetween(at(c.from), at(c.to)); loss < c.low || loss > c.high {
			t.Errorf("loss %.4f from %v s to %v s, want %v to %v", loss, c.from, c.to, c.low, c.high)
		}
	}
}
