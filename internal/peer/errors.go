package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/connerr"
)

// Of says how an exchange ended that returned err, which is not nil.
func Of(err error) End {
	var end End
	if errors.As(err, &end) {
		return end
	}
	if e, ok := ofMessages(err); ok {
		return e
	}
	return End{Kind: ofConnection(err), Detail: detail(err)}
}

// During is Of for work under ctx. Where its time is over, that is the end,
// unless the peer had ended the exchange, or the budget had, before.
func During(ctx context.Context, err error) End {
	return under(ctx, Of(err))
}

func under(ctx context.Context, e End) End {
	switch e.Kind {
	case Rejected, Aborted, Released, Foreign, Malformed, NoContext, OverBudget, OutOfScope:
		return e
	}
	if ctx.Err() != nil {
		return End{Kind: OutOfTime}
	}
	return e
}

// DuringHTTP is During for an error of net/http, whose texts can hold bytes of
// the peer: nothing of them is in the result.
func DuringHTTP(ctx context.Context, err error) End {
	e := Of(err)
	if e.Kind != Failed {
		return under(ctx, e)
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "malformed HTTP"):
		e = End{Kind: Foreign}
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		e = End{Kind: NotTLS}
	default:
		e = End{Kind: Failed}
	}
	return under(ctx, e)
}

// ofMessages recognises what the upper layer and DIMSE report.
func ofMessages(err error) (End, bool) {
	var rejected *ul.RejectedError
	var aborted *ul.AbortedError
	var protocol *ul.ProtocolError
	var message *dimse.ProtocolError
	switch {
	case errors.As(err, &rejected):
		return End{Rejected, rejected.RJ.String()}, true
	case errors.As(err, &aborted):
		return End{Aborted, aborted.Abort.String()}, true
	case errors.Is(err, ul.ErrReleaseRequested):
		return End{Kind: Released}, true
	case errors.As(err, &protocol) && protocol.Looks != "":
		return End{Foreign, protocol.Looks}, true
	case errors.As(err, &protocol):
		return End{Malformed, protocol.Error()}, true
	case errors.As(err, &message):
		return End{Malformed, message.Error()}, true
	case errors.Is(err, dimse.ErrNoContext):
		return End{Kind: NoContext}, true
	}
	return End{}, false
}

// ofConnection recognises what connections, TLS and the gate report. An
// exhausted budget is an error with a method Budget() bool that returns true, a
// refusal of the scope one with Scope() bool.
func ofConnection(err error) Kind {
	var budget interface{ Budget() bool }
	var scope interface{ Scope() bool }
	var op *net.OpError
	isOp := errors.As(err, &op)
	switch {
	case errors.As(err, &budget) && budget.Budget():
		return OverBudget
	case errors.As(err, &scope) && scope.Scope():
		return OutOfScope
	case isOp && op.Op == "remote error":
		return Alert
	case errors.As(err, new(tls.RecordHeaderError)):
		return NotTLS
	case connerr.Refused(err):
		return Refused
	case connerr.Unreachable(err):
		return Unroutable
	case isOp && op.Op == "dial" && isTimeout(err):
		return Silent
	case errors.Is(err, ul.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		connerr.Reset(err):
		return Closed
	case isTimeout(err) && (isOp || errors.Is(err, os.ErrDeadlineExceeded)):
		return Unanswered
	case isTimeout(err):
		return Late
	}
	return Failed
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || connerr.TimedOut(err)
}

// detail says more of an error of a connection: the alert, or the operating
// system's name for what failed. All names are from closed lists, none is the
// peer's.
func detail(err error) string {
	switch ofConnection(err) {
	case Alert:
		return alert(err)
	case Failed:
		var number syscall.Errno
		for _, known := range []error{ul.ErrState, net.ErrClosed, context.Canceled} {
			if errors.Is(err, known) {
				return known.Error()
			}
		}
		if errors.As(err, &number) {
			return number.Error()
		}
	}
	return ""
}

// alert names the alerts that say why; the names are those of crypto/tls.
func alert(err error) string {
	for _, known := range []string{"certificate required", "bad certificate", "unknown certificate authority",
		"handshake failure", "protocol version not supported", "access denied", "unrecognized name"} {
		if strings.Contains(err.Error(), known) {
			return known
		}
	}
	return "alert"
}
