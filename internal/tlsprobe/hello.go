package tlsprobe

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
)

// The numbers of RFC 5246 and RFC 8446 that are needed here.
const (
	recordAlert     = 21
	recordHandshake = 22

	messageClientHello        = 1
	messageServerHello        = 2
	messageCertificate        = 11
	messageServerKeyExchange  = 12
	messageCertificateRequest = 13
	messageServerHelloDone    = 14

	extensionServerName        = 0
	extensionGroups            = 10
	extensionPointFormats      = 11
	extensionSignatures        = 13
	extensionEncryptThenMAC    = 22
	extensionSupportedVersions = 43
	extensionRenegotiationInfo = 0xff01
)

// hello is what a ClientHello offers.
type hello struct {
	// version is the highest, TLS 1.2 at most.
	version uint16
	suites  []uint16
	groups  []uint16
	// name goes into the server name extension; none where it is empty.
	name string
}

// goodGroups are the curves of 256 bit and more; the brainpool ones for those
// who have nothing else. Groups over finite fields (RFC 7919) are not among
// them, so that a server chooses its own.
var goodGroups = []uint16{29, 23, 24, 25, 30, 26, 27, 28, 22}

// smallGroups are the curves below 256 bit: secp224r1, secp192r1, secp160r1,
// then the others of RFC 8422 5.1.1 (as first registered in RFC 4492).
var smallGroups = []uint16{21, 19, 16, 20, 18, 17, 15, 8, 7, 6, 5, 4, 3, 2, 1}

// groupBits are the sizes of the named curves, by number.
func groupBits(group uint16) int {
	sizes := []int{0, 163, 163, 163, 193, 193, 233, 233, 239, 283, 283, 409, 409, 571, 571, 160, 160, 160,
		192, 192, 224, 224, 256, 256, 384, 521, 256, 384, 512, 256, 448}
	if int(group) < len(sizes) {
		return sizes[group]
	}
	return 0
}

// signatures are the signature algorithms of RFC 8446 4.2.3 and RFC 5246
// 7.4.1.4.1, SHA-1 and DSA included: what a server has is to be found.
var signatures = []uint16{0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
	0x0807, 0x0808, 0x0402, 0x0502, 0x0602, 0x0301, 0x0303, 0x0203, 0x0201, 0x0202}

// bytes is the ClientHello in a record (RFC 5246 6.2.1, 7.4.1.2).
func (h hello) bytes() []byte {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	body := binary.BigEndian.AppendUint16(nil, h.version)
	body = append(body, random[:]...)
	body = append(body, 0) // no session to resume
	body = appendList(body, h.suites)
	body = append(body, 1, 0) // no compression
	body = appendBlock(body, h.extensions())

	message := []byte{messageClientHello, byte(len(body) >> 16)}
	message = appendBlock(message, body)
	// Old servers want an old version in the record (RFC 8446 5.1).
	record := []byte{recordHandshake, 3, 1}
	return appendBlock(record, message)
}

func (h hello) extensions() []byte {
	var e []byte
	if h.name != "" {
		name := appendBlock([]byte{0}, []byte(h.name)) // RFC 6066 3
		e = appendExtension(e, extensionServerName, appendBlock(nil, name))
	}
	e = appendExtension(e, extensionRenegotiationInfo, []byte{0}) // RFC 5746 3.4
	e = appendExtension(e, extensionGroups, appendList(nil, h.groups))
	e = appendExtension(e, extensionPointFormats, []byte{1, 0})
	if h.version >= tls.VersionTLS12 {
		e = appendExtension(e, extensionSignatures, appendList(nil, signatures))
	}
	return appendExtension(e, extensionEncryptThenMAC, nil)
}

// appendBlock appends data after its length in two bytes.
func appendBlock(b, data []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

// appendList appends numbers after the length of all in two bytes.
func appendList(b []byte, numbers []uint16) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(2*len(numbers)))
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

func appendExtension(b []byte, kind uint16, data []byte) []byte {
	return appendBlock(binary.BigEndian.AppendUint16(b, kind), data)
}

// goodbye are the alerts user_canceled and close_notify (RFC 5246 7.2.1): a
// handshake that is given up is no failure of the server.
func goodbye(version uint16) []byte {
	var b []byte
	for _, description := range []byte{90, 0} {
		b = append(b, recordAlert, byte(version>>8), byte(version), 0, 2, 1, description)
	}
	return b
}
