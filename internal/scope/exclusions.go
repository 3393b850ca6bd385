package scope

import (
	"encoding/binary"
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
	// plain sets do not hold IPv6 addresses that stand for IPv4 addresses.
	plain bool
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
// IPv6 address is held when an IPv4 address that it may stand for is.
func (e *exclusions) contains(addr netip.Addr) bool {
	if addr.Is4() {
		return e.contains4(uint32(low(addr)))
	}
	n := sort.Search(len(e.v6), func(n int) bool { return !e.v6[n].to.Less(addr) })
	if n < len(e.v6) && !addr.Less(e.v6[n].from) {
		return true
	}
	if e.plain || len(e.v4) == 0 {
		return false
	}
	ways, count := embeddings(addr)
	for _, way := range ways[:count] {
		if e.contains4(way.addr) {
			return true
		}
	}
	return false
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
	all := slices.Clone(e.v6[first:last])
	from, to := r.from.As16(), r.to.As16()
	if e.plain || len(e.v4) == 0 || [12]byte(from[:12]) != [12]byte(to[:12]) {
		// Of a range of many networks the addresses that stand for IPv4 are not
		// taken out one by one: contains refuses each.
		return slices.Values(all)
	}
	ways, count := embeddings(r.from)
	for _, way := range ways[:count] {
		all = append(all, e.through(way, r)...)
	}
	return slices.Values(mergedRanges(all))
}

// through are the addresses of r, all of one /96, that stand by way for what the
// set holds.
func (e *exclusions) through(way embedding, r addrRange) []addrRange {
	if !way.last {
		if e.contains4(way.addr) {
			return []addrRange{r}
		}
		return nil
	}
	from, to := uint32(low(r.from)), uint32(low(r.to))
	as := func(a uint32) netip.Addr {
		b := r.from.As16()
		binary.BigEndian.PutUint32(b[12:], a)
		return netip.AddrFrom16(b)
	}
	if !way.inverted {
		return slices.Collect(e.over4(from, to, as))
	}
	var all []addrRange
	for x := range e.over4(^to, ^from, func(a uint32) netip.Addr { return as(^a) }) {
		all = append(all, addrRange{x.to, x.from})
	}
	return all
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
