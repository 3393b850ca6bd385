package scope

import (
	"iter"
	"net/netip"
	"slices"
	"sort"
)

// exclusions is a set of addresses, held as ranges that are sorted and apart.
// Lists of people who opted out have millions of lines: an IPv4 range takes 8
// bytes, and a look-up looks at a few neighbours in one part of the table.
type exclusions struct {
	v4 []span4
	// starts is, for each /16, the first span that does not end before it.
	starts []uint32
	v6     []addrRange
}

// span4 is the IPv4 addresses from one to another, both included.
type span4 struct{ from, to uint32 }

// add adds the addresses from one to another, which are of one family. The set
// must be settled before it is asked.
func (e *exclusions) add(r addrRange) {
	if r.from.Is4() {
		e.v4 = append(e.v4, span4{uint32(low(r.from)), uint32(low(r.to))})
		return
	}
	e.v6 = append(e.v6, r)
}

// settle sorts and merges what was added.
func (e *exclusions) settle() {
	slices.SortFunc(e.v4, func(a, b span4) int {
		if a.from != b.from {
			return int(int64(a.from) - int64(b.from))
		}
		return int(int64(a.to) - int64(b.to))
	})
	out := e.v4[:0]
	for _, s := range e.v4 {
		if n := len(out); n > 0 && uint64(s.from) <= uint64(out[n-1].to)+1 {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	e.v4 = slices.Clip(out)
	if cap(e.v4) > 2*len(out) {
		e.v4 = slices.Clone(out)
	}
	e.starts = make([]uint32, 1<<16+1)
	i := 0
	for block := range uint32(1 << 16) {
		for i < len(e.v4) && e.v4[i].to < block<<16 {
			i++
		}
		e.starts[block] = uint32(i)
	}
	e.starts[1<<16] = uint32(len(e.v4))
	e.v6 = mergedRanges(e.v6)
}

// contains reports whether the set holds addr, which is not IPv4-mapped. An
// IPv6 address that a NAT64 gateway turns into an IPv4 address is held when
// that is.
func (e *exclusions) contains(addr netip.Addr) bool {
	if addr.Is4() {
		return e.contains4(uint32(low(addr)))
	}
	n := sort.Search(len(e.v6), func(n int) bool { return !e.v6[n].to.Less(addr) })
	if n < len(e.v6) && !addr.Less(e.v6[n].from) {
		return true
	}
	return nat64.Contains(addr) && e.contains4(uint32(low(addr)))
}

func (e *exclusions) contains4(a uint32) bool {
	if len(e.v4) == 0 {
		return false
	}
	first, last := int(e.starts[a>>16]), int(e.starts[a>>16+1])
	// The span that holds a is among these, or the one after them.
	part := e.v4[first:min(last+1, len(e.v4))]
	for len(part) > 8 {
		if half := len(part) / 2; part[half].from > a {
			part = part[:half]
		} else {
			part = part[half:]
		}
	}
	for _, s := range part {
		if s.from <= a && a <= s.to {
			return true
		}
	}
	return false
}

// covers reports whether the set holds all of r.
func (e *exclusions) covers(r addrRange) bool {
	for range e.without(r) {
		return false
	}
	return true
}

// without yields what is left of r without the set, in order.
func (e *exclusions) without(r addrRange) iter.Seq[addrRange] {
	return func(yield func(addrRange) bool) {
		from := r.from
		for x := range e.over(r) {
			if from.Less(x.from) && !yield(addrRange{from, x.from.Prev()}) {
				return
			}
			if !x.to.Less(r.to) {
				return
			}
			if !x.to.Less(from) {
				from = x.to.Next()
			}
		}
		yield(addrRange{from, r.to})
	}
}

// over yields the ranges of the set that overlap r, in order.
func (e *exclusions) over(r addrRange) iter.Seq[addrRange] {
	if r.from.Is4() {
		return e.over4(uint32(low(r.from)), uint32(low(r.to)), addr4)
	}
	first := sort.Search(len(e.v6), func(n int) bool { return !e.v6[n].to.Less(r.from) })
	last := first
	for last < len(e.v6) && !r.to.Less(e.v6[last].from) {
		last++
	}
	own := e.v6[first:last]
	mapped := rangeOf(nat64)
	if r.to.Less(mapped.from) || mapped.to.Less(r.from) {
		return slices.Values(own)
	}
	all := slices.Clone(own)
	from, to := uint32(0), ^uint32(0)
	if mapped.from.Less(r.from) {
		from = uint32(low(r.from))
	}
	if r.to.Less(mapped.to) {
		to = uint32(low(r.to))
	}
	for x := range e.over4(from, to, throughNAT64) {
		all = append(all, x)
	}
	return slices.Values(mergedRanges(all))
}

// over4 yields the spans that overlap from … to, as the addresses that as
// makes of them.
func (e *exclusions) over4(from, to uint32, as func(uint32) netip.Addr) iter.Seq[addrRange] {
	return func(yield func(addrRange) bool) {
		first := sort.Search(len(e.v4), func(n int) bool { return e.v4[n].to >= from })
		for _, s := range e.v4[first:] {
			if s.from > to || !yield(addrRange{as(s.from), as(s.to)}) {
				return
			}
		}
	}
}

func addr4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

// throughNAT64 is how a NAT64 gateway is asked for an IPv4 address.
func throughNAT64(a uint32) netip.Addr {
	b := nat64.Addr().As16()
	b[12], b[13], b[14], b[15] = byte(a>>24), byte(a>>16), byte(a>>8), byte(a)
	return netip.AddrFrom16(b)
}
