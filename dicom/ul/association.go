package ul

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"leadglass/dicom"
	"leadglass/internal/connerr"
)

// Association is an association over a connection. One goroutine may read
// (ReadPDV) while another writes; Abort and Close may come from any.
type Association struct {
	conn      net.Conn
	opt       Options
	requestor bool
	state     atomic.Uint32
	rq        *AssociateRQ
	ac        *AssociateAC

	// life ends the association when it is cancelled; operation is the context
	// of the operation under way, which only interrupts it.
	life      context.Context
	operation atomic.Pointer[operation]
	stop      func() bool

	in  receiver
	out []byte
	// peerMax is the longest P-DATA-TF the peer takes, without its header.
	peerMax int
	closed  atomic.Bool
	// broken: writing failed, so that nothing more can be written.
	broken atomic.Bool
}

func newAssociation(ctx context.Context, conn net.Conn, opt Options, requestor bool) *Association {
	opt = opt.withDefaults()
	a := &Association{conn: conn, opt: opt, requestor: requestor, life: ctx}
	a.state.Store(uint32(sta1))
	a.in.buf = opt.Buffer
	if len(a.in.buf) < opt.ReadBuffer {
		a.in.buf = make([]byte, opt.ReadBuffer)
	}
	a.stop = context.AfterFunc(ctx, a.interrupt)
	return a
}

// requestBuffer is the first size of what a requestor sends, in bytes: requests
// fit, so that no copies of their identifiers are left where it had to grow.
const requestBuffer = 16 << 10

// interrupt makes a blocked read or write return at once.
func (a *Association) interrupt() { _ = a.conn.SetDeadline(time.Unix(1, 0)) }

// Watch makes ctx interrupt reads and writes until the function it returns is
// called; the association stays open, but a message cut in the middle leaves
// it of no use.
//
// Calls may nest. When done has returned, ctx has no effect any more.
func (a *Association) Watch(ctx context.Context) (done func()) {
	outer := a.operation.Load()
	a.operation.Store(&operation{ctx: ctx, outer: outer})
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		a.interrupt()
		close(interrupted)
	})
	return func() {
		if !stop() {
			<-interrupted // it must not hit the next operation
		}
		a.operation.Store(outer)
	}
}

// cause returns the reason of a cancelled context, or nil.
func (a *Association) cause() error {
	if a.life.Err() != nil {
		return context.Cause(a.life)
	}
	// A cancelled context interrupts before those derived from it are cancelled
	// too, so all that are watched are asked.
	for op := a.operation.Load(); op != nil; op = op.outer {
		if op.ctx.Err() != nil {
			return context.Cause(op.ctx)
		}
	}
	return nil
}

// operation is what is under way on an association, inside another or not.
type operation struct {
	ctx   context.Context
	outer *operation
}

// Requested returns the A-ASSOCIATE-RQ of the association.
func (a *Association) Requested() *AssociateRQ { return a.rq }

// Accepted returns the A-ASSOCIATE-AC of the association.
func (a *Association) Accepted() *AssociateAC { return a.ac }

// Meter counts the messages of the association; nil for nobody.
func (a *Association) Meter() Meter { return a.opt.Meter }

// Context returns the first accepted presentation context of an abstract
// syntax, and the transfer syntax to use on it.
func (a *Association) Context(abstractSyntax string) (id uint8, transferSyntax string, ok bool) {
	return a.ac.context(a.rq, abstractSyntax)
}

// Request asks the peer behind conn for an association. The association owns
// conn from then on; on an error conn is closed. Cancelling ctx ends the
// association at any later time. Errors are *RejectedError, *AbortedError,
// *ProtocolError, ErrClosed, or those of the connection.
func Request(ctx context.Context, conn net.Conn, rq AssociateRQ, opt Options) (*Association, error) {
	a := newAssociation(ctx, conn, opt, true)
	a.out = make([]byte, 0, requestBuffer)
	if rq.User.MaxPDULength == 0 {
		rq.User.MaxPDULength = a.opt.MaxPDULength
	}
	if rq.User.ImplementationVersionName == "" && rq.User.ImplementationClassUID == "" {
		rq.User.ImplementationVersionName = ImplementationVersionName
	}
	a.rq = &rq
	a.step(evAssociateRequest)
	a.step(evTransportOpen)
	a.out = AppendAssociateRQ(a.out, &rq)
	err := a.Flush()
	if err == nil {
		err = a.awaitAssociateAC()
	}
	if err != nil {
		a.shut()
		return nil, fmt.Errorf("requesting an association: %w", err)
	}
	return a, nil
}

func (a *Association) awaitAssociateAC() error {
	kind, body, err := a.readPDU(true)
	if err != nil {
		return err
	}
	switch kind {
	case TypeAssociateAC:
		ac, err := ParseAssociateAC(body)
		if err != nil {
			return a.refuse(evInvalidPDU, AbortInvalidParam, err)
		}
		a.step(evAssociateAC)
		if ac.unproposed(a.rq) {
			ac.Deviation |= dicom.UnproposedSyntax
		}
		if ac.unanswered(a.rq) {
			ac.Deviation |= dicom.UnansweredContext
		}
		if a.opt.Meter != nil && ac.Deviation != 0 {
			a.opt.Meter.CountDeviation(ac.Deviation)
		}
		a.setAccepted(a.rq, ac, ac.User.MaxPDULength)
		return nil
	case TypeAssociateRJ:
		rj, err := parseAssociateRJ(body)
		if err != nil {
			return a.refuse(evInvalidPDU, AbortInvalidParam, err)
		}
		a.step(evAssociateRJ)
		return &RejectedError{RJ: rj}
	case TypeAbort:
		a.step(evAbort)
		return &AbortedError{Abort: parseAbort(body)}
	}
	return a.unexpected(kind, "not an answer to A-ASSOCIATE-RQ")
}

func (a *Association) setAccepted(rq *AssociateRQ, ac *AssociateAC, peerMax uint32) {
	const unlimited = 1 << 20
	const smallest = pdvHeaderLength + 2
	a.rq, a.ac = rq, ac
	a.peerMax = unlimited
	if peerMax != 0 && peerMax < unlimited {
		a.peerMax = max(int(peerMax)&^1, smallest) // fragments have an even length (PS3.7 F)
	}
}

// Accept waits for the A-ASSOCIATE-RQ of the peer behind conn and lets decide
// answer it: with an acceptance, or with a rejection, which is sent and
// returned as *RejectedError. The association owns conn from then on; on an
// error conn is closed.
func Accept(ctx context.Context, conn net.Conn, opt Options, decide func(*AssociateRQ) (*AssociateAC, *AssociateRJ)) (*Association, error) {
	a := newAssociation(ctx, conn, opt, false)
	a.step(evTransportIncoming)
	if err := a.awaitAssociateRQ(decide); err != nil {
		a.shut()
		return nil, fmt.Errorf("accepting an association: %w", err)
	}
	return a, nil
}

func (a *Association) awaitAssociateRQ(decide func(*AssociateRQ) (*AssociateAC, *AssociateRJ)) error {
	kind, body, err := a.readPDU(true)
	if err != nil {
		return err
	}
	switch kind {
	case TypeAssociateRQ:
	case TypeAbort:
		a.step(evAbort)
		return &AbortedError{Abort: parseAbort(body)}
	default:
		return a.unexpected(kind, "A-ASSOCIATE-RQ expected")
	}
	rq, err := ParseAssociateRQ(body)
	if err != nil {
		return a.refuse(evInvalidPDU, AbortInvalidParam, err)
	}
	a.step(evAssociateRQ)
	ac, rj := decide(rq)
	if rj != nil {
		a.step(evReject)
		a.out = AppendAssociateRJ(a.out, *rj)
		if err := a.Flush(); err != nil {
			return err
		}
		a.awaitClose()
		return &RejectedError{RJ: *rj}
	}
	if ac.CalledAETitle == "" && ac.CallingAETitle == "" {
		ac.CalledAETitle, ac.CallingAETitle = rq.CalledAETitle, rq.CallingAETitle
	}
	if ac.User.MaxPDULength == 0 {
		ac.User.MaxPDULength = a.opt.MaxPDULength
	}
	a.step(evAccept)
	a.setAccepted(rq, ac, rq.User.MaxPDULength)
	a.out = AppendAssociateAC(a.out, ac)
	return a.Flush()
}

// unexpected handles a PDU that does not fit the state and returns the error.
func (a *Association) unexpected(kind byte, what string) error {
	return a.refuse(received[kind], AbortUnexpectedPDU, &ProtocolError{PDU: kind, Offset: -1, What: what})
}

// refuse makes the transition for a PDU that breaks the protocol, and returns
// err.
func (a *Association) refuse(e event, reason AbortReason, err error) error {
	a.protest(a.step(e), reason)
	return err
}

// protest sends the A-ABORT that an action demands, if it does.
func (a *Association) protest(act action, reason AbortReason) {
	switch act {
	case aa1:
		a.writeAbort(Abort{Source: AbortServiceUser})
	case aa7, aa8:
		a.writeAbort(Abort{Source: AbortServiceProvider, Reason: reason})
	}
}

// awaitClose waits until the peer closes the connection or ARTIM expires
// (Sta13), so that what was sent last is not lost to a reset.
func (a *Association) awaitClose() {
	_ = a.conn.SetReadDeadline(time.Now().Add(artim))
	if a.cause() != nil {
		return
	}
	const most = 64 // reads, so that a peer that goes on sending is cut off
	for range most {
		if _, err := a.conn.Read(a.in.buf); err != nil {
			return
		}
	}
}

// shut closes the connection without a word.
func (a *Association) shut() {
	if a.closed.CompareAndSwap(false, true) {
		a.stop()
		if c, ok := a.conn.(interface{ NetConn() net.Conn }); ok && (a.broken.Load() || a.cause() != nil) {
			// Closing TLS would wait seconds to send its closing alert.
			_ = c.NetConn().Close()
		}
		_ = a.conn.Close()
	}
}

// Close ends the association: with A-ABORT while it is established, and
// closes the connection. It does nothing after Release or Abort.
func (a *Association) Close() error { return a.Abort() }

// Abort sends A-ABORT where the state allows and closes the connection.
func (a *Association) Abort() error {
	if a.closed.Load() {
		return nil
	}
	if a.step(evAbortRequest) == aa1 {
		a.writeAbort(Abort{Source: AbortServiceUser})
	}
	a.shut()
	return nil
}

// writeAbort sends A-ABORT past the output buffer, which another goroutine may
// be filling. The peer may be gone already; nobody waits for the result.
func (a *Association) writeAbort(abort Abort) {
	_ = a.conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = a.conn.Write(AppendAbort(nil, abort))
}

// classify turns an error of the connection into one of this package.
func (a *Association) classify(err error) error {
	if cause := a.cause(); cause != nil {
		return cause
	}
	if a.closed.Load() { // by Abort, on another goroutine
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) ||
		connerr.Reset(err) {
		a.step(evTransportClosed)
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer in time: %w", err)
	}
	return err
}

// Flush writes what has been appended so far.
func (a *Association) Flush() error {
	if len(a.out) == 0 {
		return nil
	}
	out := a.out
	a.out = a.out[:0] // what cannot be written now must not come later
	_ = a.conn.SetWriteDeadline(time.Now().Add(a.opt.WriteTimeout))
	if cause := a.cause(); cause != nil {
		return cause
	}
	if _, err := a.conn.Write(out); err != nil {
		// A PDU may be cut: the peer could not read anything after it.
		a.broken.Store(true)
		a.step(evTransportClosed)
		return fmt.Errorf("writing: %w", a.classify(err))
	}
	return nil
}

// AppendPData appends a command set or data set to what Flush will write, as
// P-DATA-TF PDUs of one PDV each that the peer's maximum length allows.
func (a *Association) AppendPData(contextID uint8, command bool, data []byte) error {
	if act := a.step(evSendData); act == none {
		return ErrState
	}
	var control byte
	if command {
		control = ControlCommand
	}
	room := a.peerMax - pdvHeaderLength
	for len(data) > room {
		a.out = AppendPDataHeader(a.out, contextID, control, room)
		a.out = append(a.out, data[:room]...)
		data = data[room:]
	}
	a.out = AppendPDataHeader(a.out, contextID, control|ControlLast, len(data))
	a.out = append(a.out, data...)
	return nil
}

// AppendRaw appends bytes to what Flush will write, whatever they are.
// Simulated servers use it for prepared or deliberately broken PDUs.
func (a *Association) AppendRaw(b []byte) { a.out = append(a.out, b...) }

// Buffered returns how many bytes wait for Flush.
func (a *Association) Buffered() int { return len(a.out) }

// PeerMaxPDULength returns the longest P-DATA-TF that may be sent to the peer,
// in bytes without the PDU header.
func (a *Association) PeerMaxPDULength() int { return a.peerMax }

func pduLength(header []byte) uint32 { return binary.BigEndian.Uint32(header[2:]) }

// Drop closes the connection without a word, as a server that crashes would.
func (a *Association) Drop() { a.shut() }
