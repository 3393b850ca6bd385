package scope

import (
	"encoding/binary"
	"fmt"
	"iter"
	"net/netip"
	"slices"
)

// addrRange is the addresses from one to another, both included, of one
// family.
type addrRange struct{ from, to netip.Addr }

func rangeOf(p netip.Prefix) addrRange {
	p = p.Masked()
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(b)
	return addrRange{p.Addr(), last}
}

// size is the number of addresses; of an IPv6 range at most 2^64-1.
func (r addrRange) size() uint64 { return low(r.to) - low(r.from) + 1 }

// at is the address number i of the range.
func (r addrRange) at(i uint64) netip.Addr {
	if r.from.Is4() {
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(low(r.from)+i))))
	}
	b := r.from.As16()
	binary.BigEndian.PutUint64(b[8:], low(r.from)+i)
	return netip.AddrFrom16(b)
}

// low is the address as a number, of IPv6 the lower 64 bits. Enumerated IPv6
// ranges do not reach beyond these.
func low(a netip.Addr) uint64 {
	if a.Is4() {
		b := a.As4()
		return uint64(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[8:])
}

// mergedRanges is the ranges sorted, and those that overlap or touch as one. It
// uses their memory.
func mergedRanges(ranges []addrRange) []addrRange {
	slices.SortFunc(ranges, func(a, b addrRange) int { return a.from.Compare(b.from) })
	out := ranges[:0]
	for _, r := range ranges {
		if n := len(out); n > 0 && (!out[n-1].to.Less(r.from) || out[n-1].to.Next() == r.from) {
			if out[n-1].to.Less(r.to) {
				out[n-1].to = r.to
			}
			continue
		}
		out = append(out, r)
	}
	return out
}

// Addresses yields every address to sweep, in address order and without the
// excluded ones: those of the included prefixes and those that names were
// resolved to so far. It does not yield IPv6 prefixes of more than 2^20
// addresses; see Enumerable.
func (s *Scope) Addresses() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		if s == nil || s.lists == nil {
			return
		}
		for r := range s.lists.withPinned() {
			for a := r.from; ; a = a.Next() {
				if !yield(a) {
					return
				}
				if a == r.to {
					break
				}
			}
		}
	}
}

// Size is the number of addresses that Addresses yields, without iterating.
func (s *Scope) Size() uint64 {
	if s == nil || s.lists == nil {
		return 0
	}
	if s.lists.pinned.Load() == nil {
		return s.lists.size
	}
	var n uint64
	for r := range s.lists.withPinned() {
		n += r.size()
	}
	return n
}

// enumerated yields the ranges of raw without the exclusions.
func (l *lists) enumerated() iter.Seq[addrRange] {
	return func(yield func(addrRange) bool) {
		for _, r := range l.raw {
			for left := range l.without(r) {
				if !yield(left) {
					return
				}
			}
		}
	}
}

// without yields what is left of r without the exclusions, in order.
func (l *lists) without(r addrRange) iter.Seq[addrRange] {
	return func(yield func(addrRange) bool) {
		for part := range l.excluded.without(r) {
			for left := range l.special.without(part) {
				if !yield(left) {
					return
				}
			}
		}
	}
}

// leaves reports whether the exclusions leave anything of r.
func (l *lists) leaves(r addrRange) bool {
	for range l.without(r) {
		return true
	}
	return false
}

// withPinned is the ranges to enumerate with the pinned addresses among them.
// Where names pin addresses, all ranges are single addresses too.
func (l *lists) withPinned() iter.Seq[addrRange] {
	pinned := l.pinned.Load()
	if pinned == nil {
		return l.enumerated()
	}
	ranges := slices.Collect(l.enumerated())
	for a := range *pinned {
		ranges = append(ranges, addrRange{a, a})
	}
	slices.SortFunc(ranges, func(a, b addrRange) int { return a.from.Compare(b.from) })
	return slices.Values(slices.Compact(ranges))
}

// RawSize is the number of addresses in the included prefixes before
// exclusion, without names and without what Enumerable refuses. A sweep that
// permutes 0 … RawSize()-1 keeps its numbers when an exclusion is added, and
// asks Check for each address.
func (s *Scope) RawSize() uint64 {
	if s == nil || s.lists == nil {
		return 0
	}
	if n := len(s.lists.rawEnds); n > 0 {
		return s.lists.rawEnds[n-1]
	}
	return 0
}

// RawAt is the address number i, 0 ≤ i < RawSize(), in address order before
// exclusion; the invalid address beyond.
func (s *Scope) RawAt(i uint64) netip.Addr {
	if s == nil || s.lists == nil {
		return netip.Addr{}
	}
	r, i := s.lists.rawRange(i)
	if r == nil {
		return netip.Addr{}
	}
	return r.at(i)
}

// Enumerable returns an error when the scope includes an IPv6 prefix that is
// too large to sweep. Such a scope is good for given candidates.
func (s *Scope) Enumerable() error {
	if s == nil || s.lists == nil {
		return ErrNotLoaded
	}
	if len(s.lists.tooLarge) == 0 {
		return nil
	}
	p := s.lists.tooLarge[0]
	return fmt.Errorf("%s holds 2^%d addresses, and an IPv6 prefix of more than 2^%d is not swept: most of it is empty, "+
		"and trying it would take years; give known addresses with --candidates FILE, or include prefixes of /%d and longer",
		p, 128-p.Bits(), maxEnumeratedBits, 128-maxEnumeratedBits)
}
