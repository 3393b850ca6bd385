package tlsprobe_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"testing"

	"leadglass/internal/tlsprobe"
)

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// message is a handshake message, record a record that holds it.
func message(kind byte, body []byte) []byte {
	return join([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body)
}

func record(data []byte) []byte {
	return join([]byte{22, 3, 1}, binary.BigEndian.AppendUint16(nil, uint16(len(data))), data)
}

func done() []byte { return record(message(14, nil)) }

// serverHello chooses a version and a suite; TLS 1.3 as RFC 8446 has it.
func serverHello(version, suite uint16) []byte {
	legacy, extensions := version, []byte{}
	if version == tls.VersionTLS13 {
		legacy, extensions = tls.VersionTLS12, []byte{0, 6, 0, 43, 0, 2, 3, 4}
	}
	body := join(binary.BigEndian.AppendUint16(nil, legacy), make([]byte, 32), []byte{0},
		binary.BigEndian.AppendUint16(nil, suite), []byte{0}, extensions)
	return record(message(2, body))
}

func TestReadFlight(t *testing.T) {
	split := message(2, join([]byte{3, 3}, make([]byte, 32), []byte{0, 0xc0, 0x2f, 0, 0, 4, 0, 22, 0, 0}))
	for name, test := range map[string]struct {
		bytes []byte
		want  tlsprobe.Answer
		fails bool
	}{
		"alert":                  {[]byte{21, 3, 1, 0, 2, 2, 70}, tlsprobe.Answer{Refused: true, Alert: 70}, false},
		"close_notify":           {[]byte{21, 3, 1, 0, 2, 1, 0}, tlsprobe.Answer{Refused: true}, false},
		"warning, then a choice": {join([]byte{21, 3, 1, 0, 2, 1, 112}, serverHello(tls.VersionTLS12, 0x002f), done()), tlsprobe.Answer{Version: tls.VersionTLS12, Suite: 0x002f}, false},
		"TLS 1.3":                {serverHello(tls.VersionTLS13, 0x1301), tlsprobe.Answer{Version: tls.VersionTLS13, Suite: 0x1301}, false},
		"over two records":       {join(record(split[:10]), record(split[10:]), done()), tlsprobe.Answer{Version: tls.VersionTLS12, Suite: 0xc02f, EncryptThenMAC: true}, false},
		"named curve":            {join(serverHello(tls.VersionTLS12, 0xc02f), record(message(12, []byte{3, 0, 19, 1, 4})), done()), tlsprobe.Answer{Version: tls.VersionTLS12, Suite: 0xc02f, Bits: 192}, false},
		"explicit curve":         {join(serverHello(tls.VersionTLS12, 0xc02f), record(message(12, []byte{1, 0, 19})), done()), tlsprobe.Answer{Version: tls.VersionTLS12, Suite: 0xc02f}, false},
		"no end":                 {serverHello(tls.VersionTLS12, 0x002f), tlsprobe.Answer{Version: tls.VersionTLS12, Suite: 0x002f}, true},
		"empty record":           {[]byte{22, 3, 1, 0, 0}, tlsprobe.Answer{}, true},
		"long record":            {[]byte{22, 3, 1, 0xff, 0xff}, tlsprobe.Answer{}, true},
		"short ServerHello":      {record(message(2, []byte{3, 3})), tlsprobe.Answer{}, true},
		"DICOM":                  {[]byte{3, 0, 0, 0, 0, 4, 0, 1, 1, 7}, tlsprobe.Answer{}, true},
	} {
		got, err := tlsprobe.Read(bytes.NewReader(test.bytes))
		if got != test.want || (err != nil) != test.fails {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// counting counts what is read.
type counting struct {
	r *bytes.Reader
	n int
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

// FuzzReadFlight: whatever a peer sends, the answer is a refusal, a choice, or
// an error; no more is read than is allowed.
func FuzzReadFlight(f *testing.F) {
	f.Add([]byte{21, 3, 1, 0, 2, 2, 40})
	f.Add(join(serverHello(tls.VersionTLS12, 0x009e), record(message(11, []byte{0, 0, 6, 0, 0, 3, 1, 2, 3})),
		record(message(12, []byte{0, 1, 0x80, 0, 1, 2})), record(message(13, nil)), done()))
	f.Add(join(serverHello(tls.VersionTLS10, 0xc009), record(message(12, []byte{3, 0, 23})), done()))
	f.Add(serverHello(tls.VersionTLS13, 0x1302))
	f.Add(bytes.Repeat([]byte{22, 3, 3, 0, 1, 2}, 30))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &counting{r: bytes.NewReader(data)}
		a, err := tlsprobe.Read(c)
		if c.n > tlsprobe.MaxFlight {
			t.Errorf("%d bytes were read", c.n)
		}
		if err == nil && !a.Refused && a.Version>>8 != 3 {
			t.Errorf("no error, no refusal, version %#04x", a.Version)
		}
		if a.Bits < 0 || a.Bits > 8*len(data) && a.Bits > 571 || a.Certificates > 10 {
			t.Errorf("%+v of %d bytes", a, len(data))
		}
	})
}
