package discover

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"leadglass/internal/gate"
)

// synLane goes through the order with single SYN packets, in one goroutine. It
// keeps no account of single packets: an answer proves itself, and says with
// its address and port which position it settles. Hosts that it finds are
// worked on by the other lanes, which connect.
type synLane struct {
	sweep *Sweep
	door  *gate.SYN

	chunk    *chunk            // being gone through
	active   map[uint64]*chunk // in their passes, by start
	sent     []*chunk          // all packets of the pass are out; by time
	stuck    *task             // could not be sent for lack of a turn
	deferred deferred
	tokens   int
	out      int // probes that the pace has not been told of
	known    responders
	canaries map[netip.AddrPort]canary
	order    []netip.AddrPort // of the canaries, by time
	answers  []gate.SYNAnswer
	finds    int      // hosts that were found; the lanes get them by turns
	letters  [][]task // for each lane, of the answers that are being settled
}

// inOneLetter is how many hosts in a row go to one lane: each letter may wake it.
const inOneLetter = 16

// synBurst is how many packets are sent between two looks at the answers.
const synBurst = 256

func newSynLane(s *Sweep, door *gate.SYN) *synLane {
	return &synLane{sweep: s, door: door, active: map[uint64]*chunk{}, canaries: map[netip.AddrPort]canary{}}
}

// run works until all of the order is done or ctx ends.
func (l *synLane) run(ctx context.Context) error {
	l.letters = make([][]task, len(l.sweep.lanes))
	for ctx.Err() == nil {
		now := time.Now()
		wait, err := l.send(now)
		if err == nil {
			err = l.door.Flush()
		}
		if err != nil {
			return err
		}
		if l.answers, err = l.door.Answers(wait, l.answers[:0]); err != nil {
			return err
		}
		now = time.Now()
		for _, a := range l.answers {
			l.settle(a, now)
		}
		l.post()
		l.expire(now)
		if len(l.active) == 0 && l.sweep.chunks.finished() {
			l.sweep.wake()
			return nil
		}
	}
	return nil
}

// send sends what may be sent now and says how long to wait for more.
func (l *synLane) send(now time.Time) (wait time.Duration, err error) {
	defer l.account(now)
	for line := l.deferred.due(now); line != nil; line = l.deferred.due(now) {
		t := line.tasks[0]
		admission, err := l.queue(t, now)
		switch {
		case err != nil:
			return 0, err
		case admission.Started:
			t.chunk.waiting--
			l.deferred.pop()
		case admission.Whole:
			return l.patient(admission.Wait), nil
		default:
			l.deferred.again(now.Add(admission.Wait))
		}
	}
	for i := range synBurst {
		if i%canaryShare == 0 { // among the probes, whose fate they are to share
			l.account(now)
			if err := l.sendCanaries(now); err != nil {
				return 0, err
			}
			if wait := l.sweep.crowded(); wait > 0 {
				return l.patient(wait), nil
			}
		}
		if wait, err := l.sendNext(now); wait > 0 || err != nil {
			return l.patient(wait), err
		}
	}
	return 0, nil
}

// patient is a wait that is cut short for what else is due.
func (l *synLane) patient(wait time.Duration) time.Duration {
	if len(l.sent) > 0 || len(l.order) > 0 {
		wait = min(wait, 10*time.Millisecond)
	}
	return min(wait, longest)
}

// sendCanaries sends some of those that are due.
func (l *synLane) sendCanaries(now time.Time) error {
	s := l.sweep
	for range canariesAtOnce {
		if !s.pace.canaryDue() {
			break
		}
		r := l.known.pick(now)
		if r == nil {
			return nil
		}
		if _, under := l.canaries[r.at]; under {
			continue
		}
		admission, err := l.door.Queue(gate.Attempt{Target: r.at, Single: true, Repeat: true})
		if err != nil {
			return err
		}
		if admission.Started {
			l.canaries[r.at] = s.pace.sent(now)
			l.order = append(l.order, r.at)
		}
	}
	return nil
}

// sendNext sends the next pair of the order; a wait says that none can be sent
// now.
func (l *synLane) sendNext(now time.Time) (wait time.Duration, err error) {
	s := l.sweep
	if l.deferred.count >= maxDeferred {
		return longest, nil
	}
	if l.tokens <= 0 {
		if l.tokens = s.pace.take(now, synBurst); l.tokens == 0 {
			return max(100*time.Microsecond, s.pace.wait(synBurst/4)), nil
		}
	}
	t := l.stuck
	if l.stuck = nil; t == nil {
		next, ok := l.nextPair(now)
		if !ok {
			return longest, nil
		}
		t = &next
	}
	network := s.network(t.addr)
	if l.deferred.has(network) {
		t.chunk.waiting++
		l.deferred.add(network, *t, now)
		return 0, nil
	}
	admission, err := l.queue(*t, now)
	switch {
	case err != nil || admission.Started:
		return 0, err
	case admission.Whole:
		l.stuck = t
		return max(time.Millisecond, admission.Wait), nil
	}
	t.chunk.waiting++
	l.deferred.add(network, *t, now.Add(admission.Wait))
	return 0, nil
}

// queue gives the packet of a pair to the gate.
func (l *synLane) queue(t task, now time.Time) (gate.Admission, error) {
	s := l.sweep
	admission, err := l.door.Queue(gate.Attempt{Target: netip.AddrPortFrom(t.addr, t.port)})
	if admission.Started {
		l.tokens--
		l.out++
		s.tried.Add(1)
		t.chunk.probed(now)
	}
	return admission, err
}

// account tells the pace what was sent.
func (l *synLane) account(now time.Time) {
	if l.out > 0 {
		l.sweep.pace.spent(now, l.out)
		l.out = 0
	}
}

// nextPair is the next pair of the order that is to be tried; false when there
// is none at the moment.
func (l *synLane) nextPair(now time.Time) (task, bool) {
	s := l.sweep
	for {
		if l.chunk == nil {
			if l.chunk = s.chunks.take(true); l.chunk == nil {
				return task{}, false
			}
			l.active[l.chunk.start] = l.chunk
		}
		if t, ok := s.step(l.chunk); ok {
			return t, true
		}
		if l.chunk.last.IsZero() {
			l.chunk.last = now
		}
		l.sent = append(l.sent, l.chunk)
		l.chunk = nil
	}
}

// settle acts on an answer.
func (l *synLane) settle(a gate.SYNAnswer, now time.Time) {
	s := l.sweep
	if a.Canary {
		if c, ok := l.canaries[a.From]; ok {
			delete(l.canaries, a.From)
			s.pace.back(c, false, now.Sub(c.sent))
			s.uneven.canary(a.From.Addr(), false)
		}
		return
	}
	port := slices.Index(s.ports, a.From.Port())
	address, ok := s.Scope.RawIndex(a.From.Addr())
	if port < 0 || !ok {
		return
	}
	position, mine := s.chunks.order.Find(address, port)
	if !mine {
		return
	}
	t := task{kind: hasOpen, addr: a.From.Addr(), port: a.From.Port(), chunk: l.active[position-position%chunkSize]}
	if t.chunk != nil {
		if t.offset = uint32(position - t.chunk.start); t.chunk.isSettled(t.offset) {
			return
		}
		t.chunk.settle(t.offset)
	}
	l.known.add(responder{at: a.From, open: a.Open})
	if a.Open && s.takeUp(t) {
		to := l.finds / inOneLetter % len(s.lanes)
		l.finds++
		l.letters[to] = append(l.letters[to], t)
	}
}

// post gives the lanes the hosts that were found.
func (l *synLane) post() {
	for to, tasks := range l.letters {
		if len(tasks) > 0 {
			l.sweep.lanes[to].mail(tasks...)
			l.letters[to] = tasks[:0]
		}
	}
}

// expire ends what has waited long enough: canaries, and passes.
func (l *synLane) expire(now time.Time) {
	s := l.sweep
	patience := s.pace.patience()
	for len(l.order) > 0 {
		at := l.order[0]
		c, waiting := l.canaries[at]
		if waiting && now.Sub(c.sent) < patience {
			break
		}
		l.order = l.order[1:]
		if waiting {
			delete(l.canaries, at)
			s.pace.back(c, true, 0)
			s.uneven.canary(at.Addr(), true)
		}
	}
	l.sent = slices.DeleteFunc(l.sent, func(k *chunk) bool {
		if k.waiting > 0 || now.Sub(k.last) < patience+lossBucket && k.sent > 0 && k.silent() > 0 {
			return false
		}
		delete(l.active, k.start)
		s.pass(k, 1)
		return true
	})
}
