package discover

import (
	"context"
	"errors"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/survey"
)

// landed ends a task of the order.
func (l *lane) landed(t task) {
	k := t.chunk
	if k.waiting--; k.waiting == 0 && k != l.chunk {
		l.sweep.pass(k, 3)
	}
}

// settle acts on an outcome.
func (l *lane) settle(o gate.Outcome) {
	t := l.tasks[o.ID]
	l.tasks[o.ID] = task{}
	l.free = append(l.free, o.ID)
	l.flying--
	switch t.kind {
	case forCanary:
		lost := o.Answer != gate.Accepted && o.Answer != gate.Refused
		l.sweep.pace.back(t.canary, lost, o.Took)
		l.sweep.uneven.canary(t.addr, lost)
		if o.Open != nil {
			o.Open.Drop()
		}
	case forJob:
		l.settleJob(t.job, o)
	default:
		l.settlePair(t, o)
	}
}

// settlePair is settle for a pair of the order.
func (l *lane) settlePair(t task, o gate.Outcome) {
	switch o.Answer {
	case gate.Accepted:
		l.found(t, o.Open)
	case gate.Refused:
		l.known.add(responder{o.Target, false, time.Time{}})
		t.chunk.settle(t.offset)
	case gate.Unreachable:
		t.chunk.settle(t.offset)
	}
	l.sweep.hosts.leave(t.addr)
	l.landed(t)
}

// found takes up a host of which a port is open, unless it has a result.
func (l *lane) found(t task, open *gate.Held) {
	t.chunk.settle(t.offset)
	if !l.sweep.takeUp(t) {
		open.Drop()
		return
	}
	open.Offer()
	l.promote(t, true)
}

// takeUp reports whether the host of a task is to be worked on, and notes that
// it is.
func (s *Sweep) takeUp(t task) bool {
	if !s.hosts.take(t.addr) || s.done(survey.Candidate{Address: t.addr}) {
		return false
	}
	if t.chunk != nil { // nil: it answered when its chunk was over
		t.chunk.hosts.Add(1)
	}
	s.jobs.Add(1)
	s.found.Add(1)
	s.uneven.found(t.addr)
	return true
}

// settleJob is settle for the port of a job.
func (l *lane) settleJob(j *job, o gate.Outcome) {
	j.todo = j.todo[1:]
	port := o.Target.Port()
	switch {
	case o.Answer == gate.Accepted:
		o.Open.Offer()
		j.opened(port)
		return
	case o.Answer == gate.Refused:
		j.found.Refused++
	case o.Answer == gate.Failed && !errors.Is(o.Err, context.Canceled):
		j.found.Err = o.Err
	default:
		j.silent = append(j.silent, port)
	}
	l.ready = append(l.ready, task{kind: forJob, job: j})
}
