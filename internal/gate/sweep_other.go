//go:build !linux

package gate

import (
	"context"
	"errors"
	"fmt"
	"leadglass/internal/connerr"
	"net"
	"net/netip"
	"os"
	"time"
)

// Sweeper makes many connection attempts at once, each in a goroutine. It is
// not safe for concurrent use, but for Wake.
type Sweeper struct {
	gate     *Gate
	room     int
	outcomes chan Outcome
	wake     chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
	pending  int
}

// NewSweeper makes a Sweeper for at most attempts at one time. It must be
// closed.
func (g *Gate) NewSweeper(attempts int) (*Sweeper, error) {
	ctx, cancel := context.WithCancel(context.Background())
	return &Sweeper{gate: g, room: attempts, outcomes: make(chan Outcome, attempts), wake: make(chan struct{}, 1),
		ctx: ctx, cancel: cancel}, nil
}

// Descriptors is how many attempts this process can have under way at one
// time.
func Descriptors() int { return 256 }

// Room is how many attempts can be started now.
func (s *Sweeper) Room() int { return s.room - s.pending }

// Start begins an attempt, unless the rates or the room do not permit it now;
// then the admission says when to try again. An error is a refusal of the
// policy.
func (s *Sweeper) Start(a Attempt) (Admission, error) {
	a.Target = netip.AddrPortFrom(a.Target.Addr().Unmap(), a.Target.Port())
	if err := s.gate.refuse(nil, a.Target.Addr()); err != nil {
		return Admission{}, fmt.Errorf("trying %s: %w", a.Target, err)
	}
	if s.Room() == 0 {
		return Admission{Whole: true, Wait: time.Millisecond}, nil
	}
	if admission := s.gate.admit(a.Target.Addr(), a.Repeat, time.Now()); !admission.Started {
		return admission, nil
	}
	s.pending++
	go func() { s.outcomes <- s.attempt(a) }() // has room for all; ends by its timeout or Close
	return Admission{Started: true}, nil
}

func (s *Sweeper) attempt(a Attempt) Outcome {
	started := time.Now()
	h := s.gate.newHost(a.Target.Addr())
	d := net.Dialer{Timeout: attemptTimeout, KeepAlive: -1, ControlContext: h.control}
	if a.Single {
		d.Timeout = singleTimeout
	}
	d.Deadline = s.gate.notBeyond(started.Add(d.Timeout))
	d.SetMultipathTCP(false)
	c, err := d.DialContext(s.ctx, "tcp", a.Target.String())
	o := Outcome{Attempt: a, Took: time.Since(started), Err: err}
	var timeout net.Error
	switch {
	case err == nil:
		o.Open = s.hold(a.Target, c.(*net.TCPConn))
	case connerr.Refused(err) || connerr.Reset(err):
		o.Answer = Refused
	case connerr.Unreachable(err):
		o.Answer = Unreachable
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		o.Answer = Silent
	default:
		o.Answer = Failed
	}
	return o
}

func (s *Sweeper) hold(target netip.AddrPort, c *net.TCPConn) *Held {
	g := s.gate
	return &Held{gate: g, target: target,
		take: func() (*conn, error) {
			h := g.Host(target.Addr())
			return newConn(c, h, h.begin())
		},
		drop: func() {
			_ = c.SetLinger(0)
			_ = c.Close()
		}}
}

// Poll waits, no longer than wait, until at least one attempt has ended or
// somebody calls Wake, and appends the outcomes to out.
func (s *Sweeper) Poll(wait time.Duration, out []Outcome) ([]Outcome, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case o := <-s.outcomes:
		s.pending--
		out = append(out, o)
	case <-s.wake:
	case <-timer.C:
		return out, nil
	}
	for {
		select {
		case o := <-s.outcomes:
			s.pending--
			out = append(out, o)
		default:
			return out, nil
		}
	}
}

// Wake ends a Poll that waits. It may be called at any time, from any
// goroutine.
func (s *Sweeper) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close ends all attempts and waits for them.
func (s *Sweeper) Close() {
	s.cancel()
	for ; s.pending > 0; s.pending-- {
		if o := <-s.outcomes; o.Open != nil {
			o.Open.Drop()
		}
	}
}
