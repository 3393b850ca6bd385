package scope

import (
	"encoding/binary"
	"net/netip"
)

// embedding is a way in which an IPv6 address stands for an IPv4 address.
type embedding struct {
	// addr is the IPv4 address.
	addr uint32
	// last: it is in the last 32 bits, so that it goes up with the IPv6 address;
	// inverted: as its complement.
	last, inverted bool
}

// maxEmbeddings is how many ways there are at most for one address.
const maxEmbeddings = 6

// embeddings are the IPv4 addresses that addr, IPv6 and not IPv4-mapped, may
// stand for, and how many: what is sent to it can reach them through a
// translator, a relay or a tunnel. Prefixes that a network has chosen for its
// own translators cannot be known.
func embeddings(addr netip.Addr) (ways [maxEmbeddings]embedding, n int) {
	b := addr.As16()
	add := func(e embedding) { ways[n], n = e, n+1 }
	word := func(i int) uint32 { return binary.BigEndian.Uint32(b[i:]) }
	last := embedding{addr: word(12), last: true}
	high := binary.BigEndian.Uint64(b[:])
	switch {
	case high == 0 && (word(8) == 0 && word(12) > 1 || word(8) == 0xffff0000):
		add(last) // compatible (RFC 4291 2.5.5.1); IPv4-translated (RFC 2765 2.1)
	case high == 0x0064ff9b_00000000 && word(8) == 0: // the well-known prefix (RFC 6052 2.1)
		add(last)
	case high>>16 == 0x0064ff9b_0001: // local translators (RFC 8215), by the lengths of RFC 6052 2.2
		add(last)
		add(embedding{addr: uint32(b[6])<<24 | uint32(b[7])<<16 | uint32(b[9])<<8 | uint32(b[10])})  // /48
		add(embedding{addr: uint32(b[7])<<24 | uint32(b[9])<<16 | uint32(b[10])<<8 | uint32(b[11])}) // /56
		add(embedding{addr: word(9)})                                                                // /64
	case high>>48 == 0x2002: // 6to4 (RFC 3056 2)
		add(embedding{addr: word(2)})
	case high>>32 == 0x20010000: // Teredo (RFC 4380 4): the server, and the client's complement
		add(embedding{addr: word(4)})
		add(embedding{addr: ^word(12), last: true, inverted: true})
	}
	if word(8)&^0x02000000 == 0x00005efe { // ISATAP (RFC 5214 6.1), in any network
		add(last)
	}
	return ways, n
}
