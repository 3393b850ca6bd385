package discover

import (
	"math"
	"time"
)

const (
	maxPasses = 6 // more than loss at which a network is of use asks for
	// Passes of which so much was lost do not count, up to a number: they were
	// made before the right rate was found.
	uselessLoss = 0.3
	maxUseless  = 20
	// missable is the share of what is there that a chunk may miss: when it is
	// likely less there is no further pass.
	missable = 0.0025
)

// step is the next pair of a chunk's pass that is to be tried; false at the
// end of the pass.
func (s *Sweep) step(k *chunk) (task, bool) {
	steps := k.n
	if k.pass > 1 {
		steps = chunkSize
	}
	for k.next < steps {
		offset := k.offset(k.next)
		k.next++
		if k.isSettled(offset) {
			continue
		}
		address, port := s.chunks.order.At(k.start + uint64(offset))
		addr, ok := s.Scope.SweepAt(address)
		if !ok || s.hosts.isTaken(addr) {
			k.settle(offset)
			continue
		}
		return task{kind: forSweep, addr: addr, port: s.ports[port], chunk: k, offset: offset}, true
	}
	return task{}, false
}

// pass ends a pass of a chunk. Each silent attempt of it was tries packets.
func (s *Sweep) pass(k *chunk, tries int) {
	if k.pass == 1 && k.sent == 0 {
		k.missing = math.NaN()
		s.chunks.passed(k, false)
		return
	}
	if k.sent > 0 {
		single := s.pace.lossBetween(k.first, k.last)
		loss := math.Pow(single, float64(tries))
		k.missing *= loss
		k.tries += tries
		// What this pass found beyond the earlier ones was missed by those:
		// where that is more than the canaries foretold, loss was uneven.
		answered := k.n - k.silent()
		if k.pass > 1 && answered > 0 {
			k.missing = max(k.missing, float64(answered-k.answered)/float64(answered)*loss)
		}
		k.answered = answered
		if j := s.uneven.judge(time.Now()); j.differ {
			k.missing = max(k.missing, j.missing(func(loss float64) float64 { return math.Pow(loss, float64(k.tries)) }))
		}
		if single > uselessLoss && k.useless < maxUseless {
			k.useless++
		}
	}
	more := k.missing > missable && k.pass-k.useless < maxPasses || math.IsNaN(k.missing) && k.pass < 2
	if s.Passes > 0 && k.pass >= s.Passes {
		more = false
	}
	silent := k.silent()
	if !math.IsNaN(k.missing) {
		k.missing = min(k.missing, float64(silent)/float64(k.n))
	}
	s.chunks.passed(k, more && silent > 0)
}

// worthAgain reports whether silent ports of a host are worth a second try:
// when so many packets get lost that three of them may have been.
func (s *Sweep) worthAgain() bool {
	now := time.Now()
	return math.Pow(s.pace.lossBetween(now.Add(-10*time.Second), now), 3) > missable
}
