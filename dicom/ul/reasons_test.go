package ul_test

import (
	"errors"
	"net"
	"testing"

	"leadglass/dicom/ul"
)

// TestRejectionsAreNamed goes through PS3.8 9.3.4, over the wire.
func TestRejectionsAreNamed(t *testing.T) {
	for _, c := range []struct {
		result, source, reason byte
		want                   string
	}{
		{1, 1, 1, "rejected-permanent, service-user, no-reason-given"},
		{1, 1, 2, "rejected-permanent, service-user, application-context-name-not-supported"},
		{1, 1, 3, "rejected-permanent, service-user, calling-AE-title-not-recognized"},
		{1, 1, 7, "rejected-permanent, service-user, called-AE-title-not-recognized"},
		{1, 1, 4, "rejected-permanent, service-user, reason 4"}, // reserved
		{1, 1, 10, "rejected-permanent, service-user, reason 10"},
		{2, 2, 1, "rejected-transient, service-provider (ACSE), no-reason-given"},
		{1, 2, 2, "rejected-permanent, service-provider (ACSE), protocol-version-not-supported"},
		{1, 3, 0, "rejected-permanent, service-provider (presentation), reason 0"}, // reserved
		{2, 3, 1, "rejected-transient, service-provider (presentation), temporary-congestion"},
		{2, 3, 2, "rejected-transient, service-provider (presentation), local-limit-exceeded"},
		{2, 3, 7, "rejected-transient, service-provider (presentation), reason 7"},
		{0, 4, 9, "result 0, source 4, reason 9"},
	} {
		client, server := connect(t, "tcp")
		background(t, func() {
			readPDU(server)
			send(server, []byte{3, 0, 0, 0, 0, 4, 0, c.result, c.source, c.reason})
		})
		_, err := ul.Request(t.Context(), client, proposal(), ul.Options{})
		var rejected *ul.RejectedError
		if !errors.As(err, &rejected) {
			t.Errorf("%v: error %v", c, err)
			continue
		}
		if got := rejected.RJ.String(); got != c.want {
			t.Errorf("%d/%d/%d is %q, want %q", c.result, c.source, c.reason, got, c.want)
		}
		if want := "requesting an association: association rejected: " + c.want; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	}
}

func TestAcceptorSendsTheRejection(t *testing.T) {
	want := ul.AssociateRJ{Result: ul.RejectedTransient, Source: ul.ServiceProviderPresentation, Reason: ul.LocalLimitExceeded}
	for _, transport := range transports {
		client, server := connect(t, transport)
		refused := make(chan error, 1)
		background(t, func() {
			_, err := ul.Accept(t.Context(), server, ul.Options{}, func(*ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) { return nil, &want })
			refused <- err
		})
		_, err := ul.Request(t.Context(), client, proposal(), ul.Options{})
		for end, err := range map[string]error{"requestor": err, "acceptor": <-refused} {
			var rejected *ul.RejectedError
			if !errors.As(err, &rejected) || rejected.RJ != want {
				t.Errorf("%s, %s: error %v", transport, end, err)
			}
		}
	}
}

// TestAbortsAreNamed goes through PS3.8 9.3.8 and table 9-26.
func TestAbortsAreNamed(t *testing.T) {
	for _, c := range []struct {
		body []byte
		want string
	}{
		{[]byte{0, 0, 0, 0}, "service-user"},
		{[]byte{0, 0, 0, 5}, "service-user"},
		{[]byte{0, 0, 2, 0}, "service-provider, reason-not-specified"},
		{[]byte{0, 0, 2, 1}, "service-provider, unrecognized-PDU"},
		{[]byte{0, 0, 2, 2}, "service-provider, unexpected-PDU"},
		{[]byte{0, 0, 2, 3}, "service-provider, reason 3"},
		{[]byte{0, 0, 2, 4}, "service-provider, unrecognized-PDU parameter"},
		{[]byte{0, 0, 2, 5}, "service-provider, unexpected-PDU parameter"},
		{[]byte{0, 0, 2, 6}, "service-provider, invalid-PDU-parameter value"},
		{[]byte{0, 0, 1, 0}, "source 1, reason-not-specified"},
		{[]byte{0, 0}, "service-provider, reason-not-specified"}, // cut short
	} {
		a := withPeer(t, ul.Options{}, ul.AssociateAC{}, func(conn net.Conn) {
			send(conn, pdu(ul.TypeAbort, uint32(len(c.body)), c.body))
		})
		_, err := a.ReadPDV()
		var aborted *ul.AbortedError
		if !errors.As(err, &aborted) || aborted.Abort.String() != c.want {
			t.Errorf("abort % X: error %v, want %q", c.body, err, c.want)
		}
		if a.State() != "Sta1" {
			t.Errorf("after an abort the state is %s", a.State())
		}
	}
}

func TestContextReasonsAreNamed(t *testing.T) {
	for r, want := range map[ul.ContextReason]string{
		ul.Acceptance: "acceptance", ul.UserRejection: "user-rejection", ul.NoReason: "no-reason (provider rejection)",
		ul.AbstractSyntaxNotSupported:   "abstract-syntax-not-supported (provider rejection)",
		ul.TransferSyntaxesNotSupported: "transfer-syntaxes-not-supported (provider rejection)",
		5:                               "undefined result", 255: "undefined result",
	} {
		if r.String() != want {
			t.Errorf("result %d is %q, want %q", uint8(r), r, want)
		}
	}
}
