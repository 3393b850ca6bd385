package gate

import (
	"net/netip"
	"time"
)

// Attempt is one connection attempt of a sweep.
type Attempt struct {
	// ID comes back with the outcome.
	ID     uint32
	Target netip.AddrPort
	// Single ends the attempt before the system would send its SYN again, so
	// that the outcome tells whether one packet and its answer got through.
	Single bool
	// Repeat says that the host was tried a moment ago: the host's own rate
	// holds besides those of the network and of the whole.
	Repeat bool
}

// Answer is how an attempt ended.
type Answer uint8

// The answers. Silent also stands for what a router refused in a way that the
// system does not report.
const (
	// Accepted: the port took the connection.
	Accepted Answer = iota
	// Refused: the host answered with a reset.
	Refused
	// Unreachable: a router, or this system, said that there is no way there.
	Unreachable
	// Silent: nothing came back in time.
	Silent
	// Failed: the attempt could not be made, or not be judged.
	Failed
)

// Outcome is what became of an attempt.
type Outcome struct {
	Attempt
	Answer Answer
	// Took is from the first packet to the answer.
	Took time.Duration
	// Open is the connection of an accepted attempt. It must be offered or
	// dropped.
	Open *Held
	// Err says why an attempt failed.
	Err error
}

// Admission says whether an attempt was let out.
type Admission struct {
	// Started: it was, and will have an outcome.
	Started bool
	// Wait is a time after which another try makes sense. Whole says that it
	// holds for every target and not for this network or host alone.
	Wait  time.Duration
	Whole bool
}

// What a sweep may do to one host: in one go as many attempts as there are
// ports, and then a few a second.
const (
	hostAttempts  = 20 // a second
	hostAttemptsN = 16 // at once
)

// Timeouts of attempts. The system sends a SYN again after 1 s and after 3 s
// (tcp(7), tcp_syn_retries; RFC 6298 2.1): an attempt is given up a moment
// after the last answer that it could get, a single one just before the second
// packet.
const (
	attemptTimeout = 3200 * time.Millisecond
	singleTimeout  = 950 * time.Millisecond
)

// admit takes a turn of the rates for an attempt, or says when one may come.
// It never waits: connections of an examination, which do, go before a sweep.
func (g *Gate) admit(addr netip.Addr, repeat bool, now time.Time) Admission {
	if g.whole.TokensAt(now) < 1 {
		return Admission{Whole: true, Wait: untilToken(g.whole, now)}
	}
	if repeat {
		if wait := g.perHost.try(addr, now); wait > 0 {
			return Admission{Wait: wait}
		}
	}
	if g.opt.PerNetworkProbesPerSecond < g.opt.ProbesPerSecond { // else the whole rate says it all
		if wait := g.networks.try(addr, now); wait > 0 {
			return Admission{Wait: wait}
		}
	}
	g.whole.ReserveN(now, 1)
	return Admission{Started: true}
}

// Held is an open connection of a sweep that nobody has used yet.
type Held struct {
	gate   *Gate
	target netip.AddrPort
	take   func() (*conn, error) // makes it a connection of the host
	drop   func()
}

// Offer gives the connection to its host: the next dial of that port gets it
// instead of a new one. It is dropped when another port is dialled first, when
// it gets old, and when the host has its number of connections already.
func (o *Held) Offer() {
	h := o.gate.Host(o.target.Addr())
	select {
	case h.slots <- struct{}{}:
	default:
		o.drop()
		return
	}
	c, err := o.take()
	if err != nil || h.withinBudget(h.begin()) != nil {
		if c != nil {
			_ = c.tcp.Close()
		}
		<-h.slots
		return
	}
	h.own.connections.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready = &readyConn{conn: c, port: o.target.Port(), since: time.Now()}
}

// Drop ends the connection with a reset, which leaves nothing behind on either
// side.
func (o *Held) Drop() { o.drop() }

// readyConn is a connection that waits for the dial of its port.
type readyConn struct {
	conn  *conn
	port  uint16
	since time.Time
}

// readyAge is how long an offered connection is good: servers close those on
// which nothing comes, some after a few seconds.
const readyAge = 3 * time.Second

// takeReady returns the offered connection when it is one to that port, and
// closes any other.
func (h *Host) takeReady(port uint16) *conn {
	h.mu.Lock()
	r := h.ready
	h.ready = nil
	h.mu.Unlock()
	if r == nil {
		return nil
	}
	if r.port == port && time.Since(r.since) < readyAge {
		return r.conn
	}
	_ = r.conn.Close()
	return nil
}

// Withdraw closes a connection that was offered and that nobody took.
func (h *Host) Withdraw() { h.takeReady(0) }
