package identify

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"leadglass/dicom/ul"
	"leadglass/internal/survey"
)

// outcome says how contact ended that did not bring an association, and
// explains it without a byte of the peer.
func outcome(ctx context.Context, err, budget error) (o survey.Outcome, detail string) {
	var rejected *ul.RejectedError
	var aborted *ul.AbortedError
	var protocol *ul.ProtocolError
	switch {
	case errors.As(err, &rejected), errors.As(err, &aborted):
		return survey.Answered, ""
	case errors.As(err, &protocol) && protocol.Looks != "":
		return survey.Foreign, protocol.Looks
	case errors.As(err, &protocol):
		return survey.Malformed, protocol.Error()
	case isBudget(err, budget):
		return survey.OverBudget, "the host's budget ran out"
	case ctx.Err() != nil:
		return survey.OverBudget, "the host's time ran out"
	case isTLSAlert(err):
		return survey.Closed, "tls: " + alert(err)
	case errors.As(err, new(tls.RecordHeaderError)):
		return survey.Foreign, "no tls"
	}
	return connectionOutcome(err)
}

// connectionOutcome judges errors of the connection itself.
func connectionOutcome(err error) (survey.Outcome, string) {
	var op *net.OpError
	dialing := errors.As(err, &op) && op.Op == "dial"
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return survey.Refused, ""
	case dialing && isTimeout(err):
		return survey.Silent, ""
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return survey.Silent, "no route to the host"
	case errors.Is(err, ul.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return survey.Closed, "closed or reset after A-ASSOCIATE-RQ"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return survey.Closed, "closed in the TLS handshake"
	case isTimeout(err) && isConnected(err):
		return survey.Mute, ""
	case isTimeout(err):
		return survey.Silent, ""
	}
	return survey.Silent, "no connection"
}

// isConnected reports whether err came up on an open connection: package ul
// and the operating system name what was being done.
func isConnected(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op != "dial"
	}
	return errors.Is(err, os.ErrDeadlineExceeded)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT)
}

func isBudget(err, budget error) bool {
	if budget != nil && errors.Is(err, budget) {
		return true
	}
	var b interface{ Budget() bool }
	return errors.As(err, &b) && b.Budget()
}

// isTLSAlert reports whether the peer of a TLS connection refused it.
func isTLSAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// alert names the refusals that tell something; the names are those of
// crypto/tls, not the peer's.
func alert(err error) string {
	for _, known := range []string{"certificate required", "bad certificate", "unknown certificate authority",
		"handshake failure", "protocol version not supported", "access denied"} {
		if strings.Contains(err.Error(), known) {
			return known
		}
	}
	return "alert"
}
