package discover

import (
	"math"
	"sync"
	"time"
)

// What steers the rate. Canaries are single packets to ports that have
// answered before: where one stays without an answer, something on the way, or
// the host, dropped it.
const (
	// startRate is where a sweep begins, in probes a second, when it may go
	// faster.
	startRate = 50_000
	// canaryShare is one canary for so many probes.
	canaryShare = 16
	// canariesAtOnce bounds how many follow one another.
	canariesAtOnce = 2
	// judgedFrom is how many canaries make a judgement.
	judgedFrom = 100
	// triedOutFrom is how many show whether half the rate loses less.
	triedOutFrom = 200
	// clearLoss is how much more loss than usual is a reason to slow down, on
	// top of three times the standard error.
	clearLoss = 0.03
	// growth is by how much the rate grows, once in growthEvery, after the first
	// loss; before, it doubles with each judgement.
	growth      = 1.05
	growthEvery = 200 * time.Millisecond
	// neverUsual is a loss with which no network is of use: from there on the
	// rate falls, whatever helped.
	neverUsual = 0.4
	// slowest is the rate below which a sweep does not fall.
	slowest = 50
	// judgedAtLeast is how long canaries are gathered for one judgement.
	judgedAtLeast = 50 * time.Millisecond
	// soon is how long a probe that could have been sent may still be: a machine
	// with other work wakes a sweep some milliseconds late.
	soon = 20 * time.Millisecond
	// lossBucket and lossBuckets: for how long it is known what was lost when.
	lossBucket  = 20 * time.Millisecond
	lossBuckets = 4096
)

// pace is the rate of a sweep, found by additive increase and multiplicative
// decrease on the loss of canaries, and the account of that loss. It is safe
// for concurrent use.
//
// Loss that does not fall with the rate is not a reason to be slow: when half
// the rate has not lowered it, it counts as usual and the former rate comes
// back.
type pace struct {
	ceiling     float64       // what the scope permits, probes a second
	judgedAfter time.Duration // by then it is known whether a canary was lost

	mu      sync.Mutex
	rate    float64
	tokens  float64
	filled  time.Time
	credit  float64 // canaries that are due
	started bool    // the first loss was seen: no more doubling
	usual   float64 // loss that does not depend on the rate
	grown   time.Time
	// What was judged calm since the usual loss was last looked at.
	calmSent, calmLost float64
	// from is what led to the halving that is being tried out, if any.
	from trial

	epoch    epoch
	judging  []epoch // gathered, some outcomes not known
	slowness time.Duration
	answered int64
	ring     [lossBuckets]bucket
	all      bucket
}

type bucket struct {
	slot       int64 // time in lossBuckets
	sent, lost int64 // canaries
	out        int64 // probes
}

// epoch is the canaries that were sent under one rate, for one judgement.
type epoch struct {
	id, sent, back, lost int64
	out                  int64 // probes
	begun, ended         time.Time
	achieved             float64 // probes a second, at the best of it
}

func newPace(ceiling float64) *pace {
	return &pace{ceiling: ceiling, judgedAfter: time.Second, rate: min(ceiling, startRate)}
}

// take asks for tokens for up to want probes and returns how many there are.
func (p *pace) take(now time.Time, want int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.filled.IsZero() {
		p.tokens += now.Sub(p.filled).Seconds() * p.rate
	}
	p.filled = now
	// What was not used soon is lost: there are no large bursts.
	p.tokens = min(p.tokens, max(1, p.rate*soon.Seconds()))
	n := min(want, int(p.tokens))
	p.tokens -= float64(n)
	return n
}

// spent notes that n probes were sent.
func (p *pace) spent(now time.Time, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bucket(now).out += int64(n)
	p.epoch.out += int64(n)
	p.credit = min(p.credit+float64(n)/canaryShare, 256)
}

// wait is the time until there are so many tokens, or one where that takes more
// than a millisecond.
func (p *pace) wait(tokens int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := func(n float64) time.Duration {
		return time.Duration(max(0, n-p.tokens) / p.rate * float64(time.Second))
	}
	return max(until(1), min(until(float64(tokens)), time.Millisecond))
}

// canaryDue reports whether a canary is to be sent, and notes that it is.
func (p *pace) canaryDue() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.credit < 1 {
		return false
	}
	p.credit--
	return true
}

// canary is one that was sent.
type canary struct {
	sent  time.Time
	epoch int64
}

// sent notes a canary.
func (p *pace) sent(now time.Time) canary {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := &p.epoch
	if e.sent == 0 {
		e.begun, e.out = now, 0
	}
	e.sent++
	c := canary{sent: now, epoch: e.id}
	if e.sent >= judgedFrom && now.Sub(e.begun) >= judgedAtLeast {
		e.ended, e.achieved = now, p.achieved(e, now)
		p.judging = append(p.judging, *e)
		p.epoch = epoch{id: e.id + 1}
	}
	b := p.bucket(now)
	b.sent++
	p.all.sent++
	return c
}

// achieved is at what rate probes went out in an epoch, at the best of it: a
// machine, or the end of a pass, may not use what the pace permits.
func (p *pace) achieved(e *epoch, now time.Time) float64 {
	best := float64(e.out) / max(0.001, now.Sub(e.begun).Seconds())
	from, to := e.begun.UnixNano()/int64(lossBucket), now.UnixNano()/int64(lossBucket)
	out := func(slot int64) float64 {
		if b := &p.ring[slot%lossBuckets]; b.slot == slot {
			return float64(b.out)
		}
		return 0
	}
	const window = 5
	first := max(from, to-lossBuckets+2*window)
	sum := 0.0
	for slot := first - window; slot < first; slot++ {
		sum += out(slot)
	}
	for slot := first; slot <= to; slot++ {
		sum += out(slot) - out(slot-window)
		best = max(best, sum/(window*lossBucket).Seconds())
	}
	return best
}

// bucket is that of a moment.
func (p *pace) bucket(at time.Time) *bucket {
	slot := at.UnixNano() / int64(lossBucket)
	b := &p.ring[slot%lossBuckets]
	if b.slot < slot {
		*b = bucket{slot: slot}
	}
	return b
}

// back notes what became of a canary.
func (p *pace) back(c canary, lost bool, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lost {
		p.all.lost++
		if b := p.bucket(c.sent); b.slot == c.sent.UnixNano()/int64(lossBucket) {
			b.lost++
		}
	} else {
		p.answered++
		p.slowness = max(p.slowness, took)
	}
	e := &p.epoch
	if e.id != c.epoch {
		e = nil
		for i := range p.judging {
			if p.judging[i].id == c.epoch {
				e = &p.judging[i]
			}
		}
	}
	if e == nil {
		return // of a rate that is no more
	}
	e.back++
	if lost {
		e.lost++
	}
	for len(p.judging) > 0 && p.judging[0].back == p.judging[0].sent {
		done := p.judging[0]
		p.judging = p.judging[1:]
		if p.judge(float64(done.lost)/float64(done.sent), float64(done.sent), &done) {
			p.forget()
			return
		}
	}
}

// forget drops the canaries on their way: they belong to another rate.
func (p *pace) forget() {
	p.judging = nil
	p.epoch = epoch{id: p.epoch.id + 1}
	p.tokens = 0
}

// judge sets the rate by the loss of the n canaries of an epoch and reports
// whether it changed by so much that what is on its way says nothing about it.
func (p *pace) judge(loss, n float64, e *epoch) bool {
	if p.from.n > 0 {
		return p.tryOut(loss, n)
	}
	threshold := p.usual + clearLoss + 3*math.Sqrt(max(loss*(1-loss), 0.01)/n)
	if loss > threshold {
		p.started = true
		p.calmSent, p.calmLost = 0, 0
		p.from = trial{rate: p.rate, loss: loss, n: n}
		p.rate = max(min(slowest, p.ceiling), min(p.rate, e.achieved)/2)
		return true
	}
	p.calm(loss, n)
	if e.achieved < p.rate/1.5 {
		return false // it says nothing about a higher rate
	}
	if !p.started {
		before := p.rate
		p.rate = min(p.ceiling, p.rate*2)
		return p.rate > before
	}
	if e.ended.Sub(p.grown) >= growthEvery {
		p.grown, p.rate = e.ended, min(p.ceiling, p.rate*growth)
	}
	return false
}

// trial is what was lost at which rate before it was halved, and what has been
// lost since.
type trial struct{ rate, loss, n, sent, lost float64 }

// tryOut compares the loss at half the rate with that before. When it is no
// less, it does not come from the rate: it counts as usual, and the former rate
// comes back.
func (p *pace) tryOut(loss, n float64) bool {
	t := &p.from
	t.sent, t.lost = t.sent+n, t.lost+loss*n
	if t.sent < triedOutFrom {
		return false
	}
	now := t.lost / t.sent
	noise := math.Sqrt(t.loss*(1-t.loss)/t.n + now*(1-now)/t.sent)
	former := *t
	*t = trial{}
	if former.loss-now > max(0.02, 1.5*noise) || now > neverUsual {
		return false
	}
	p.usual = max(p.usual, (former.loss*former.n+former.lost)/(former.n+former.sent))
	p.rate = former.rate
	return true
}

// calm takes account of a loss that was nothing unusual: over many canaries it
// may show that the usual loss has become less.
func (p *pace) calm(loss, n float64) {
	p.calmSent, p.calmLost = p.calmSent+n, p.calmLost+loss*n
	if p.calmSent >= 2*enoughCanaries {
		p.usual = min(p.usual, p.calmLost/p.calmSent)
		p.calmSent, p.calmLost = 0, 0
	}
}

// patience is how long an answer may take: four times the slowest so far, once
// enough are known, and never more than a second.
func (p *pace) patience() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.answered < 100 {
		return time.Second
	}
	p.judgedAfter = max(250*time.Millisecond, min(time.Second, 4*p.slowness))
	return p.judgedAfter
}

// enoughCanaries is from how many on a loss is taken as known.
const enoughCanaries = 1000

// lossBetween is the loss of single packets between two moments; where few
// canaries were sent then, of a longer time round about, but not of the last
// moments, whose losses are not known yet. It is NaN when there
// were next to none. It is never quite 0: what n canaries did not lose may
// still be lost once in n+2 times (Laplace's rule of succession).
func (p *pace) lossBetween(first, last time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	from, to := first.UnixNano()/int64(lossBucket), last.UnixNano()/int64(lossBucket)
	newest := time.Now().Add(-p.judgedAfter).UnixNano()/int64(lossBucket) - 1
	var sent, lost, ownSent, ownLost int64
	for _, wider := range []int64{0, 4, 16, 64, 256, 1024, lossBuckets} {
		sent, lost = 0, 0
		for i := range p.ring {
			if b := &p.ring[i]; b.slot >= from-wider && b.slot <= min(to+wider, newest) {
				sent, lost = sent+b.sent, lost+b.lost
			}
		}
		if wider == 0 {
			ownSent, ownLost = sent, lost
		}
		if sent >= enoughCanaries {
			break
		}
	}
	if sent < judgedFrom {
		return math.NaN()
	}
	// Few canaries of the very time count when they say clearly more.
	if n := float64(ownSent); n >= judgedFrom/2 {
		own := float64(ownLost) / n
		if own > float64(lost)/float64(sent)+2*math.Sqrt(own*(1-own)/n) {
			return own
		}
	}
	return float64(lost+1) / float64(sent+2)
}

// now is the rate, and the canaries of the whole sweep.
func (p *pace) now() (rate float64, sent, lost int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rate, p.all.sent, p.all.lost
}
