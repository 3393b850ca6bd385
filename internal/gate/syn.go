package gate

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"net/netip"
)

// ErrNoSYN says why single packets cannot be sent here, and what helps.
var ErrNoSYN = errors.New("no SYN sweep")

// SYNAnswer is an answer to a SYN: proved to be one by the sequence number
// that it acknowledges.
type SYNAnswer struct {
	From netip.AddrPort
	// Open: the port would accept a connection. The system answers it with a
	// reset, because it knows of none.
	Open bool
	// Canary: the SYN was sent as one.
	Canary bool
}

// Lengths of headers, in bytes: IPv4 without options (RFC 791 3.1), IPv6 (RFC
// 8200 3), TCP with the option of a maximum segment size (RFC 9293 3.1).
const (
	ipv4Header = 20
	ipv6Header = 40
	synLen     = 24
)

// TCP flags (RFC 9293 3.1).
const (
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

// cookie is the sequence number of the SYN to a port: a keyed hash of what the
// answer repeats, so that nothing has to be remembered.
func cookie(key maphash.Seed, to netip.AddrPort, from uint16) uint32 {
	var b [20]byte
	addr := to.Addr().As16()
	copy(b[:], addr[:])
	binary.BigEndian.PutUint16(b[16:], to.Port())
	binary.BigEndian.PutUint16(b[18:], from)
	return uint32(maphash.Bytes(key, b[:]))
}

// putSYN writes a SYN without its checksum into b, synLen bytes.
func putSYN(b []byte, from, to uint16, seq uint32) {
	binary.BigEndian.PutUint16(b[0:], from)
	binary.BigEndian.PutUint16(b[2:], to)
	binary.BigEndian.PutUint32(b[4:], seq)
	binary.BigEndian.PutUint32(b[8:], 0)
	b[12], b[13] = synLen/4<<4, flagSYN
	binary.BigEndian.PutUint16(b[14:], 64240) // window
	binary.BigEndian.PutUint32(b[16:], 0)     // checksum, urgent pointer
	binary.BigEndian.PutUint32(b[20:], 0x020405b4)
}

// putIPv4 writes an IPv4 header and a SYN with its checksum into b. The system
// fills in the header's checksum (raw(7)).
func putIPv4(b []byte, source netip.Addr, to netip.AddrPort, from uint16, seq uint32) {
	src, dst := source.As4(), to.Addr().As4()
	b[0], b[1] = 4<<4|ipv4Header/4, 0
	binary.BigEndian.PutUint16(b[2:], ipv4Header+synLen)
	binary.BigEndian.PutUint16(b[4:], uint16(seq>>16)|1) // identification, not 0
	b[6], b[7] = 0x40, 0                                 // do not fragment
	b[8], b[9] = 64, 6                                   // time to live, TCP
	b[10], b[11] = 0, 0
	copy(b[12:], src[:])
	copy(b[16:], dst[:])
	tcp := b[ipv4Header : ipv4Header+synLen]
	putSYN(tcp, from, to.Port(), seq)
	sum := uint64(6 + synLen)
	for i := 12; i < ipv4Header+synLen; i += 4 {
		sum += uint64(binary.BigEndian.Uint32(b[i:]))
	}
	binary.BigEndian.PutUint16(tcp[16:], fold(sum))
}

// fold makes the Internet checksum of a sum (RFC 1071).
func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// parseAnswer reads an IP packet that may be an answer to a SYN from the port
// own or, to a canary, from the next.
func parseAnswer(b []byte, own uint16, key maphash.Seed) (SYNAnswer, bool) {
	var from netip.Addr
	switch {
	case len(b) >= ipv4Header && b[0]>>4 == 4:
		header := int(b[0]&15) * 4
		fragment := binary.BigEndian.Uint16(b[6:]) & 0x1fff
		if b[9] != 6 || fragment != 0 || header < ipv4Header || len(b) < header {
			return SYNAnswer{}, false
		}
		from = netip.AddrFrom4([4]byte(b[12:16]))
		b = b[header:]
	case len(b) >= ipv6Header && b[0]>>4 == 6:
		if b[6] != 6 {
			return SYNAnswer{}, false
		}
		from = netip.AddrFrom16([16]byte(b[8:24]))
		b = b[ipv6Header:]
	default:
		return SYNAnswer{}, false
	}
	if len(b) < 20 {
		return SYNAnswer{}, false
	}
	port, flags := binary.BigEndian.Uint16(b[2:]), b[13]
	a := SYNAnswer{From: netip.AddrPortFrom(from, binary.BigEndian.Uint16(b)), Canary: port == own+1}
	switch {
	case port != own && port != own+1, flags&flagACK == 0:
		return SYNAnswer{}, false
	case flags&flagRST != 0:
	case flags&flagSYN != 0:
		a.Open = true
	default:
		return SYNAnswer{}, false
	}
	return a, binary.BigEndian.Uint32(b[8:]) == cookie(key, a.From, port)+1
}
