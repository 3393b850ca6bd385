package ul

import (
	"errors"
	"fmt"
	"leadglass/internal/connerr"
)

// RejectedError is the error of an association that was rejected.
type RejectedError struct{ RJ AssociateRJ }

// Error implements error.
func (e *RejectedError) Error() string { return "association rejected: " + e.RJ.String() }

// AbortedError is the error of an association that the peer aborted.
type AbortedError struct{ Abort Abort }

// Error implements error.
func (e *AbortedError) Error() string { return "association aborted by the peer: " + e.Abort.String() }

// ProtocolError is the error of a byte stream that is not what PS3.8 demands.
// It never holds bytes of the peer.
type ProtocolError struct {
	// PDU is the type of the PDU, 0 where it was not reached.
	PDU byte
	// Offset is the place behind the PDU header, in bytes, or -1.
	Offset int
	What   string
	// Looks names another protocol that the first bytes look like: "http",
	// "ssh", "tls"…; "unknown" for bytes of no protocol that is known here;
	// empty where the peer did begin as DICOM.
	Looks string
}

// Error implements error.
func (e *ProtocolError) Error() string {
	if e.Looks != "" {
		return fmt.Sprintf("not the DICOM upper layer protocol: %s", e.What)
	}
	if e.Offset < 0 {
		return fmt.Sprintf("PDU type %02X: %s", e.PDU, e.What)
	}
	return fmt.Sprintf("PDU type %02X, byte %d: %s", e.PDU, e.Offset, e.What)
}

var (
	// ErrReleaseRequested is returned by ReadPDV when the peer asks for the
	// release of the association; AnswerRelease answers it.
	ErrReleaseRequested = errors.New("the peer requested the release of the association")
	// ErrClosed is returned when the peer closed the connection without a
	// release or an abort.
	ErrClosed = errors.New("connection closed by the peer")
	// ErrState is returned when an operation does not fit the state of the
	// association.
	ErrState = errors.New("association is not established")
)

// looksLike names the protocol that the first bytes of an answer belong to.
func looksLike(b []byte) string {
	has := func(p string) bool { return len(b) >= len(p) && string(b[:len(p)]) == p }
	switch {
	case has("HTTP") || has("<!") || has("<h") || has("<H"):
		return "http"
	case has("SSH-"):
		return "ssh"
	case len(b) >= 2 && b[0] >= 0x14 && b[0] <= 0x17 && b[1] == 3:
		return "tls"
	case has("220"):
		return "smtp or ftp"
	case b[0] == 0x0B:
		return "hl7 mllp"
	case has("RFB "):
		return "vnc"
	}
	return "unknown"
}

// Later reports whether a request for an association failed in a way that may pass:
// the peer says so (PS3.8 9.3.4), or has reached its limit.
func Later(err error) bool {
	var rejected *RejectedError
	return errors.As(err, &rejected) && (rejected.RJ.Result == RejectedTransient || rejected.RJ.Source == ServiceProviderPresentation)
}

// Between reports whether a peer that accepted an association before may do so
// again after a pause: it wants to be tried later, or closed its port. Servers that
// serve one association at a time do.
func Between(err error) bool {
	return Later(err) || errors.Is(err, ErrClosed) || PortClosed(err)
}

// PortClosed reports whether the connection was refused, so that no association was
// requested.
func PortClosed(err error) bool { return connerr.Refused(err) }
