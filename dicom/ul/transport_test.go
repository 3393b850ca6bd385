package ul_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"reflect"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// TestBothEndsSeeTheNegotiation compares what both ends know of each other.
func TestBothEndsSeeTheNegotiation(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			requestor, acceptor := associate(t, transport, ul.Options{MaxPDULength: 20000}, ul.Options{MaxPDULength: 30001})
			if !reflect.DeepEqual(requestor.Requested().Contexts, acceptor.Requested().Contexts) {
				t.Errorf("contexts %v, %v", requestor.Requested().Contexts, acceptor.Requested().Contexts)
			}
			if !reflect.DeepEqual(requestor.Accepted().Contexts, acceptor.Accepted().Contexts) {
				t.Errorf("results %v, %v", requestor.Accepted().Contexts, acceptor.Accepted().Contexts)
			}
			if n := acceptor.Requested().User.MaxPDULength; n != 20000 || acceptor.PeerMaxPDULength() != 20000 {
				t.Errorf("the acceptor read maximum length %d, uses %d", n, acceptor.PeerMaxPDULength())
			}
			if n := requestor.Accepted().User.MaxPDULength; n != 30001 || requestor.PeerMaxPDULength() != 30000 {
				t.Errorf("the requestor read maximum length %d, uses %d (even)", n, requestor.PeerMaxPDULength())
			}
			ac := requestor.Accepted()
			if ac.User.ImplementationClassUID != ul.ImplementationClassUID || ac.CalledAETitle != "ARCHIVE" || ac.CallingAETitle != "LEADGLASS" {
				t.Errorf("acceptance %+v", ac)
			}
			if rq := acceptor.Requested(); rq.User.ImplementationVersionName != ul.ImplementationVersionName {
				t.Errorf("request %+v", rq)
			}
			id, ts, ok := requestor.Context(dicom.StudyRootFind)
			if id != 3 || ts != dicom.ImplicitVRLittleEndian || !ok {
				t.Errorf("context %d, %s, %v", id, ts, ok)
			}
			if _, _, ok := requestor.Context(dicom.StudyRootGet); ok {
				t.Error("a context that was never proposed")
			}
		})
	}
}

// TestContextNeedsAnAcceptance: an acceptance with a transfer syntax that was not
// proposed is one all the same.
func TestContextNeedsAnAcceptance(t *testing.T) {
	for name, c := range map[string]struct {
		results []ul.ContextResult
		id      uint8
	}{
		"refused":             {[]ul.ContextResult{{ID: 3, Result: ul.AbstractSyntaxNotSupported}}, 0},
		"big endian":          {[]ul.ContextResult{{ID: 3, TransferSyntax: dicom.ExplicitVRBigEndian}}, 3},
		"without a syntax":    {[]ul.ContextResult{{ID: 3}}, 3},
		"of another context":  {[]ul.ContextResult{{ID: 5, TransferSyntax: dicom.ImplicitVRLittleEndian}}, 0},
		"explicit":            {[]ul.ContextResult{{ID: 3, TransferSyntax: dicom.ExplicitVRLittleEndian}}, 3},
		"in any order":        {[]ul.ContextResult{{ID: 3, TransferSyntax: dicom.ImplicitVRLittleEndian}, {ID: 1}}, 3},
		"refused, then again": {[]ul.ContextResult{{ID: 3, Result: 1}, {ID: 3, TransferSyntax: dicom.ImplicitVRLittleEndian}}, 3},
	} {
		client, server := connect(t, "tcp")
		background(t, func() {
			readPDU(server)
			send(server, ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: c.results}))
			readPDU(server)
		})
		a, err := ul.Request(t.Context(), client, proposal(), ul.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if id, _, ok := a.Context(dicom.StudyRootFind); id != c.id || ok != (c.id != 0) {
			t.Errorf("%s: context %d, %v; want %d", name, id, ok, c.id)
		}
		a.Close()
	}
}

func TestAbortReachesThePeer(t *testing.T) {
	for _, transport := range transports {
		for _, who := range []string{"requestor", "acceptor"} {
			t.Run(transport+" "+who, func(t *testing.T) {
				aborts, sees := associate(t, transport, ul.Options{}, ul.Options{})
				if who == "acceptor" {
					aborts, sees = sees, aborts
				}
				background(t, func() { aborts.Abort(); aborts.Close() })
				_, err := sees.ReadPDV()
				var aborted *ul.AbortedError
				if !errors.As(err, &aborted) || aborted.Abort != (ul.Abort{Source: ul.AbortServiceUser}) {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

// TestAbortWhileReading aborts from another goroutine than the one that waits.
func TestAbortWhileReading(t *testing.T) {
	for _, transport := range transports {
		a, peer := associate(t, transport, ul.Options{}, ul.Options{})
		background(t, func() { _, _ = peer.ReadPDV() })
		background(t, func() { time.Sleep(20 * time.Millisecond); a.Abort() })
		var err error
		within(t, atOnce, "reading", func() { _, err = a.ReadPDV() })
		if !errors.Is(err, ul.ErrState) || errors.Is(err, ul.ErrClosed) {
			t.Errorf("%s: error %v", transport, err)
		}
	}
}

func TestAbortBeforeTheRequest(t *testing.T) {
	client, server := connect(t, "tcp")
	send(client, ul.AppendAbort(nil, ul.Abort{Source: ul.AbortServiceProvider, Reason: ul.AbortUnexpectedPDU}))
	_, err := ul.Accept(t.Context(), server, ul.Options{}, acceptAll)
	var aborted *ul.AbortedError
	if !errors.As(err, &aborted) {
		t.Errorf("error %v", err)
	}
}

func TestClosedConnectionIsErrClosed(t *testing.T) {
	for _, transport := range transports {
		t.Run("established "+transport, func(t *testing.T) {
			a, peer := associate(t, transport, ul.Options{}, ul.Options{})
			background(t, peer.Drop)
			if _, err := a.ReadPDV(); !errors.Is(err, ul.ErrClosed) {
				t.Errorf("error %v", err)
			}
			if a.State() != "Sta1" {
				t.Errorf("state %s", a.State())
			}
		})
	}
	t.Run("without a closing alert", func(t *testing.T) { // TLS cut off
		client, server := connect(t, "tls")
		background(t, func() {
			a, err := ul.Accept(context.Background(), server, ul.Options{}, acceptAll)
			if err != nil {
				t.Error(err)
				return
			}
			_ = server.(interface{ NetConn() net.Conn }).NetConn().Close()
			a.Drop()
		})
		a, err := ul.Request(t.Context(), client, proposal(), ul.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.ReadPDV(); !errors.Is(err, ul.ErrClosed) {
			t.Errorf("error %v", err)
		}
	})
	for _, end := range []string{"requestor", "acceptor"} {
		for _, said := range [][]byte{nil, {2}, {1, 0, 0}, pdu(2, 100, nil), pdu(1, 100, []byte("abc"))} {
			client, server := connect(t, "tcp")
			background(t, func() {
				send(server, said)
				server.(*net.TCPConn).CloseWrite()
				readPDU(server)
			})
			if err := open(t.Context(), client, end, ul.Options{}); !errors.Is(err, ul.ErrClosed) {
				t.Errorf("%s, peer closed after % X: error %v", end, said, err)
			}
		}
	}
}

// TestFragmentationForThePeer sends to peers of every maximum length and
// checks each PDU they get.
func TestFragmentationForThePeer(t *testing.T) {
	command, dataSet := bytes.Repeat([]byte("C"), 150), bytes.Repeat([]byte("D"), 70000)
	for _, c := range []struct {
		maximum uint32
		longest int // body of the longest PDU
	}{{0, 70006}, {1, 8}, {7, 8}, {8, 8}, {9, 8}, {16, 16}, {17, 16}, {100, 100}, {16383, 16382}, {16384, 16384}, {1 << 31, 70006}} {
		got := make(chan [3]int, 1)
		a := withPeer(t, ul.Options{}, ul.AssociateAC{User: ul.UserInfo{MaxPDULength: c.maximum}}, func(conn net.Conn) {
			longest, nCommand, nData := 0, 0, 0
			for last := false; !last; {
				kind, body := readPDU(conn)
				if kind != ul.TypePData || len(body) < 8 {
					t.Errorf("maximum %d: PDU type %d of %d bytes", c.maximum, kind, len(body))
					break
				}
				if n := int(binary.BigEndian.Uint32(body)); n != len(body)-4 || n&1 != 0 {
					t.Errorf("maximum %d: PDV of %d bytes in a PDU of %d", c.maximum, n, len(body))
				}
				longest = max(longest, len(body))
				isCommand := body[5]&ul.ControlCommand != 0
				if isCommand {
					nCommand += bytes.Count(body[6:], []byte("C"))
				} else {
					nData += bytes.Count(body[6:], []byte("D"))
					last = body[5]&ul.ControlLast != 0
				}
			}
			got <- [3]int{longest, nCommand, nData}
		})
		if err := errors.Join(a.AppendPData(3, true, command), a.AppendPData(3, false, dataSet), a.Flush()); err != nil {
			t.Fatal(err)
		}
		if want := [3]int{c.longest, len(command), len(dataSet)}; <-got != want {
			t.Errorf("maximum %d: longest PDU, command and data differ from %v", c.maximum, want)
		}
		a.Close()
	}
}

// TestFragmentsOfThePeer receives one message in every fragmentation there is.
func TestFragmentsOfThePeer(t *testing.T) {
	command, dataSet := bytes.Repeat([]byte("C"), 150), bytes.Repeat([]byte("D"), 5000)
	split := func(data []byte, control byte, n int) (list []ul.PDV) {
		for len(data) > n {
			list = append(list, ul.PDV{ContextID: 3, Control: control, Data: data[:n]})
			data = data[n:]
		}
		return append(list, ul.PDV{ContextID: 3, Control: control | ul.ControlLast, Data: data})
	}
	each := func(list []ul.PDV) (b []byte) {
		for _, p := range list {
			b = append(b, pdvs(p)...)
		}
		return b
	}
	both := func(n int) []ul.PDV { return append(split(command, ul.ControlCommand, n), split(dataSet, 0, n)...) }
	empty := ul.PDV{ContextID: 3, Control: ul.ControlCommand}
	for _, c := range []struct {
		name      string
		bytes     []byte
		fragments [2]int
	}{
		{"whole", each(both(1 << 20)), [2]int{1, 1}},
		{"fragments of one byte, a PDU each", each(both(1)), [2]int{150, 5000}},
		{"fragments of one byte in one PDU", pdvs(both(1)...), [2]int{150, 5000}},
		{"command and data in one PDU", pdvs(both(1 << 20)...), [2]int{1, 1}},
		{"a PDU that mixes both", append(each(both(100)[:1]), pdvs(both(100)[1:]...)...), [2]int{2, 50}},
		{"empty fragments", append(pdvs(empty, empty), pdvs(both(1<<20)...)...), [2]int{3, 1}},
		{"longer than was negotiated", pdvs(both(1 << 20)...), [2]int{1, 1}},
	} {
		for _, pieces := range []int{1, 7, 1 << 20} { // how the bytes arrive
			if pieces == 1 && len(c.bytes) > 10000 {
				continue
			}
			a := withPeer(t, ul.Options{MaxPDULength: 4096}, ul.AssociateAC{}, func(conn net.Conn) {
				for b := c.bytes; len(b) > 0; {
					n := min(pieces, len(b))
					send(conn, b[:n])
					b = b[n:]
				}
			})
			got, isCommand, n := readMessage(t, a)
			if !bytes.Equal(got, command) || !isCommand || n != c.fragments[0] {
				t.Errorf("%s, in pieces of %d: command of %d bytes in %d fragments", c.name, pieces, len(got), n)
			}
			got, isCommand, n = readMessage(t, a)
			if !bytes.Equal(got, dataSet) || isCommand || n != c.fragments[1] {
				t.Errorf("%s, in pieces of %d: data of %d bytes in %d fragments", c.name, pieces, len(got), n)
			}
			a.Close()
		}
	}
}

// TestBufferWraps receives far more than the buffer holds, in PDUs that never
// fit its end.
func TestBufferWraps(t *testing.T) {
	const n = 2000
	a := withPeer(t, ul.Options{ReadBuffer: 8 << 10}, ul.AssociateAC{}, func(conn net.Conn) {
		for i := range n {
			send(conn, pdvs(ul.PDV{ContextID: 1, Control: 2, Data: bytes.Repeat([]byte{byte(i)}, 1+i*37%8000)}))
		}
	})
	for i := range n {
		p, err := a.ReadPDV()
		if err != nil {
			t.Fatalf("PDU %d: %v", i, err)
		}
		if len(p.Data) != 1+i*37%8000 || bytes.Count(p.Data, []byte{byte(i)}) != len(p.Data) {
			t.Fatalf("PDU %d: %d bytes, not those sent", i, len(p.Data))
		}
	}
}

func TestConsumeTakesOnlyWhatWaits(t *testing.T) {
	first, other := pdvs(ul.PDV{ContextID: 1, Control: 3, Data: []byte("same")}), pdvs(ul.PDV{ContextID: 1, Control: 2, Data: []byte("data")})
	two := pdvs(ul.PDV{ContextID: 1, Control: 0, Data: []byte("x")}, ul.PDV{ContextID: 1, Control: 2, Data: []byte("y")})
	a := withPeer(t, ul.Options{}, ul.AssociateAC{}, func(conn net.Conn) {
		send(conn, bytes.Join([][]byte{first, first, other, two, first}, nil))
	})
	if data, _, _ := readMessage(t, a); string(data) != "same" {
		t.Fatalf("read %q", data)
	}
	if !a.Consume(first) {
		t.Error("the repeated PDU is not consumed")
	}
	if a.Consume(first) || a.Consume(append(bytes.Clone(other), other...)) {
		t.Error("consumed something else")
	}
	if data, _, _ := readMessage(t, a); string(data) != "data" {
		t.Errorf("read %q", data)
	}
	if p, err := a.ReadPDV(); err != nil || string(p.Data) != "x" || a.Consume(first) {
		t.Errorf("read %q, %v, and consumed in the middle of a PDU", p.Data, err)
	}
	if p, err := a.ReadPDV(); err != nil || string(p.Data) != "y" || !a.Consume(first) {
		t.Errorf("read %q, %v, or the last PDU was not consumed", p.Data, err)
	}
}

func TestWipeLeavesNothing(t *testing.T) {
	const canary = "CANARY^WIPE"
	buffer := make([]byte, ul.DefaultReadBuffer)
	a := withPeer(t, ul.Options{Buffer: buffer}, ul.AssociateAC{}, func(conn net.Conn) {
		send(conn, pdvs(ul.PDV{ContextID: 1, Control: 2, Data: []byte(canary)}))
	})
	if data, _, _ := readMessage(t, a); string(data) != canary {
		t.Fatalf("read %q", data)
	}
	if !bytes.Contains(buffer, []byte(canary)) {
		t.Fatal("the buffer given is not the one used")
	}
	a.Wipe()
	if bytes.Contains(buffer, []byte("CANARY")) {
		t.Error("a value is left in the buffer")
	}
}
