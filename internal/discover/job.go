package discover

import (
	"context"
	"iter"
	"slices"
	"sync"

	"leadglass/internal/survey"
)

// job is the work on one host: its ports one after the other, each open one
// with a call of the visitor, then a last call. It belongs to a lane, or to a
// call, never to both.
type job struct {
	lane    *lane
	visitor Visitor
	found   Found
	todo    []uint16
	silent  []uint16
	second  bool   // the silent ones are being tried again
	answers bool   // a port is known to be open
	call    uint16 // the port of the call that is due; 0 for the last
}

// visit makes the call that is due, and the last one after it where no port is
// left to try, and gives the job back to its lane.
func (j *job) visit(ctx context.Context) {
	s := j.lane.sweep
	if j.call != 0 {
		if ctx.Err() == nil {
			j.visitor.Open(ctx, j.call)
		}
		s.Gate.Host(j.found.Candidate.Address).Withdraw()
		if len(j.todo)+len(j.silent) > 0 {
			j.lane.mail(task{kind: forJob, job: j})
			return
		}
	}
	if ctx.Err() == nil {
		j.visitor.Done(ctx, j.found)
	}
	s.finished.Add(1)
	j.lane.mail(task{kind: jobOver, job: j})
}

// calls is the line of jobs whose visitor is to be called.
type calls struct {
	mu     sync.Mutex
	some   *sync.Cond
	line   []*job
	making int
	ended  bool
}

func newCalls() *calls {
	c := &calls{}
	c.some = sync.NewCond(&c.mu)
	return c
}

func (c *calls) add(j *job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = append(c.line, j)
	c.some.Signal()
}

// next waits for a job; false at the end.
func (c *calls) next() (*job, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.line) == 0 && !c.ended {
		c.some.Wait()
	}
	if len(c.line) == 0 {
		return nil, false
	}
	j := c.line[0]
	c.line = c.line[1:]
	c.making++
	return j, true
}

func (c *calls) made() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.making--
}

// crowded reports whether more calls are due than can be made soon: a sweep
// that went on would open connections that nobody uses in time.
func (c *calls) crowded(visits int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.line)+c.making >= visits+visits/2
}

func (c *calls) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.some.Broadcast()
}

// feed hands out the candidates that have no result yet, each host once.
type feed struct {
	mu    sync.Mutex
	pull  func() (survey.Candidate, bool)
	stop  func()
	ended bool
}

func newFeed(s *Sweep) *feed {
	f := &feed{ended: s.Candidates == nil, stop: func() {}}
	if s.Candidates != nil {
		f.pull, f.stop = iter.Pull(s.Candidates)
	}
	return f
}

// next is the next candidate; false when there is none.
func (f *feed) next() (survey.Candidate, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return survey.Candidate{}, false
	}
	c, ok := f.pull()
	f.ended = !ok
	return c, ok
}

func (f *feed) empty() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// candidate begins the work on one that was given.
func (l *lane) candidate(c survey.Candidate) {
	s := l.sweep
	c.Address = c.Address.Unmap()
	if s.done(c) || c.Port == 0 && !s.hosts.take(c.Address) {
		return
	}
	s.jobs.Add(1)
	if s.names.enter(c) {
		l.begin(c)
	}
}

// begin begins the work on a candidate that is counted among the jobs.
func (l *lane) begin(c survey.Candidate) {
	s := l.sweep
	j := &job{lane: l, todo: s.ports, found: Found{Candidate: c, Saved: func() {}}}
	if c.Port != 0 {
		j.todo = []uint16{c.Port}
	} else {
		j.todo = more(s.ports, c.Ports)
	}
	j.visitor = s.Visit(c)
	l.ready = append(l.ready, task{kind: forJob, job: j})
}

// promote begins the work on a host of which the sweep found a port open and
// that was taken up. With offered, the host has the connection; otherwise that
// port is tried first.
func (l *lane) promote(t task, offered bool) {
	s := l.sweep
	c := survey.Candidate{Address: t.addr}
	var once sync.Once
	j := &job{lane: l, answers: true, visitor: s.Visit(c), found: Found{Candidate: c, Saved: func() {
		if t.chunk != nil {
			once.Do(func() { s.chunks.saved(t.chunk) })
		}
	}}}
	j.todo = slices.DeleteFunc(slices.Clone(s.ports), func(p uint16) bool { return p == t.port })
	if offered {
		j.opened(t.port)
		return
	}
	j.todo = slices.Insert(j.todo, 0, t.port)
	l.ready = append(l.ready, task{kind: forJob, job: j})
}

// opened puts the job in line for the call of an open port.
func (j *job) opened(port uint16) {
	j.found.Open = append(j.found.Open, port)
	j.call = port
	j.lane.sweep.calls.add(j)
}

// next is the port to try next. When there is none the last call is due.
func (l *lane) next(j *job) (port uint16, ok bool) {
	if len(j.todo) == 0 && !j.second && len(j.silent) > 0 && (l.sweep.worthAgain() || j.answers && len(j.found.Open) == 0) {
		j.todo, j.silent, j.second = j.silent, nil, true
	}
	if len(j.todo) == 0 || j.found.Err != nil {
		j.found.Silent = len(j.silent)
		j.call = 0
		l.sweep.calls.add(j)
		return 0, false
	}
	return j.todo[0], true
}

// more are the ports of both lists, each once.
func more(ports, others []uint16) []uint16 {
	for _, p := range others {
		if !slices.Contains(ports, p) {
			ports = append(slices.Clip(ports), p)
		}
	}
	return ports
}
