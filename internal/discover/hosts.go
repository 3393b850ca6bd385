package discover

import (
	"hash/maphash"
	"net/netip"
	"sync"
)

// hosts knows which addresses are being tried, so that there is one attempt to
// a host at a time, and which ones have been taken up for examination: all
// their ports are tried by that, and the sweep passes over them. It is safe
// for concurrent use.
type hosts struct {
	seed    maphash.Seed
	stripes [64]stripe
}

type stripe struct {
	mu sync.Mutex
	// busy holds the addresses to which an attempt is under way, with the
	// tasks that wait for its end.
	busy map[netip.Addr][]waiting
	// taken are the addresses that are examined, or were.
	taken map[netip.Addr]struct{}
}

// waiting is a task of a lane.
type waiting struct {
	lane *lane
	task task
}

func newHosts() *hosts {
	h := &hosts{seed: maphash.MakeSeed()}
	for i := range h.stripes {
		h.stripes[i].busy = map[netip.Addr][]waiting{}
		h.stripes[i].taken = map[netip.Addr]struct{}{}
	}
	return h
}

func (h *hosts) stripe(addr netip.Addr) *stripe {
	return &h.stripes[maphash.Comparable(h.seed, addr)%uint64(len(h.stripes))]
}

// entry is what enter says.
type entry uint8

const (
	entered entry = iota
	occupied
	taken
)

// enter begins an attempt to a host, unless one is under way, in which case
// the task is put in line for its end, or the host is taken.
func (h *hosts) enter(addr netip.Addr, w waiting) entry {
	s := h.stripe(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.taken[addr]; ok {
		return taken
	}
	if line, ok := s.busy[addr]; ok {
		s.busy[addr] = append(line, w)
		return occupied
	}
	s.busy[addr] = nil
	return entered
}

// leave ends the attempt, and gives the tasks in line back to their lanes.
func (h *hosts) leave(addr netip.Addr) {
	s := h.stripe(addr)
	s.mu.Lock()
	line := s.busy[addr]
	delete(s.busy, addr)
	s.mu.Unlock()
	for _, w := range line {
		w.lane.mail(w.task)
	}
}

// take takes a host up for examination; false when it was already.
func (h *hosts) take(addr netip.Addr) bool {
	s := h.stripe(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.taken[addr]; ok {
		return false
	}
	s.taken[addr] = struct{}{}
	return true
}

// isTaken reports whether a host was taken up.
func (h *hosts) isTaken(addr netip.Addr) bool {
	s := h.stripe(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.taken[addr]
	return ok
}
