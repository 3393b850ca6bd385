package dimse_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

func TestEcho(t *testing.T) {
	for _, status := range []dimse.Status{dimse.Success, dimse.SOPClassNotSupported, 0x0210} {
		p := &dimse.Provider{Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(status) }}
		c := dimse.NewClient(request(t, serve(t, p, ul.Options{}, acceptAll), dicom.Verification))
		for range 3 {
			if got, err := c.Echo(t.Context()); got != status || err != nil {
				t.Errorf("status %s, %v, want %s", got, err, status)
			}
		}
	}
}

func TestEchoWithADataSetIsReadPast(t *testing.T) {
	a := withPeer(t, ul.Options{}, func(p scripted) {
		for i := uint16(1); i <= 2; i++ {
			p.read()
			p.send(response{command: dimse.CEchoRSP, message: i, context: 1, data: study(1)}.pdu())
		}
	}, dicom.Verification)
	c := dimse.NewClient(a)
	for range 2 {
		if status, err := c.Echo(t.Context()); status != dimse.Success || err != nil {
			t.Errorf("status %s, %v", status, err)
		}
	}
}

func TestWithoutAContextNothingIsSent(t *testing.T) {
	a := withPeer(t, ul.Options{}, func(p scripted) {
		if kind, _ := p.read(); kind != ul.TypeReleaseRQ {
			t.Errorf("PDU type %02X was sent", kind)
		}
		p.send(ul.AppendReleaseRP(nil))
	}, dicom.ModalityWorklistFind)
	c := dimse.NewClient(a)
	if _, err := c.Echo(t.Context()); !errors.Is(err, dimse.ErrNoContext) {
		t.Errorf("error %v", err)
	}
	if _, _, err := find(t, c, dicom.StudyInstanceUID); !errors.Is(err, dimse.ErrNoContext) {
		t.Errorf("error %v", err)
	}
	if err := a.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFindStreams: each match is handed over before the next one is sent.
func TestFindStreams(t *testing.T) {
	const n = 20
	next := make(chan int)
	a := withPeer(t, ul.Options{}, func(p scripted) {
		p.query()
		for i := range n {
			p.send(pending(study(i)))
			if got := <-next; got != i+1 {
				t.Errorf("after response %d, %d had been handed over", i, got)
			}
		}
		p.send(final(dimse.Success))
	}, dicom.StudyRootFind)
	seen := 0
	r, err := dimse.NewClient(a).Find(t.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
		if !bytes.Equal(m.Data, study(seen)) || m.Warning {
			t.Errorf("match %d is another one", seen)
		}
		seen++
		next <- seen
		return true
	})
	if err != nil || seen != n || r.Pending != n || r.Final != dimse.Success || r.CancelSent || r.AfterCancel != 0 {
		t.Errorf("%d matches, %+v, %v", seen, r, err)
	}
	if r.FirstByte <= 0 || r.FirstByte > r.Duration {
		t.Errorf("first byte after %v of %v", r.FirstByte, r.Duration)
	}
}

func TestFindSendsTheKeysInOrder(t *testing.T) {
	for _, s := range []dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle} {
		var tags []dicom.Tag
		p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			tags = nil
			it := r.Elements()
			for it.Next() {
				tags = append(tags, it.Tag())
			}
			if it.Err() != nil || r.Syntax != s || r.SOPClass != dicom.StudyRootFind {
				t.Errorf("request %+v, %v", r.Command, it.Err())
			}
			_ = out.Pending(studyIdentifier(s, 7))
			return dimse.Answer(dimse.Success)
		}}
		addr := serve(t, p, ul.Options{}, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
			ac, _ := acceptAll(rq)
			if s == dicom.ExplicitLittle {
				ac.Contexts[0].TransferSyntax = dicom.ExplicitVRLittleEndian
			}
			return ac, nil
		})
		c := dimse.NewClient(request(t, addr, dicom.StudyRootFind))
		values, _, err := find(t, c, dicom.StudyInstanceUID)
		if err != nil || len(values) != 1 || values[0] != "2.25.17000000000000000000100007" {
			t.Errorf("matches %v, %v", values, err)
		}
		if len(tags) != len(studyKeys) || !slices.IsSorted(tags) {
			t.Errorf("keys were sent as %v", tags)
		}
	}
}

func TestFindStatuses(t *testing.T) {
	for _, status := range []dimse.Status{0x0000, 0x0001, 0x0107, 0x0116, 0x0122, 0x0124, 0xA700, 0xA701, 0xA900, 0xB000, 0xC000, 0xC001, 0xCFFF, 0xFE00, 0xFF02, 0x1234} {
		for n := range 3 {
			a := withPeer(t, ul.Options{}, func(p scripted) {
				p.query()
				for i := range n {
					p.send(pending(study(i)))
				}
				p.send(final(status))
			}, dicom.StudyRootFind)
			values, r, err := find(t, dimse.NewClient(a), dicom.QueryRetrieveLevel)
			if err != nil || r.Final != status || len(values) != n || r.CancelSent {
				t.Errorf("status %s after %d responses: %+v, %v", status, n, r, err)
			}
		}
	}
}

func TestStatusClasses(t *testing.T) {
	for status, want := range map[dimse.Status]dimse.Class{
		0x0000: dimse.ClassSuccess, 0xFF00: dimse.ClassPending, 0xFF01: dimse.ClassPending, 0xFE00: dimse.ClassCancel,
		0x0001: dimse.ClassWarning, 0x0107: dimse.ClassWarning, 0x0116: dimse.ClassWarning, 0xB000: dimse.ClassWarning, 0xBFFF: dimse.ClassWarning,
		0x0122: dimse.ClassFailure, 0xA700: dimse.ClassFailure, 0xA801: dimse.ClassFailure, 0xC000: dimse.ClassFailure, 0xFF02: dimse.ClassFailure,
	} {
		if status.Class() != want {
			t.Errorf("%s has class %d, want %d", status, status.Class(), want)
		}
	}
	if s := dimse.Status(0xA7).String(); s != "00A7" {
		t.Errorf("status printed as %q", s)
	}
}

func TestPendingWarning(t *testing.T) {
	p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		for i := range 6 {
			send := out.Pending
			if i%2 == 1 {
				send = out.PendingWarning
			}
			if err := send(study(i)); err != nil {
				t.Error(err)
			}
		}
		return dimse.Answer(dimse.Success)
	}}
	c := dimse.NewClient(request(t, serve(t, p, ul.Options{}, acceptAll), dicom.StudyRootFind))
	i := 0
	r, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
		if m.Warning != (i%2 == 1) || !bytes.Equal(m.Data, study(i)) {
			t.Errorf("match %d: warning %v", i, m.Warning)
		}
		i++
		return true
	})
	if err != nil || r.Pending != 6 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestFinalWithAnIdentifier: it should not have one; it is not counted, and
// the association can be used again.
func TestFinalWithAnIdentifier(t *testing.T) {
	a := withPeer(t, ul.Options{}, func(p scripted) {
		for i := uint16(1); i <= 2; i++ {
			p.query()
			p.send(response{dimse.CFindRSP, i, 1, dimse.Pending, study(1), nil}.pdu(), response{dimse.CFindRSP, i, 1, dimse.Success, study(2), nil}.pdu())
		}
	}, dicom.StudyRootFind)
	c := dimse.NewClient(a)
	for range 2 {
		if values, r, err := find(t, c, dicom.StudyInstanceUID); err != nil || len(values) != 1 || r.Final != dimse.Success {
			t.Errorf("%d matches, %+v, %v", len(values), r, err)
		}
	}
}

// TestDataElementsInACommandSetArePassedOver: Orthanc puts the list of failed
// instances there.
func TestDataElementsInACommandSetArePassedOver(t *testing.T) {
	const s = dicom.ImplicitLittle
	set := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.UnableToProcess}.set()
	set = dicom.AppendString(set, s, dicom.FailedSOPInstanceUIDList, dicom.UI, "12")
	set = dicom.AppendUint16(set, s, 0x00090900, 0) // no status, though it looks like one
	a := withPeer(t, ul.Options{}, func(p scripted) {
		p.query()
		p.send(ul.AppendPDataHeader(nil, 1, ul.ControlCommand|ul.ControlLast, len(set)), set)
	}, dicom.StudyRootFind)
	if _, r, err := find(t, dimse.NewClient(a), dicom.StudyInstanceUID); err != nil || r.Final != dimse.UnableToProcess {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestMatchWithoutAnIdentifier: pending responses without a data set are
// matches, also where others with one come between them.
func TestMatchWithoutAnIdentifier(t *testing.T) {
	bare := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending}
	a := withPeer(t, ul.Options{}, func(p scripted) {
		p.query()
		p.send(bare.pdu(), bare.pdu(), pending(study(1)), bare.pdu(), final(dimse.Success))
	}, dicom.StudyRootFind)
	n, empty := 0, 0
	r, err := dimse.NewClient(a).Find(t.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
		n++
		if m.Bare && len(m.Data) == 0 {
			empty++
		}
		return true
	})
	if err != nil || r.Pending != 4 || n != 4 || empty != 3 {
		t.Errorf("%+v, %v: %d matches, %d without an identifier", r, err, n, empty)
	}
}

// TestResponsesThatAreRefused plays peers that answer wrongly.
func TestResponsesThatAreRefused(t *testing.T) {
	find := func(change func(*response)) []byte {
		r := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending, data: study(1)}
		change(&r)
		return r.pdu()
	}
	pdv := func(context, control byte, data []byte) []byte {
		return append(ul.AppendPDataHeader(nil, context, control, len(data)), data...)
	}
	command := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending, data: study(1)}.set()
	const whole, last, first = ul.ControlCommand | ul.ControlLast, ul.ControlLast, ul.ControlCommand
	var over []byte
	for range 17 {
		over = append(over, pdv(1, 0, make([]byte, 64<<10))...)
	}
	for _, c := range []struct {
		name, want string
		bytes      [][]byte
	}{
		{"other context", "on context 3, where", [][]byte{find(func(r *response) { r.context = 3 })}},
		{"other command", "C-GET-RSP to message 1", [][]byte{find(func(r *response) { r.command = dimse.CGetRSP })}},
		{"unknown command", "command 8123", [][]byte{find(func(r *response) { r.command = 0x8123 })}},
		{"a request", "C-STORE-RQ", [][]byte{find(func(r *response) { r.command = dimse.CStoreRQ })}},
		{"other context in the middle", "on context 5", [][]byte{pending(study(1)), find(func(r *response) { r.context = 5 })}},
		{"data set on another context", "another presentation context than its command", [][]byte{pdv(1, whole, command), pdv(3, last, study(1))}},
		{"data set inside a command set", "fragments of two messages are mixed", [][]byte{pdv(1, first, command[:10]), pdv(1, last, study(1))}},
		{"fragment of another context", "fragments of two messages are mixed", [][]byte{pdv(1, first, command[:10]), pdv(3, whole, command[10:])}},
		{"command set inside a data set", "fragments of two messages are mixed", [][]byte{pdv(1, whole, command), pdv(1, 0, study(1)), pdv(1, whole, command)}},
		{"empty command set", "command set without a command field", [][]byte{pdv(1, whole, nil)}},
		{"command set cut short", "command set without a command field", [][]byte{pdv(1, whole, command[:5])}},
		{"element of 7FFFFFFF bytes", "length is larger than the rest", [][]byte{pdv(1, whole, []byte{0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0x7F})}},
		{"command set of 5 KiB", "command set is too long", [][]byte{pdv(1, whole, dicom.AppendElement(nil, dicom.ImplicitLittle, dicom.ErrorComment, dicom.LO, make([]byte, 5<<10)))}},
		{"command set of 5 KiB in fragments", "message is longer than the limit", [][]byte{pdv(1, first, make([]byte, 3<<10)), pdv(1, first, make([]byte, 3<<10))}},
		{"data set over 1 MiB in fragments", "whole data sets", [][]byte{pdv(1, whole, command), over}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := withPeer(t, ul.Options{}, func(p scripted) { p.query(); p.send(c.bytes...); p.read() }, dicom.StudyRootFind)
			var r dimse.FindResult
			var err error
			within(t, "the query", func() {
				r, err = dimse.NewClient(a).Find(t.Context(), dicom.StudyRootFind, studyKeys, func(dimse.Match) bool { return true })
			})
			if !isProtocolError(err) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "C-FIND: ") {
				t.Errorf("%+v, error %v, want %q", r, err, c.want)
			}
			a.Close()
		})
	}
}

// TestTheEndInTheMiddle: matches so far are kept, the error says what happened.
func TestTheEndInTheMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(scripted)
		wants func(error) bool
	}{
		"closed": {func(p scripted) {}, func(err error) bool { return errors.Is(err, ul.ErrClosed) }},
		"aborted": {func(p scripted) { p.send(ul.AppendAbort(nil, ul.Abort{Source: ul.AbortServiceProvider})) }, func(err error) bool {
			var aborted *ul.AbortedError
			return errors.As(err, &aborted)
		}},
		"released": {func(p scripted) { p.send(ul.AppendReleaseRQ(nil)); p.read() }, func(err error) bool { return errors.Is(err, ul.ErrReleaseRequested) }},
		"silent":   {func(p scripted) { p.read() }, func(err error) bool { return strings.Contains(err.Error(), "no answer in time") }},
		"cut": {func(p scripted) { b := pending(study(1)); p.send(b[:len(b)-3]) }, func(err error) bool {
			return errors.Is(err, ul.ErrClosed)
		}},
	} {
		a := withPeer(t, ul.Options{ReadTimeout: 100 * time.Millisecond}, func(p scripted) {
			p.query()
			p.send(pending(study(1)), pending(study(2)))
			c.end(p)
		}, dicom.StudyRootFind)
		values, r, err := find(t, dimse.NewClient(a), dicom.StudyInstanceUID)
		if err == nil || !c.wants(err) || len(values) != 2 || r.Pending != 2 || r.Duration <= 0 {
			t.Errorf("%s: %d matches, %+v, %v", name, len(values), r, err)
		}
		a.Close()
	}
}

// TestFragments receives the same responses in every fragmentation.
func TestFragments(t *testing.T) {
	const n = 50
	p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		for i := range n {
			if err := out.Pending(study(i)); err != nil {
				t.Error(err)
			}
		}
		return dimse.Answer(dimse.Success)
	}}
	addr := serve(t, p, ul.Options{}, acceptAll)
	for _, longest := range []uint32{1, 8, 16, 100, 150, 1 << 20} {
		rq := ul.AssociateRQ{Contexts: ul.Propose(dicom.StudyRootFind), User: ul.UserInfo{MaxPDULength: longest}}
		values, r, err := find(t, dimse.NewClient(requestWith(t, addr, rq, ul.Options{})), dicom.StudyInstanceUID)
		if err != nil || len(values) != n || r.Final != dimse.Success || values[n-1] != "2.25.17000000000000000000100049" {
			t.Errorf("PDUs of %d: %d matches, %+v, %v", longest, len(values), r, err)
		}
	}
}

// TestEmptyIdentifiers: a data set of no bytes is a data set, in one fragment
// and in many.
func TestEmptyIdentifiers(t *testing.T) {
	empty := ul.AppendPDataHeader(nil, 1, 0, 0)
	whole := pending([]byte{})
	a := withPeer(t, ul.Options{}, func(p scripted) {
		p.query()
		p.send(whole, whole[:len(whole)-12], empty, empty, ul.AppendPDataHeader(nil, 1, ul.ControlLast, 0), final(dimse.Success))
	}, dicom.StudyRootFind)
	if values, _, err := find(t, dimse.NewClient(a), dicom.StudyInstanceUID); err != nil || len(values) != 2 {
		t.Errorf("%d matches, %v", len(values), err)
	}
}
