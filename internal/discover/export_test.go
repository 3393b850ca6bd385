package discover

import "time"

// Pace lets a test see how the rate is found.
type Pace struct{ p *pace }

// NewPace is a pace below a ceiling, in probes a second.
func NewPace(ceiling float64) Pace { return Pace{newPace(ceiling)} }

// Rate is the rate now, and the usual loss.
func (p Pace) Rate() (rate, usual float64) {
	return p.p.rate, p.p.usual
}

// Step lets one probe out at a time and says how many canaries are due then.
func (p Pace) Step(now time.Time) (canaries int) {
	p.p.spent(now, p.p.take(now, 1<<20))
	for p.p.canaryDue() {
		canaries++
	}
	return canaries
}

// Canary sends one; the function notes what became of it.
func (p Pace) Canary(now time.Time) (back func(lost bool)) {
	c := p.p.sent(now)
	return func(lost bool) { p.p.back(c, lost, 10*time.Millisecond) }
}

// LossBetween is the loss between two moments.
func (p Pace) LossBetween(first, last time.Time) float64 { return p.p.lossBetween(first, last) }
