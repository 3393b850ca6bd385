package ul_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"reflect"
	"runtime"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// seeds adds whole PDU bodies, cut ones, and ones with a byte changed.
func seeds(f *testing.F, bodies ...[]byte) {
	for _, b := range bodies {
		f.Add(b)
		f.Add(b[:len(b)/2])
		f.Add(b[:len(b)-1])
		for _, at := range []int{70, 71, 75, len(b) / 2, len(b) - 3} {
			if at < len(b) {
				changed := bytes.Clone(b)
				changed[at] ^= 0xFF
				f.Add(changed)
			}
		}
	}
	f.Add([]byte{})
	f.Add(make([]byte, 68))
	f.Add(bytes.Repeat([]byte{0x50, 0, 0, 4}, 40))
}

// FuzzAssociateRQ: whatever is read can be written, and is then read the same.
func FuzzAssociateRQ(f *testing.F) {
	plain := proposal()
	seeds(f, ul.AppendAssociateRQ(nil, fullRQ())[bodyAt:], ul.AppendAssociateRQ(nil, &plain)[bodyAt:])
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := ul.ParseAssociateRQ(body)
		if err != nil {
			protocolError(t, err, len(body))
			return
		}
		written := ul.AppendAssociateRQ(nil, first)
		second, err := ul.ParseAssociateRQ(written[bodyAt:])
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if again := ul.AppendAssociateRQ(nil, second); !bytes.Equal(again, written) {
			t.Fatalf("written\n% X, then\n% X", written, again)
		}
		if len(second.Contexts) != len(first.Contexts) || !reflect.DeepEqual(second.User.Roles, first.User.Roles) ||
			second.CalledAETitle != first.CalledAETitle {
			t.Fatalf("read\n%+v, then\n%+v", first, second)
		}
	})
}

// FuzzAssociateAC is the same for acceptances.
func FuzzAssociateAC(f *testing.F) {
	seeds(f, ul.AppendAssociateAC(nil, fullAC())[bodyAt:])
	for _, odd := range oddAcceptances() {
		f.Add(odd.body)
	}
	f.Add(ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: []ul.ContextResult{{ID: 1, TransferSyntax: "1.2", Further: []string{"3.4"}}}})[bodyAt:])
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := ul.ParseAssociateAC(body)
		if err != nil {
			protocolError(t, err, len(body))
			return
		}
		written := ul.AppendAssociateAC(nil, first)
		second, err := ul.ParseAssociateAC(written[bodyAt:])
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if again := ul.AppendAssociateAC(nil, second); !bytes.Equal(again, written) {
			t.Fatalf("written\n% X, then\n% X", written, again)
		}
		if !reflect.DeepEqual(second.Contexts, first.Contexts) {
			t.Fatalf("read\n%+v, then\n%+v", first, second)
		}
	})
}

// protocolError wants an error that says what is wrong at a place that exists.
func protocolError(t *testing.T, err error, length int) {
	t.Helper()
	var p *ul.ProtocolError
	if !errors.As(err, &p) || p.What == "" || p.Offset < 0 || p.Offset > length {
		t.Fatalf("error %#v for a body of %d bytes", err, length)
	}
}

// stream is a peer that says the bytes given, whatever it hears, and closes.
type stream struct {
	net.Conn
	bytes []byte
}

func (s *stream) Read(b []byte) (int, error) {
	if len(s.bytes) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.bytes)
	s.bytes = s.bytes[n:]
	return n, nil
}

func (*stream) Write(b []byte) (int, error)      { return len(b), nil }
func (*stream) Close() error                     { return nil }
func (*stream) SetDeadline(time.Time) error      { return nil }
func (*stream) SetReadDeadline(time.Time) error  { return nil }
func (*stream) SetWriteDeadline(time.Time) error { return nil }

// FuzzStream gives arbitrary bytes to both ends of an association, which read
// fragments until the end and release. Memory stays bounded, whatever lengths
// are claimed.
func FuzzStream(f *testing.F) {
	rq := proposal()
	ac, _ := acceptAll(&rq)
	open := [2][]byte{ul.AppendAssociateAC(nil, ac), ul.AppendAssociateRQ(nil, &rq)}
	for end, b := range open {
		data := pdvs(ul.PDV{ContextID: 1, Control: 1, Data: []byte("a")}, ul.PDV{ContextID: 1, Control: 2})
		for _, rest := range [][]byte{nil, data, ul.AppendReleaseRQ(nil), ul.AppendReleaseRP(nil), ul.AppendAbort(nil, ul.Abort{}),
			append(data, ul.AppendReleaseRQ(nil)...), pdu(4, 0, nil), pdu(4, 0xFFFFFFF0, data), pdu(4, 4, make([]byte, 4))} {
			f.Add(end == 0, append(bytes.Clone(b), rest...))
		}
	}
	f.Add(true, []byte("HTTP/1.1 400"))
	buffer := make([]byte, 16<<10)
	f.Fuzz(func(t *testing.T, requestor bool, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		conn := &stream{bytes: b}
		opt := ul.Options{Buffer: buffer, ReadBuffer: len(buffer)}
		var a *ul.Association
		var err error
		if requestor {
			a, err = ul.Request(t.Context(), conn, ul.AssociateRQ{Contexts: ul.Propose(dicom.Verification)}, opt)
		} else {
			a, err = ul.Accept(t.Context(), conn, opt, acceptFirst)
		}
		read := 0
		for err == nil {
			var p ul.PDV
			p, err = a.ReadPDV()
			read += len(p.Data)
		}
		if a != nil {
			_ = a.Release(t.Context()) // may well fail
			a.Close()
		}
		runtime.ReadMemStats(&after)
		if read > len(b) {
			t.Fatalf("%d bytes of fragments in a stream of %d", read, len(b))
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(256<<10+32*len(b)) {
			t.Fatalf("%d bytes allocated for a stream of %d", got, len(b))
		}
	})
}

// acceptFirst is acceptAll for requests that may offer nothing.
func acceptFirst(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
	ac := &ul.AssociateAC{}
	for _, c := range rq.Contexts {
		ac.Contexts = append(ac.Contexts, ul.ContextResult{ID: c.ID, TransferSyntax: dicom.ImplicitVRLittleEndian})
	}
	return ac, nil
}
