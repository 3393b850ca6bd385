package dimse_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// stopAfter is a callback that cancels with the n-th match.
func stopAfter(n int) func(dimse.Match) bool {
	return func(dimse.Match) bool { n--; return n > 0 }
}

func TestCancelIsDrained(t *testing.T) {
	const late = 4 // responses under way when the cancel arrives
	for _, status := range []dimse.Status{dimse.Cancelled, dimse.Success, dimse.UnableToProcess} {
		a := withPeer(t, ul.Options{}, func(p scripted) {
			for i := uint16(1); i <= 2; i++ {
				p.query()
				r := response{dimse.CFindRSP, i, 1, dimse.Pending, study(1), nil}.pdu()
				p.send(r, r, r)
				kind, body := p.read() // the C-CANCEL
				if kind != ul.TypePData || len(body) < 6 || body[4] != 1 || body[5] != ul.ControlCommand|ul.ControlLast {
					t.Errorf("the cancel is PDU type %02X", kind)
				}
				checkCancel(t, body[6:], i)
				for range late - 1 {
					p.send(r)
				}
				p.send(response{dimse.CFindRSP, i, 1, status, nil, nil}.pdu())
			}
		}, dicom.StudyRootFind)
		c := dimse.NewClient(a)
		for range 2 { // the association can be used again
			r, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, stopAfter(2))
			if err != nil || !r.CancelSent || r.Final != status || r.Pending != 2+late || r.AfterCancel != late {
				t.Errorf("%+v, %v; want %d pending, %d after the cancel", r, err, 2+late, late)
			}
		}
	}
}

// checkCancel checks a C-CANCEL-RQ against PS3.7 table 9.3-5.
func checkCancel(t *testing.T, set []byte, message uint16) {
	t.Helper()
	want := map[dicom.Tag]uint16{dicom.CommandField: 0x0FFF, dicom.MessageIDBeingRespondedTo: message, dicom.CommandDataSetType: 0x0101}
	n, it := 0, dicom.Iterate(set, dicom.ImplicitLittle)
	for it.Next() {
		v := it.Value()
		if it.Tag() == dicom.CommandGroupLength {
			if int(v[0]) != len(set)-12 {
				t.Errorf("group length %d in a command set of %d bytes", v[0], len(set))
			}
			continue
		}
		n++
		if len(v) != 2 || want[it.Tag()] != uint16(v[0])|uint16(v[1])<<8 {
			t.Errorf("C-CANCEL-RQ has element %s", it.Tag())
		}
	}
	if n != len(want) || it.Err() != nil {
		t.Errorf("C-CANCEL-RQ has %d elements, %v", n, it.Err())
	}
}

// TestCancelIgnored: peers that go on, or say nothing more, are aborted within
// the limits.
func TestCancelIgnored(t *testing.T) {
	forever := func(p scripted) {
		for {
			if _, err := p.Write(pending(study(1))); err != nil {
				return
			}
		}
	}
	for _, c := range []struct {
		name  string
		peer  func(scripted)
		drain dimse.DrainLimits
	}{
		{"by number", forever, dimse.DrainLimits{Time: time.Hour, Responses: 100}},
		{"by time", forever, dimse.DrainLimits{Time: 50 * time.Millisecond, Responses: 1 << 60}},
		{"silent", func(p scripted) {}, dimse.DrainLimits{Time: 50 * time.Millisecond, Responses: 100}},
		{"slow", func(p scripted) {
			for range 100 {
				p.send(pending(study(1)))
				time.Sleep(10 * time.Millisecond)
			}
		}, dimse.DrainLimits{Time: 50 * time.Millisecond, Responses: 100}},
		{"no time at all", forever, dimse.DrainLimits{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			last := make(chan byte, 1)
			a := withPeer(t, ul.Options{}, func(p scripted) {
				p.query()
				p.send(pending(study(1)))
				c.peer(p)
				kind := byte(0xFF)
				for kind != 0 && kind != ul.TypeAbort {
					kind, _ = p.read()
				}
				last <- kind
			}, dicom.StudyRootFind)
			client := dimse.NewClient(a)
			client.Drain = c.drain
			var r dimse.FindResult
			var err error
			within(t, "the query", func() { r, err = client.Find(t.Context(), dicom.StudyRootFind, studyKeys, stopAfter(1)) })
			if !errors.Is(err, dimse.ErrCancelIgnored) || !r.CancelSent || r.AfterCancel != r.Pending-1 {
				t.Errorf("%+v, %v", r, err)
			}
			if c.name == "by number" && r.AfterCancel != 101 {
				t.Errorf("%d responses after the cancel, want 101", r.AfterCancel)
			}
			if kind := <-last; c.name == "silent" && kind != ul.TypeAbort {
				t.Errorf("the association ended with PDU type %02X, want A-ABORT", kind)
			}
			if _, _, err := find(t, client, dicom.StudyInstanceUID); !errors.Is(err, ul.ErrState) {
				t.Errorf("the next query: error %v", err)
			}
		})
	}
}

// TestContextEndsAQuery cancels the context: at once, in every phase, with its
// cause as the error.
func TestContextEndsAQuery(t *testing.T) {
	cause := errors.New("stopped by the test")
	for name, peer := range map[string]func(scripted){
		"before the first response": func(p scripted) { p.query(); p.read() },
		"between responses":         func(p scripted) { p.query(); p.send(pending(study(1))); p.read() },
		"in a response":             func(p scripted) { p.query(); p.send(pending(study(1))[:100]); p.read() },
		"in a stream of responses": func(p scripted) {
			p.query()
			for {
				if _, err := p.Write(pending(study(1))); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := withPeer(t, ul.Options{}, peer, dicom.StudyRootFind)
			ctx, cancel := context.WithCancelCause(t.Context())
			timer := time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
			defer timer.Stop()
			var err error
			within(t, "the query", func() {
				_, err = dimse.NewClient(a).Find(ctx, dicom.StudyRootFind, studyKeys, func(dimse.Match) bool { return true })
			})
			if !errors.Is(err, cause) {
				t.Errorf("error %v", err)
			}
			a.Close()
		})
	}
}

// TestContextEndsADrain: the caller's own context still counts after a
// C-CANCEL, with its own cause.
func TestContextEndsADrain(t *testing.T) {
	cause := errors.New("stopped by the test")
	a := withPeer(t, ul.Options{}, func(p scripted) { p.query(); p.send(pending(study(1))); p.read(); p.read() }, dicom.StudyRootFind)
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	defer timer.Stop()
	var err error
	within(t, "the query", func() { _, err = dimse.NewClient(a).Find(ctx, dicom.StudyRootFind, studyKeys, stopAfter(1)) })
	if !errors.Is(err, cause) || errors.Is(err, dimse.ErrCancelIgnored) {
		t.Errorf("error %v", err)
	}
	a.Close()
}

// TestCancelledContextSendsNothing: what could not be sent is not sent later.
func TestCancelledContextSendsNothing(t *testing.T) {
	a := withPeer(t, ul.Options{}, func(p scripted) {
		if kind, _ := p.read(); kind != ul.TypeReleaseRQ {
			t.Errorf("PDU type %02X was sent", kind)
		}
		p.send(ul.AppendReleaseRP(nil))
	}, dicom.StudyRootFind)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := dimse.NewClient(a)
	if _, err := c.Find(ctx, dicom.StudyRootFind, studyKeys, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := a.Release(t.Context()); err != nil {
		t.Error(err)
	}
}
