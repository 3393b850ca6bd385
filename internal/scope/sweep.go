package scope

import (
	"iter"
	"net/netip"
	"sort"
)

// SweepAt is RawAt for a sweep of prefixes: ok is false for an address that is
// excluded, and for one that the scope names by itself (see Named), which is
// not found by a sweep but asked in any case. Like RawAt it does not look at
// the dates.
func (s *Scope) SweepAt(i uint64) (addr netip.Addr, ok bool) {
	if s == nil || s.lists == nil {
		return netip.Addr{}, false
	}
	l := s.lists
	r, i := l.rawRange(i)
	if r == nil || r.from == r.to {
		return netip.Addr{}, false
	}
	addr = r.at(i)
	return addr, !l.excludes(addr)
}

// rawRange is the range that holds the raw address number i, and its number
// within; nil beyond the last.
func (l *lists) rawRange(i uint64) (*addrRange, uint64) {
	n := 0
	if len(l.rawEnds) > 1 {
		n = sort.Search(len(l.rawEnds), func(n int) bool { return i < l.rawEnds[n] })
	}
	if n >= len(l.rawEnds) || i >= l.rawEnds[n] {
		return nil, 0
	}
	if n > 0 {
		i -= l.rawEnds[n-1]
	}
	return &l.raw[n], i
}

// RawIndex is the number of addr in RawAt's counting; ok is false when it has
// none.
func (s *Scope) RawIndex(addr netip.Addr) (i uint64, ok bool) {
	if s == nil || s.lists == nil {
		return 0, false
	}
	l := s.lists
	addr = addr.Unmap()
	n := sort.Search(len(l.raw), func(n int) bool { return !l.raw[n].to.Less(addr) })
	if n == len(l.raw) || addr.Less(l.raw[n].from) || addr.BitLen() != l.raw[n].from.BitLen() {
		return 0, false
	}
	if n > 0 {
		i = l.rawEnds[n-1]
	}
	return i + low(addr) - low(l.raw[n].from), true
}

// Singles yields the addresses that the scope names by themselves and does not
// exclude: single addresses of the include list, and those that names were
// resolved to so far.
func (s *Scope) Singles() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		if s == nil || s.lists == nil {
			return
		}
		for _, r := range s.lists.raw {
			if r.from == r.to && !s.lists.excludes(r.from) && !yield(r.from) {
				return
			}
		}
		if pinned := s.lists.pinned.Load(); pinned != nil {
			for addr := range *pinned {
				if !s.lists.included.Contains(addr) && !yield(addr) {
					return
				}
			}
		}
	}
}
