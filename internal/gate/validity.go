package gate

import (
	"fmt"
	"time"
)

// DatedPolicy is a Policy that permits things for a time only. Open connections
// end with it: nothing is sent and nothing is read from then on.
type DatedPolicy interface {
	// Valid returns nil when now lies within that time.
	Valid(now time.Time) error
	// Until is when it ends, by the clock that Valid is asked with; zero for never.
	Until() time.Time
}

// valid asks a policy that is dated whether its time has begun and is not over.
func (g *Gate) valid(now time.Time) error {
	if g == nil || g.policy == nil {
		return fmt.Errorf("%w: no policy given", ErrOutOfScope)
	}
	if p, ok := g.policy.(DatedPolicy); ok {
		if err := p.Valid(now); err != nil {
			return fmt.Errorf("%w: %w", ErrOutOfScope, err)
		}
	}
	return nil
}

// Ends is when the policy's time is over, as a time of this process's clock; ok
// is false where it has no end.
func (g *Gate) Ends() (end time.Time, ok bool) {
	if g == nil {
		return end, false
	}
	p, ok := g.policy.(DatedPolicy)
	if !ok || p.Until().IsZero() {
		return end, false
	}
	left := p.Until().Sub(g.opt.Now())
	return time.Now().Add(left), true
}

// notBeyond is t, or the end of the policy's time where that is earlier.
func (g *Gate) notBeyond(t time.Time) time.Time {
	if end, ok := g.Ends(); ok && end.Before(t) {
		return end
	}
	return t
}

// checkEvery is how often an open connection asks a policy again that may have
// changed in other ways than by time.
const checkEvery = 250 * time.Millisecond

// permitted asks the policy whether the connection may go on. Where it may not,
// the connection is over: it is reset, so that the peer's answers end too.
func (c *conn) permitted() error {
	g := c.host.gate
	now := g.opt.Now()
	err := g.valid(now)
	if asked := c.asked.Load(); err == nil && (now.UnixNano()-asked >= int64(checkEvery) || now.UnixNano() < asked) {
		c.asked.Store(now.UnixNano())
		err = g.Check(c.host.addr)
	}
	if err == nil {
		return nil
	}
	if c.over.CompareAndSwap(false, true) {
		g.noteRefused(&c.host.own, c.host.addr.String(), err)
		c.reset()
	}
	return fmt.Errorf("the connection to %s ends: %w", c.host.addr, err)
}

// reset ends the connection without another exchange.
func (c *conn) reset() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// endWith ends the connection with the policy's time, also when nobody reads or
// writes then.
func (c *conn) endWith(end time.Time) {
	c.expiry = time.AfterFunc(time.Until(end)+time.Millisecond, func() { _ = c.permitted() })
}
