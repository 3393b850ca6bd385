package examine

import (
	"context"
	"errors"
	"net"
	"syscall"

	"leadglass/internal/assess"
)

// wholeSession is what the checks of the host as a whole are given. Where a
// single port was asked for, they try no other.
func (h *Host) wholeSession() *assess.Session {
	s := h.session(nil, nil)
	s.HL7 = h.Scope.Ports.HL7
	if !h.onePort {
		s.Accepts = h.accepts
	}
	return s
}

// accepts reports whether a port of the host accepts connections: it connects
// and closes. An error says why that could not be told.
func (h *Host) accepts(ctx context.Context, port uint16) (bool, error) {
	conn, err := h.gate.Dial(ctx, port)
	if err == nil {
		return true, conn.Close()
	}
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		errors.As(err, &timeout) && timeout.Timeout():
		return false, nil
	}
	return false, err
}
