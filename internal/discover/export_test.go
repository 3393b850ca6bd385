package discover

import (
	"math"
	"net/netip"
	"time"
)

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

// Uneven lets a test see what is said of networks that lose unlike each other.
type Uneven struct{ u *uneven }

// NewUneven keeps account by networks of so many bits.
func NewUneven(bits int) Uneven { return Uneven{newUneven(bits)} }

// Canary notes what became of one.
func (u Uneven) Canary(addr netip.Addr, lost bool) { u.u.canary(addr, lost) }

// Found notes a host.
func (u Uneven) Found(addr netip.Addr) { u.u.found(addr) }

// Judge is the share of hosts that was missed after so many packets to each.
func (u Uneven) Judge(tries int) (missing float64, differ bool, highest float64) {
	j := judge(u.u.networks)
	return j.missing(func(loss float64) float64 { return math.Pow(loss, float64(tries)) }), j.differ, j.highest
}

// Size is of how many networks account is kept, and of how many canaries.
func (u Uneven) Size() (networks int, sent int64) {
	for _, g := range u.u.networks {
		sent += g.sent
	}
	return len(u.u.networks), sent
}
