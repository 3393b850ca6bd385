package campaign

import (
	"net/netip"

	"leadglass/internal/discover"
	"leadglass/internal/survey"
)

// Everywhere is what a run has seen of networks that accept every connection.
type Everywhere struct{ everywhere }

// Enter is enter.
func (e *Everywhere) Enter(addr netip.Addr) bool { return e.enter(addr) }

// Wait puts a host aside.
func (e *Everywhere) Wait(addr netip.Addr) bool {
	return e.wait(waitingHost{found: discover.Found{Candidate: survey.Candidate{Address: addr}}})
}

// Next is whether a host waits.
func (e *Everywhere) Next(addr netip.Addr) bool {
	_, ok := e.next(addr)
	return ok
}

// Interrupted is interrupted.
func (e *Everywhere) Interrupted() { e.interrupted() }
