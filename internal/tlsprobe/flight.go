package tlsprobe

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
)

const (
	// maxRecord is the longest record (RFC 5246 6.2.3).
	maxRecord = 1<<14 + 2048
	// maxFlight bounds what is read of a server's first flight, in bytes.
	maxFlight = 64 << 10
	// maxCertificates bounds the certificates taken of it.
	maxCertificates = 10
)

var (
	// errForeign: what answers does not speak TLS.
	errForeign = errors.New("the answer is no TLS")
	// errMalformed: the peer breaks the protocol.
	errMalformed = errors.New("the answer breaks the protocol")
)

// malformed is the error of a peer that breaks the protocol. It says where,
// with no byte of the peer.
func malformed(where string) error { return fmt.Errorf("%w (%s)", errMalformed, where) }

// flight is a server's answer to a ClientHello.
type flight struct {
	// refused: a fatal alert came instead, of this number.
	refused bool
	alert   uint8
	// version and suite are the server's choice.
	version, suite uint16
	encryptThenMAC bool
	// certificates are DER, the server's own first.
	certificates [][]byte
	// bits is the size of the group of an ephemeral key exchange, 0 where there
	// is none or an unknown one.
	bits int
	// asked: a certificate of the client is asked for.
	asked bool
}

// readFlight reads a server's answer up to ServerHelloDone, or up to the
// ServerHello where that chooses TLS 1.3, after which all is encrypted. It
// reads at most maxFlight bytes.
func readFlight(r io.Reader) (flight, error) {
	f := flight{}
	r = io.LimitReader(r, maxFlight)
	var pending []byte // handshake messages may be spread over records
	for {
		kind, data, err := readRecord(r)
		if err != nil {
			return f, err
		}
		switch kind {
		case recordAlert:
			if done, err := f.takeAlert(data); done || err != nil {
				return f, err
			}
			continue
		case recordHandshake:
		default:
			return f, malformed("record type")
		}
		pending = append(pending, data...)
		for {
			message, rest, whole := cutMessage(pending)
			if !whole {
				break
			}
			pending = rest
			done, err := f.take(message)
			if done || err != nil {
				return f, err
			}
		}
	}
}

// readRecord reads one record (RFC 5246 6.2.1).
func readRecord(r io.Reader) (kind byte, data []byte, err error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	length := int(binary.BigEndian.Uint16(header[3:]))
	switch {
	case header[0] < 20 || header[0] > 24 || header[1] != 3:
		return 0, nil, errForeign
	case length == 0 || length > maxRecord:
		return 0, nil, malformed("record length")
	}
	data = make([]byte, length)
	_, err = io.ReadFull(r, data)
	return header[0], data, err
}

// takeAlert reads an alert (RFC 5246 7.2). Warnings, as of a server name that
// is not recognised, are passed over.
func (f *flight) takeAlert(data []byte) (done bool, err error) {
	const warning, fatal = 1, 2
	switch {
	case len(data) != 2:
		return false, malformed("alert")
	case data[0] == warning && data[1] != 0: // all but close_notify
		return false, nil
	case data[0] != warning && data[0] != fatal:
		return false, malformed("alert level")
	}
	f.refused, f.alert = true, data[1]
	return true, nil
}

// cutMessage cuts the first handshake message off (RFC 5246 7.4).
func cutMessage(b []byte) (message, rest []byte, whole bool) {
	if len(b) < 4 {
		return nil, b, false
	}
	end := 4 + (int(b[1])<<16 | int(b[2])<<8 | int(b[3]))
	if len(b) < end {
		return nil, b, false
	}
	return b[:end], b[end:], true
}

// take reads a handshake message; done is true when nothing more is needed.
func (f *flight) take(message []byte) (done bool, err error) {
	body := &cursor{b: message[4:]}
	kind := message[0]
	if f.version == 0 && kind != messageServerHello {
		return false, malformed("no ServerHello")
	}
	switch kind {
	case messageServerHello:
		f.takeHello(body)
		if !body.failed && f.version >= tls.VersionTLS13 {
			return true, nil
		}
	case messageCertificate:
		f.takeCertificates(body)
	case messageServerKeyExchange:
		f.takeKeyExchange(body)
	case messageCertificateRequest:
		f.asked = true
	case messageServerHelloDone:
		return true, nil
	}
	if body.failed {
		return false, malformed("handshake message " + fmt.Sprint(kind))
	}
	return false, nil
}

// takeHello reads a ServerHello (RFC 5246 7.4.1.3, RFC 8446 4.1.3).
func (f *flight) takeHello(c *cursor) {
	version := c.number(2)
	c.take(32) // random
	c.take(c.number(1))
	suite := c.number(2)
	c.take(1) // compression: none was offered
	extensions := &cursor{}
	if len(c.b) > 0 {
		extensions.b = c.take(c.number(2))
	}
	for len(extensions.b) > 0 {
		kind := extensions.number(2)
		data := &cursor{b: extensions.take(extensions.number(2))}
		switch kind {
		case extensionSupportedVersions:
			version = data.number(2)
		case extensionEncryptThenMAC:
			f.encryptThenMAC = true
		}
		c.failed = c.failed || data.failed
	}
	c.failed = c.failed || extensions.failed || version>>8 != 3
	if !c.failed {
		f.version, f.suite = uint16(version), uint16(suite)
	}
}

// takeCertificates reads a Certificate message (RFC 5246 7.4.2).
func (f *flight) takeCertificates(c *cursor) {
	list := &cursor{b: c.take(c.number(3))}
	for len(list.b) > 0 && len(f.certificates) < maxCertificates {
		der := list.take(list.number(3))
		f.certificates = append(f.certificates, slices.Clone(der))
	}
	c.failed = c.failed || list.failed
}

// takeKeyExchange reads the group of a ServerKeyExchange (RFC 5246 7.4.3, RFC
// 8422 5.4). Of other key exchanges nothing is read.
func (f *flight) takeKeyExchange(c *cursor) {
	s, _ := find(f.suite)
	const namedCurve = 3
	switch {
	case s.finiteField():
		f.bits = new(big.Int).SetBytes(c.take(c.number(2))).BitLen()
	case s.curve():
		if c.number(1) == namedCurve {
			f.bits = groupBits(uint16(c.number(2)))
		}
	}
}

// cursor reads from the front of bytes; what is not there makes it fail.
type cursor struct {
	b      []byte
	failed bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.b, c.failed = nil, true
		return nil
	}
	taken := c.b[:n]
	c.b = c.b[n:]
	return taken
}

// number reads a big-endian number of n bytes, at most 3.
func (c *cursor) number(n int) int {
	v := 0
	for _, b := range c.take(n) {
		v = v<<8 | int(b)
	}
	return v
}
