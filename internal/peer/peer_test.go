package peer_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/gate"
	"leadglass/internal/peer"
)

// canary are bytes of a peer, as errors of net/http and crypto/tls hold them.
const canary = "DOE^JANE"

// ends are errors as the packages make them, and the end that each is.
func ends() map[string]struct {
	err  error
	kind peer.Kind
	text string
} {
	type end = struct {
		err  error
		kind peer.Kind
		text string
	}
	op := func(op string, err error) error { return &net.OpError{Op: op, Net: "tcp", Err: err} }
	return map[string]end{
		"rejected": {fmt.Errorf("requesting: %w", &ul.RejectedError{RJ: ul.AssociateRJ{Result: 1, Source: 1, Reason: 7}}), peer.Rejected,
			"the peer rejected the association (rejected-permanent, service-user, called-AE-title-not-recognized)"},
		"aborted":         {&ul.AbortedError{}, peer.Aborted, "the peer aborted the association (service-user)"},
		"released":        {ul.ErrReleaseRequested, peer.Released, "the peer released the association"},
		"probe aborted":   {peer.OfProbe(dimse.EndedByAbort), peer.Aborted, "the peer aborted the association"},
		"probe closed":    {peer.OfProbe(dimse.EndedByClose), peer.Closed, "the peer closed the connection"},
		"probe released":  {peer.OfProbe(dimse.EndedByRelease), peer.Released, "the peer released the association"},
		"closed":          {fmt.Errorf("%w: %w", ul.ErrClosed, io.EOF), peer.Closed, "the peer closed the connection"},
		"reset":           {op("read", syscall.ECONNRESET), peer.Closed, "the peer closed the connection"},
		"alert":           {op("remote error", errors.New("tls: handshake failure")), peer.Alert, "the peer ended TLS with an alert (handshake failure)"},
		"unknown alert":   {op("remote error", errors.New("tls: "+canary)), peer.Alert, "the peer ended TLS with an alert (alert)"},
		"no TLS":          {tls.RecordHeaderError{Msg: canary}, peer.NotTLS, "the answer is not TLS"},
		"foreign":         {&ul.ProtocolError{Looks: "http", What: canary}, peer.Foreign, "the answer is of another protocol (http)"},
		"malformed PDU":   {&ul.ProtocolError{PDU: 4, Offset: 6, What: "length"}, peer.Malformed, "the answer breaks the protocol (PDU type 04, byte 6: length)"},
		"malformed":       {&dimse.ProtocolError{What: "no status"}, peer.Malformed, "the answer breaks the protocol (DIMSE: no status)"},
		"no context":      {dimse.ErrNoContext, peer.NoContext, "the presentation context was not accepted"},
		"refused":         {op("dial", syscall.ECONNREFUSED), peer.Refused, "the connection was refused"},
		"no route":        {op("dial", syscall.EHOSTUNREACH), peer.Unroutable, "no route to the host"},
		"silent":          {op("dial", os.ErrDeadlineExceeded), peer.Silent, "the connection was not answered in time"},
		"unanswered":      {op("read", os.ErrDeadlineExceeded), peer.Unanswered, "no answer came in time"},
		"late":            {context.DeadlineExceeded, peer.Late, "no answer came in time"},
		"budget":          {fmt.Errorf("192.0.2.1: %w: 5 bytes", gate.ErrBudget), peer.OverBudget, "the host's budget ran out"},
		"scope":           {fmt.Errorf("%w: 192.0.2.1", gate.ErrOutOfScope), peer.OutOfScope, "the scope does not permit it"},
		"another error":   {errors.New(canary), peer.Failed, "the connection failed"},
		"error of system": {op("write", syscall.ENOBUFS), peer.Failed, "the connection failed (" + syscall.ENOBUFS.Error() + ")"},
		"state":           {ul.ErrState, peer.Failed, "the connection failed (" + ul.ErrState.Error() + ")"},
	}
}

func TestOf(t *testing.T) {
	for name, tt := range ends() {
		end := peer.Of(tt.err)
		if end.Kind != tt.kind || end.String() != tt.text {
			t.Errorf("%s: kind %d, %q; want %d, %q", name, end.Kind, end, tt.kind, tt.text)
		}
		if text := end.String() + end.Name(); strings.Contains(text, canary) || strings.Contains(text, "192.0.2.1") {
			t.Errorf("%s: %q holds bytes of the peer or an address", name, text)
		}
	}
	if peer.OfProbe(dimse.NotEnded) != nil {
		t.Error("a probe whose association did not end has an end")
	}
}

// TestDuring: where the time of the work is over, that is the end, but for what
// the peer itself said before, and for limits of ours that are closer.
func TestDuring(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range ends() {
		want := peer.OutOfTime
		switch tt.kind {
		case peer.Rejected, peer.Aborted, peer.Released, peer.Foreign, peer.Malformed, peer.NoContext, peer.OverBudget, peer.OutOfScope:
			want = tt.kind
		}
		if got := peer.During(over, tt.err).Kind; got != want {
			t.Errorf("%s, with the time over: kind %d, want %d", name, got, want)
		}
		if got := peer.During(t.Context(), tt.err).Kind; got != tt.kind {
			t.Errorf("%s: kind %d, want %d", name, got, tt.kind)
		}
	}
}

func TestDuringHTTP(t *testing.T) {
	tests := map[string]struct {
		err  error
		kind peer.Kind
	}{
		"malformed":  {fmt.Errorf("Get: malformed HTTP response %q", canary), peer.Foreign},
		"plain HTTP": {errors.New("http: server gave HTTP response to HTTPS client"), peer.NotTLS},
		"other":      {errors.New(canary), peer.Failed},
		"closed":     {io.ErrUnexpectedEOF, peer.Closed},
		"unanswered": {os.ErrDeadlineExceeded, peer.Unanswered},
	}
	for name, tt := range tests {
		end := peer.DuringHTTP(t.Context(), tt.err)
		if end.Kind != tt.kind || strings.Contains(end.String(), canary) {
			t.Errorf("%s: kind %d, %q; want kind %d", name, end.Kind, end, tt.kind)
		}
	}
}

func TestRejection(t *testing.T) {
	rj := peer.Rejection(fmt.Errorf("requesting: %w", &ul.RejectedError{RJ: ul.AssociateRJ{Result: 2, Source: 3, Reason: 1}}), peer.DuringAssociation)
	if rj == nil || rj.Kind != "reject" || rj.Result != 2 || rj.Source != 3 || rj.Reason != 1 || rj.During != "association" {
		t.Errorf("a rejection is recorded as %+v", rj)
	}
	abort := peer.Rejection(&ul.AbortedError{Abort: ul.Abort{Source: ul.AbortServiceProvider, Reason: ul.AbortUnexpectedPDU}}, peer.DuringFind)
	if abort == nil || abort.Kind != "abort" || abort.Source != 2 || abort.Reason != 2 || abort.During != "c-find" {
		t.Errorf("an abort is recorded as %+v", abort)
	}
	if none := peer.Rejection(io.EOF, peer.DuringFind); none != nil {
		t.Errorf("an end of the connection is recorded as %+v", none)
	}
}
