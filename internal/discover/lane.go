package discover

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"leadglass/internal/gate"
)

// task is one thing to try.
type task struct {
	kind   kind
	addr   netip.Addr
	port   uint16
	chunk  *chunk
	offset uint32
	job    *job
	canary canary
	open   bool // a canary's port was open
}

type kind uint8

const (
	forSweep  kind = iota // a pair of the order
	forJob                // the next port of a job
	forCanary             // a port that answered before
	jobOver               // nothing to try: the job has ended
	hasOpen               // nothing to try: a SYN sweep found a port open
)

// What bounds a lane.
const (
	maxDeferred = 1 << 16                // tasks that wait for their network
	atOnce      = 64                     // attempts started between two looks at those under way
	longest     = 100 * time.Millisecond // between two looks at everything
)

// lane makes connection attempts with one poller, in one goroutine. A sweep
// has a lane for each core.
type lane struct {
	sweep *Sweep
	door  *gate.Sweeper

	tasks    []task // by the ID of their attempt
	free     []uint32
	flying   int
	ready    []task // to be tried now
	spare    []task // the memory of ready, by turns
	deferred deferred
	chunk    *chunk // being gone through
	tokens   int
	known    responders
	outcomes []gate.Outcome

	mu    sync.Mutex
	inbox []task
}

func newLane(s *Sweep, door *gate.Sweeper) *lane {
	return &lane{sweep: s, door: door, deferred: deferred{bits: s.Scope.Rate.PerNetwork.Prefix}}
}

func (l *lane) close() { l.door.Close() }

// mail gives the lane tasks, at least one, from any goroutine.
func (l *lane) mail(tasks ...task) {
	l.mu.Lock()
	first := len(l.inbox) == 0
	l.inbox = append(l.inbox, tasks...)
	l.mu.Unlock()
	if first {
		l.door.Wake()
	}
}

// run works until the sweep is over or ctx ends.
func (l *lane) run(ctx context.Context) error {
	for ctx.Err() == nil {
		l.collect()
		pause := l.issue(time.Now())
		if l.flying == 0 && l.sweep.over() {
			l.sweep.wake() // the other lanes may wait for this news
			return nil
		}
		var err error
		if l.outcomes, err = l.door.Poll(pause, l.outcomes[:0]); err != nil {
			return err
		}
		for _, o := range l.outcomes {
			l.settle(o)
		}
	}
	return nil
}

// collect takes the mail.
func (l *lane) collect() {
	l.mu.Lock()
	mail := l.inbox
	l.inbox = nil
	l.mu.Unlock()
	for _, t := range mail {
		switch t.kind {
		case jobOver:
			for _, port := range t.job.found.Open {
				l.known.add(responder{netip.AddrPortFrom(t.job.found.Candidate.Address, port), true, time.Time{}})
			}
			if next, ok := l.sweep.names.leave(t.job.found.Candidate); ok {
				l.begin(next)
			}
			if l.sweep.jobs.Add(-1) == 0 {
				l.sweep.wake()
			}
		case hasOpen:
			l.promote(t, false)
		default:
			l.ready = append(l.ready, t)
		}
	}
}

// issue starts what can be started now and says how long to wait for more.
func (l *lane) issue(now time.Time) time.Duration {
	if wait := l.issueReady(); wait > 0 {
		return wait
	}
	for line := l.deferred.due(now); line != nil; line = l.deferred.due(now) {
		state, wait := l.attempt(line.tasks[0])
		switch state {
		case laterAll:
			return wait
		case laterNetwork:
			l.deferred.again(now.Add(wait))
		default:
			l.deferred.pop()
		}
	}
	wait := min(longest, l.sow(now))
	if at, ok := l.deferred.next(); ok {
		wait = min(wait, max(0, at.Sub(now)))
	}
	return wait
}

// issueReady tries what is ready.
func (l *lane) issueReady() (wait time.Duration) {
	s := l.sweep
	todo := l.ready
	l.ready = l.spare[:0]
	for i, t := range todo {
		if t.kind == forJob {
			if wait = s.crowded(); wait == 0 {
				port, ok := l.next(t.job)
				if !ok {
					continue
				}
				t.addr, t.port = t.job.found.Candidate.Address, port
			}
		}
		if wait == 0 {
			wait = l.launch(t)
		}
		if wait > 0 {
			l.ready = append(l.ready, todo[i:]...)
			break
		}
	}
	l.spare = todo[:0]
	return wait
}

// sow begins new work, as much as rate and room permit: candidates, then pairs
// of the order with canaries among them.
func (l *lane) sow(now time.Time) (wait time.Duration) {
	s := l.sweep
	for range atOnce {
		if wait := s.crowded(); wait > 0 {
			return wait
		}
		c, ok := s.feed.next()
		if !ok {
			return l.sweepOn(now)
		}
		l.candidate(c)
		if wait := l.issueReady(); wait > 0 {
			return wait
		}
	}
	return 0
}

// sendCanaries sends some of the canaries that are due.
func (l *lane) sendCanaries(now time.Time) {
	for range canariesAtOnce {
		if !l.sweep.pace.canaryDue() {
			return
		}
		if r := l.known.pick(now); r != nil {
			l.launch(task{kind: forCanary, addr: r.at.Addr(), port: r.at.Port(), open: r.open})
		}
	}
}

// sweepOn goes on with the order.
func (l *lane) sweepOn(now time.Time) (wait time.Duration) {
	s := l.sweep
	if s.syn {
		return longest
	}
	for i := range atOnce {
		if i%canaryShare == 0 {
			l.sendCanaries(now)
		}
		if wait := s.crowded(); wait > 0 {
			return wait
		}
		if l.door.Room() == 0 || l.deferred.count >= maxDeferred {
			return longest
		}
		if l.tokens <= 0 {
			if l.tokens = s.pace.take(now, atOnce); l.tokens == 0 {
				return max(time.Millisecond, s.pace.wait(1))
			}
		}
		t, ok := l.nextPair()
		if !ok {
			return longest
		}
		if wait := l.launch(t); wait > 0 {
			l.ready = append(l.ready, t)
			return wait
		}
	}
	return 0
}

// nextPair is the next pair of the order that is to be tried; false when there
// is none at the moment.
func (l *lane) nextPair() (task, bool) {
	s := l.sweep
	for {
		if l.chunk == nil {
			if l.chunk = s.chunks.take(true); l.chunk == nil {
				return task{}, false
			}
		}
		k := l.chunk
		t, ok := s.step(k)
		if ok {
			k.waiting++
			return t, true
		}
		l.chunk = nil
		if k.waiting == 0 {
			s.pass(k, 3)
		}
	}
}

// launched is what became of a task.
type launched uint8

const (
	underWay     launched = iota // or needless, or in line for its host
	laterNetwork                 // its network, or host, has had its rate
	laterAll                     // no attempt can be started now
)

// launch tries a task, and defers it when its network has had its rate. A wait
// says that nothing can be started now, this task included.
func (l *lane) launch(t task) (wait time.Duration) {
	network := l.sweep.network(t.addr)
	now := time.Now()
	if t.kind != forCanary && l.deferred.has(network) {
		l.deferred.add(network, t, now)
		return 0
	}
	state, wait := l.attempt(t)
	switch {
	case state == laterAll && t.kind != forCanary:
		return wait
	case state == laterNetwork && t.kind != forCanary:
		l.deferred.add(network, t, now.Add(wait))
	}
	return 0
}

// attempt starts the attempt of a task, if rates and room permit.
func (l *lane) attempt(t task) (launched, time.Duration) {
	s := l.sweep
	if t.kind == forSweep {
		switch s.hosts.enter(t.addr, waiting{l, t}) {
		case occupied:
			return underWay, 0
		case taken:
			t.chunk.settle(t.offset)
			l.landed(t)
			return underWay, 0
		}
	}
	id := l.id()
	now := time.Now()
	admission, err := l.door.Start(gate.Attempt{ID: id, Target: netip.AddrPortFrom(t.addr, t.port),
		Single: t.kind == forCanary, Repeat: t.kind != forSweep})
	if !admission.Started {
		l.free = append(l.free, id)
	}
	switch {
	case err != nil:
		l.refused(t, err)
		return underWay, 0
	case !admission.Started:
		if t.kind == forSweep {
			s.hosts.leave(t.addr)
		}
		if admission.Whole {
			return laterAll, max(admission.Wait, 100*time.Microsecond)
		}
		return laterNetwork, admission.Wait
	}
	switch t.kind {
	case forSweep:
		l.tokens--
		s.pace.spent(now, 1)
		s.tried.Add(1)
		t.chunk.probed(now)
	case forJob:
		s.tried.Add(1)
	case forCanary:
		t.canary = s.pace.sent(now)
	}
	l.tasks[id] = t
	l.flying++
	return underWay, 0
}

// id is one that no attempt under way has.
func (l *lane) id() uint32 {
	if n := len(l.free); n > 0 {
		id := l.free[n-1]
		l.free = l.free[:n-1]
		return id
	}
	l.tasks = append(l.tasks, task{})
	return uint32(len(l.tasks) - 1)
}

// refused ends a task that the gate did not let out: the scope changed its
// mind, as it does when its last day is over.
func (l *lane) refused(t task, err error) {
	switch t.kind {
	case forSweep:
		l.sweep.hosts.leave(t.addr)
		t.chunk.settle(t.offset)
		l.landed(t)
	case forJob:
		t.job.found.Err = err
		l.ready = append(l.ready, task{kind: forJob, job: t.job})
	}
}
