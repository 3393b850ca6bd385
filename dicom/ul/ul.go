// Package ul is the DICOM upper layer protocol for TCP/IP (PS3.8): the PDU
// codec as free functions on bytes, the state machine as the table of the
// standard, and associations over a connection that the caller opened, as
// requestor and as acceptor.
//
// It never dials and knows nothing of the messages inside P-DATA-TF; those are
// the business of package dimse. Every length is checked against a limit
// before it is used, and every read and write has a deadline.
package ul

import (
	"context"
	"time"

	"leadglass/dicom"
)

// PDU types (PS3.8 9.3.1).
const (
	TypeAssociateRQ byte = 0x01
	TypeAssociateAC byte = 0x02
	TypeAssociateRJ byte = 0x03
	TypePData       byte = 0x04
	TypeReleaseRQ   byte = 0x05
	TypeReleaseRP   byte = 0x06
	TypeAbort       byte = 0x07
)

// Limits on what a peer may send. They bound memory whatever a length field
// says.
const (
	// maxAssociatePDU bounds A-ASSOCIATE-RQ and -AC: 128 contexts with a
	// handful of transfer syntaxes each are about 40 KiB.
	maxAssociatePDU = 128 << 10
	// maxContexts is the number of odd context IDs (PS3.8 9.3.2.2).
	maxContexts = 128
	// maxTransferSyntaxes bounds the transfer syntaxes kept of one context.
	maxTransferSyntaxes = 64
	// maxUID is the length of the longest UID (PS3.5 9.1).
	maxUID = 64
	// maxVersionName is the length of the longest implementation version name
	// (PS3.7 D.3.3.2.2).
	maxVersionName = 16
)

// Sizes and times used where Options leaves them 0.
const (
	// DefaultMaxPDULength is the length of P-DATA-TF that we offer to take, in
	// bytes.
	DefaultMaxPDULength = 128 << 10
	// DefaultReadBuffer is the size of the receive buffer, in bytes. PDUs
	// longer than was negotiated are still read when they fit.
	DefaultReadBuffer = 256 << 10
	// DefaultTimeout bounds each read and each write.
	DefaultTimeout = 30 * time.Second
	// artim is how long an acceptor waits for the peer to close the connection
	// (PS3.8 9.1.5).
	artim = 2 * time.Second
)

// Options are the limits of one association.
type Options struct {
	// MaxPDULength is the longest P-DATA-TF we announce to take, in bytes,
	// at most ReadBuffer - 6; 0 means DefaultMaxPDULength.
	MaxPDULength uint32
	// ReadBuffer is the size of the receive buffer in bytes; 0 means
	// DefaultReadBuffer.
	ReadBuffer int
	// ReadTimeout and WriteTimeout bound each read and each write; 0 means
	// DefaultTimeout.
	ReadTimeout, WriteTimeout time.Duration
	// Buffer is used as receive buffer when it holds at least ReadBuffer
	// bytes, so that one buffer can serve many associations in turn.
	Buffer []byte
	// Meter counts what is sent on the association; nil for nobody.
	Meter Meter
}

// Meter counts the messages of an association. The association only carries it:
// package dimse, which makes the messages, calls it.
type Meter interface {
	// CountRequest notes a request that was sent, by its command field (PS3.7 E.1).
	CountRequest(command uint16)
	// CountResponses notes the pending responses that a query had, and the time
	// from the request to its end.
	CountResponses(pending int64, took time.Duration)
	// CountDeviation notes how the peer deviated from the standard and was read all
	// the same.
	CountDeviation(dicom.Deviation)
}

func (o Options) withDefaults() Options {
	if o.ReadBuffer == 0 {
		o.ReadBuffer = DefaultReadBuffer
	}
	o.ReadBuffer = max(o.ReadBuffer, 8<<10)
	if o.MaxPDULength == 0 {
		o.MaxPDULength = DefaultMaxPDULength
	}
	o.MaxPDULength = min(o.MaxPDULength, uint32(o.ReadBuffer-headerLength))
	if o.ReadTimeout == 0 {
		o.ReadTimeout = DefaultTimeout
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = DefaultTimeout
	}
	return o
}

// Opener opens an association with one peer, as one called AE title, with the
// contexts given. Whoever opens the connections hands it to the stages, which
// so cannot reach anything else. Errors are those of Request, or of the
// connection.
type Opener func(ctx context.Context, calledAETitle string, contexts []PresentationContext) (*Association, error)

// Propose makes presentation contexts of abstract syntaxes, with IDs 1, 3, 5…
// and both transfer syntaxes that package dicom reads, implicit VR first.
func Propose(abstractSyntaxes ...string) []PresentationContext {
	contexts := make([]PresentationContext, len(abstractSyntaxes))
	for i, s := range abstractSyntaxes {
		contexts[i] = PresentationContext{ID: uint8(2*i + 1), AbstractSyntax: s,
			TransferSyntaxes: []string{dicom.ImplicitVRLittleEndian, dicom.ExplicitVRLittleEndian}}
	}
	return contexts
}
