package ul_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"leadglass/dicom/ul"
)

// TestFirstBytesOfOtherProtocols sends what other servers say, to both ends.
func TestFirstBytesOfOtherProtocols(t *testing.T) {
	random := make([]byte, 4096)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	random[0] |= 0x80 // not by chance a type of PDU
	for _, c := range []struct {
		name, looks string
		bytes       []byte
	}{
		{"HTTP", "http", []byte("HTTP/1.1 400 Bad Request\r\n\r\n")},
		{"page without a header", "http", []byte("<!DOCTYPE html><html>")},
		{"SSH", "ssh", []byte("SSH-2.0-OpenSSH_9.2p1\r\n")},
		{"TLS alert", "tls", []byte{0x15, 3, 1, 0, 2, 2, 70}},
		{"TLS alert cut short", "tls", []byte{0x15, 3, 3}},
		{"TLS handshake", "tls", []byte{0x16, 3, 3, 0, 100}},
		{"SMTP", "smtp or ftp", []byte("220 mail.example ESMTP\r\n")},
		{"MLLP", "hl7 mllp", []byte("\x0bMSH|^~\\&|")},
		{"VNC", "vnc", []byte("RFB 003.008\n")},
		{"zeros", "unknown", make([]byte, 64)},
		{"one zero", "unknown", []byte{0}},
		{"PDU type 8", "unknown", []byte{8, 0, 0, 0, 0, 0}},
		{"random", "unknown", random},
	} {
		for _, end := range []string{"requestor", "acceptor"} {
			t.Run(c.name+" to "+end, func(t *testing.T) {
				client, server := connect(t, "tcp")
				background(t, func() {
					send(server, c.bytes)
					server.(*net.TCPConn).CloseWrite()
					for kind, _ := readPDU(server); kind != 0; kind, _ = readPDU(server) {
					}
				})
				err := open(t.Context(), client, end, ul.Options{})
				var p *ul.ProtocolError
				if !errors.As(err, &p) || p.Looks != c.looks {
					t.Fatalf("error %v, want one that looks like %s", err, c.looks)
				}
				if !strings.Contains(err.Error(), "not the DICOM upper layer protocol: the first bytes") {
					t.Errorf("error %q", err)
				}
			})
		}
	}
}

// open opens conn as one of the two ends.
func open(ctx context.Context, conn net.Conn, end string, opt ul.Options) error {
	var err error
	if end == "requestor" {
		_, err = ul.Request(ctx, conn, proposal(), opt)
	} else {
		_, err = ul.Accept(ctx, conn, opt, acceptAll)
	}
	return err
}

// TestFirstPDUsThatAreRefused checks the limits before an association exists.
func TestFirstPDUsThatAreRefused(t *testing.T) {
	const giant = 1<<32 - 1
	for _, c := range []struct {
		name, end string
		bytes     []byte
		want      string
	}{
		{"A-ASSOCIATE-AC of 4 GiB", "requestor", pdu(2, giant, nil), "PDU type 02, byte 2: length 4294967295 is over the limit of 131072 bytes"},
		{"A-ASSOCIATE-RQ of 4 GiB", "acceptor", pdu(1, giant, nil), "PDU type 01, byte 2: length 4294967295 is over the limit of 131072 bytes"},
		{"A-ASSOCIATE-RQ of FFFFFFF0", "acceptor", pdu(1, 0xFFFFFFF0, nil), "length 4294967280 is over the limit"},
		{"one byte over the limit", "acceptor", pdu(1, ul.MaxAssociatePDU+1, nil), "length 131073 is over the limit of 131072 bytes"},
		{"A-ASSOCIATE-RJ of 4 GiB", "requestor", pdu(3, giant, nil), "PDU type 03, byte 2"},
		{"A-ASSOCIATE-RJ of 3 bytes", "requestor", pdu(3, 3, []byte{0, 1, 1}), "PDU type 03, byte 3: shorter than 4 bytes"},
		{"A-ABORT of 4 GiB", "requestor", pdu(7, giant, nil), "PDU type 07, byte 2"},
		{"empty A-ASSOCIATE-AC", "requestor", pdu(2, 0, nil), "PDU type 02, byte 0: shorter than its fixed fields"},
		{"A-ASSOCIATE-RQ as the answer", "requestor", pdu(1, 0, nil), "PDU type 01: not an answer to A-ASSOCIATE-RQ"},
		{"P-DATA-TF as the answer", "requestor", pdu(4, 0, nil), "PDU type 04: not an answer to A-ASSOCIATE-RQ"},
		{"A-RELEASE-RQ as the answer", "requestor", ul.AppendReleaseRQ(nil), "PDU type 05: not an answer"},
		{"A-ASSOCIATE-AC as the request", "acceptor", pdu(2, 0, nil), "PDU type 02: A-ASSOCIATE-RQ expected"},
		{"A-RELEASE-RP as the request", "acceptor", ul.AppendReleaseRP(nil), "PDU type 06: A-ASSOCIATE-RQ expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := connect(t, "tcp")
			aborted := make(chan byte, 1)
			background(t, func() {
				if c.end == "requestor" {
					readPDU(server)
				}
				send(server, c.bytes)
				kind, _ := readPDU(server)
				aborted <- kind
			})
			var err error
			within(t, 2*time.Second, "refusing", func() { err = open(t.Context(), client, c.end, ul.Options{}) })
			var p *ul.ProtocolError
			if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if kind := <-aborted; kind != ul.TypeAbort {
				t.Errorf("answered with PDU type %02X, want A-ABORT", kind)
			}
		})
	}
}

// TestPDataThatIsRefused checks the limits on an established association.
func TestPDataThatIsRefused(t *testing.T) {
	body := func(n uint32, rest ...byte) []byte {
		return pdu(ul.TypePData, uint32(4+len(rest)), append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, rest...))
	}
	good := pdvs(ul.PDV{ContextID: 1, Control: 2, Data: []byte("ab")})
	two := pdvs(ul.PDV{ContextID: 1, Control: 0, Data: []byte("abcd")}, ul.PDV{ContextID: 1, Control: 2, Data: []byte("ef")})
	two[6+10+3] = 99 // the second fragment claims 99 bytes
	for _, c := range []struct {
		name, want string
		reason     ul.AbortReason
		bytes      []byte
	}{
		{"PDU of FFFFFFF0", "PDU type 04, byte 2: length 4294967280 is over the limit of 16378 bytes", ul.AbortInvalidParam, pdu(4, 0xFFFFFFF0, nil)},
		{"PDU one byte over the buffer", "length 16379 is over the limit of 16378 bytes", ul.AbortInvalidParam, pdu(4, 16379, nil)},
		{"no PDV", "PDU type 04, byte 0: no PDV in it", ul.AbortInvalidParam, pdu(4, 0, nil)},
		{"PDV of 0", "PDU type 04, byte 0: PDV length below 2", ul.AbortInvalidParam, body(0, 1, 2)},
		{"PDV of 1", "PDU type 04, byte 0: PDV length below 2", ul.AbortInvalidParam, body(1, 1, 2)},
		{"PDV of 1 and no more", "PDU type 04, byte 0: PDV header cut short", ul.AbortInvalidParam, body(1, 1)},
		{"PDV longer than the PDU", "PDU type 04, byte 0: PDV is longer than its PDU", ul.AbortInvalidParam, body(5, 1, 2, 'a', 'b')},
		{"PDV of FFFFFFFF", "PDU type 04, byte 0: PDV is longer than its PDU", ul.AbortInvalidParam, body(1<<32-1, 1, 2, 'a')},
		{"second PDV longer", "PDU type 04, byte 10: PDV is longer than its PDU", ul.AbortInvalidParam, two},
		{"type 0", "PDU type 00: PDU type not known", ul.AbortUnrecognizedPDU, pdu(0, 4, nil)},
		{"type 8", "PDU type 08: PDU type not known", ul.AbortUnrecognizedPDU, pdu(8, 4, nil)},
		{"HTTP in the middle", "PDU type 48: PDU type not known", ul.AbortUnrecognizedPDU, []byte("HTTP/1.1 200 OK\r\n")},
		{"A-ASSOCIATE-RQ again", "PDU type 01: not expected now", ul.AbortUnexpectedPDU, ul.AppendAssociateRQ(nil, fullRQ())},
		{"A-ASSOCIATE-AC again", "PDU type 02: not expected now", ul.AbortUnexpectedPDU, ul.AppendAssociateAC(nil, fullAC())},
		{"A-ASSOCIATE-RJ", "PDU type 03: not expected now", ul.AbortUnexpectedPDU, ul.AppendAssociateRJ(nil, ul.AssociateRJ{})},
		{"A-RELEASE-RP", "PDU type 06: not expected now", ul.AbortUnexpectedPDU, ul.AppendReleaseRP(nil)},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer := make(chan []byte, 1)
			a := withPeer(t, ul.Options{ReadBuffer: 16 << 10}, ul.AssociateAC{}, func(conn net.Conn) {
				send(conn, append(bytes.Clone(good), c.bytes...))
				kind, body := readPDU(conn)
				answer <- append([]byte{kind}, body...)
			})
			if p, err := a.ReadPDV(); err != nil || string(p.Data) != "ab" {
				t.Fatalf("the good fragment before: %q, %v", p.Data, err)
			}
			var err error
			within(t, 2*time.Second, "refusing", func() {
				for err == nil {
					_, err = a.ReadPDV()
				}
			})
			var p *ul.ProtocolError
			if !errors.As(err, &p) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if got, want := <-answer, []byte{ul.TypeAbort, 0, 0, 2, byte(c.reason)}; !bytes.Equal(got, want) {
				t.Errorf("answered with % X, want A-ABORT % X", got, want)
			}
			if err := a.AppendPData(1, true, nil); !errors.Is(err, ul.ErrState) {
				t.Errorf("sending afterwards: error %v", err)
			}
		})
	}
}

// TestMemoryIsBounded opens associations with peers that claim giant lengths,
// and looks at what was allocated.
func TestMemoryIsBounded(t *testing.T) {
	const n, each = 50, 64 << 10
	buffer := make([]byte, ul.DefaultReadBuffer)
	attack := func(end string, bytes []byte) {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			if end == "requestor" {
				readPDU(server)
			}
			send(server, bytes)
			readPDU(server)
			server.Close()
		}()
		if err := open(t.Context(), client, end, ul.Options{Buffer: buffer}); err == nil {
			t.Error("no error")
		}
		<-done
	}
	for _, first := range []struct {
		end   string
		bytes []byte
	}{
		{"requestor", pdu(2, 1<<32-1, make([]byte, 32))}, {"acceptor", pdu(1, 0xFFFFFFF0, make([]byte, 32))},
		{"requestor", pdu(4, 1<<31, make([]byte, 32))}, {"requestor", []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 4294967295\r\n")},
	} {
		attack(first.end, first.bytes)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			attack(first.end, first.bytes)
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / n; got > each {
			t.Errorf("%s, first bytes % X: %d bytes allocated each time, over %d", first.end, first.bytes[:6], got, each)
		}
	}
}

// TestTheLongestAssociateIsBounded reads requests of the longest length there
// is, filled with what costs most.
func TestTheLongestAssociateIsBounded(t *testing.T) {
	fixed := ul.AppendAssociateRQ(nil, &ul.AssociateRQ{})[6 : 6+68]
	for name, item := range map[string][]byte{
		"transfer syntaxes": {0x20, 0, 0, 8, 1, 0, 0, 0, 0x40, 0, 0, 0},
		"application":       {0x10, 0, 0, 0},
		"user information":  append([]byte{0x50, 0, 0, 10}, 0x54, 0, 0, 6, 0, 2, '1', '2', 1, 1),
	} {
		body := append([]byte{}, fixed...)
		for len(body)+len(item) <= ul.MaxAssociatePDU {
			body = append(body, item...)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ul.ParseAssociateRQ(body)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%s: %d bytes allocated for a request of %d (%v)", name, got, len(body), err)
		}
	}
	// One item full of roles, and one context full of transfer syntaxes.
	full := func(kind byte, head []byte, sub string) []byte {
		value := append([]byte{}, head...)
		for len(value)+len(sub) < 1<<16 {
			value = append(value, sub...)
		}
		return append([]byte{kind, 0, byte(len(value) >> 8), byte(len(value))}, value...)
	}
	roles, err := ul.ParseAssociateRQ(append(bytes.Clone(fixed), full(0x50, nil, "\x54\x00\x00\x06\x00\x0212\x01\x01")...))
	if err != nil || len(roles.User.Roles) != ul.MaxContexts {
		t.Errorf("%d roles kept, %v; want %d", len(roles.User.Roles), err, ul.MaxContexts)
	}
	syntaxes, err := ul.ParseAssociateRQ(append(bytes.Clone(fixed), full(0x20, []byte{1, 0, 0, 0}, "\x40\x00\x00\x011")...))
	if err != nil || len(syntaxes.Contexts[0].TransferSyntaxes) != 64 {
		t.Errorf("%d transfer syntaxes kept, %v; want 64", len(syntaxes.Contexts[0].TransferSyntaxes), err)
	}
}

// TestErrorsHoldNothingOfThePeer sends a canary in every place an error could
// take it from.
func TestErrorsHoldNothingOfThePeer(t *testing.T) {
	const canary = "CANARY^PATIENT"
	for i, bytes := range [][]byte{
		[]byte(canary), pdu(4, uint32(len(canary)), []byte(canary)), pdu(9, 3, []byte(canary)),
		pdu(2, 100, []byte(strings.Repeat(canary, 8))), pdu(7, uint32(len(canary)), []byte(canary)),
	} {
		client, server := connect(t, "tcp")
		background(t, func() { readPDU(server); send(server, bytes); server.Close() })
		_, err := ul.Request(t.Context(), client, proposal(), ul.Options{})
		if err == nil || strings.Contains(fmt.Sprintf("%+v %#v", err, err), "CANARY") {
			t.Errorf("case %d: error %#v", i, err)
		}
	}
}
