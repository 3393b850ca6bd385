package gate_test

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"leadglass/internal/gate"
)

// answerTo makes the answer that a host gives to a SYN.
func answerTo(syn []byte, flags byte) []byte {
	b := append([]byte(nil), syn...)
	copy(b[12:16], syn[16:20])
	copy(b[16:20], syn[12:16])
	tcp, was := b[20:], syn[20:]
	copy(tcp[0:2], was[2:4])
	copy(tcp[2:4], was[0:2])
	binary.BigEndian.PutUint32(tcp[8:], binary.BigEndian.Uint32(was[4:])+1)
	tcp[13] = flags
	return b
}

func TestSYNPacket(t *testing.T) {
	key := gate.NewSYNKey()
	to := netip.MustParseAddrPort("192.0.2.7:104")
	syn := key.Packet(mustAddr("198.51.100.1"), to, 20011)
	if sum := checksum(syn); sum != 0 {
		t.Errorf("the checksum of the segment is off by %#x", sum)
	}
	for flags, want := range map[byte]bool{0x12: true, 0x14: false} { // SYN-ACK, RST-ACK
		if a, ok := key.Parse(answerTo(syn, flags), 20011); !ok || a.Open != want || a.Canary || a.From != to {
			t.Errorf("flags %#x: %+v, %v", flags, a, ok)
		}
	}
	answer := answerTo(syn, 0x12)
	if _, ok := gate.NewSYNKey().Parse(answer, 20011); ok {
		t.Error("an answer to somebody else's packet is taken for ours")
	}
	for name, change := range map[string]func([]byte){
		"acknowledges another number": func(b []byte) { b[31]++ },
		"no acknowledgement":          func(b []byte) { b[33] = 0x02 },
		"data":                        func(b []byte) { b[33] = 0x18 },
		"another port of ours":        func(b []byte) { b[23] += 2 },
		"from elsewhere":              func(b []byte) { b[15]++ },
		"not TCP":                     func(b []byte) { b[9] = 17 },
		"a later fragment":            func(b []byte) { b[7] = 1 },
	} {
		b := append([]byte(nil), answer...)
		change(b)
		if a, ok := key.Parse(b, 20011); ok {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// checksum is that of a TCP segment in an IPv4 packet with its pseudo header
// (RFC 9293 3.1): 0 when the one within is right.
func checksum(b []byte) uint16 {
	sum := uint32(6) + uint32(len(b)-20)
	for i := 12; i < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// FuzzSYNAnswer: bytes of others are never more than an answer to what we sent.
func FuzzSYNAnswer(f *testing.F) {
	key := gate.NewSYNKey()
	syn := key.Packet(mustAddr("198.51.100.1"), netip.MustParseAddrPort("192.0.2.7:104"), 20011)
	f.Add(answerTo(syn, 0x12))
	f.Add(answerTo(syn, 0x14))
	f.Add(syn)
	f.Add(append([]byte{0x60, 0, 0, 0, 0, 20, 6, 64}, make([]byte, 60)...))
	f.Add([]byte{0x4f, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, ok := key.Parse(b, 20011); ok && (!a.From.IsValid() || !key.Matches(b, a)) {
			t.Errorf("%x gives %+v", b, a)
		}
	})
}
