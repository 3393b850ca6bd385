package dimse

import (
	"context"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// flushAt is how many bytes a Responder gathers before it writes.
const flushAt = 64 << 10

// Responder sends the pending responses of a C-FIND.
type Responder struct {
	a       *ul.Association
	request *Request
	pending []byte // command set of a pending response
	warning []byte
}

// Association returns the association the request came on.
func (r *Responder) Association() *ul.Association { return r.a }

// Pending sends one response of status FF00 with an identifier, encoded in the
// request's Syntax. It is written when enough has been gathered, at Flush, or
// with the final response.
func (r *Responder) Pending(identifier []byte) error {
	if r.pending == nil {
		r.pending = appendResponse(nil, r.request, Pending, true, nil)
	}
	return r.send(r.pending, identifier)
}

// PendingWarning is Pending with status FF01: matching of some optional keys
// is not supported.
func (r *Responder) PendingWarning(identifier []byte) error {
	if r.warning == nil {
		r.warning = appendResponse(nil, r.request, PendingWarning, true, nil)
	}
	return r.send(r.warning, identifier)
}

// WithStatus sends a response of any status with an identifier.
func (r *Responder) WithStatus(s Status, identifier []byte) error {
	return r.send(appendResponse(nil, r.request, s, true, nil), identifier)
}

func (r *Responder) send(command, identifier []byte) error {
	if err := r.a.AppendPData(r.request.ContextID, true, command); err != nil {
		return err
	}
	if err := r.a.AppendPData(r.request.ContextID, false, identifier); err != nil {
		return err
	}
	if r.a.Buffered() >= flushAt {
		return r.a.Flush()
	}
	return nil
}

// PendingPDU returns the whole PDU of the command set of a pending response to
// this request, for providers that prepare their PDUs themselves.
func (r *Responder) PendingPDU() []byte {
	command := appendResponse(nil, r.request, Pending, true, nil)
	pdu := ul.AppendPDataHeader(nil, r.request.ContextID, ul.ControlCommand|ul.ControlLast, len(command))
	return append(pdu, command...)
}

// Raw writes bytes as they are: prepared PDUs, or broken ones.
func (r *Responder) Raw(b []byte) error {
	r.a.AppendRaw(b)
	if r.a.Buffered() >= flushAt {
		return r.a.Flush()
	}
	return nil
}

// Flush writes what has been gathered.
func (r *Responder) Flush() error { return r.a.Flush() }

// Cancelled reports whether the requestor has sent a C-CANCEL for this
// request.
func (r *Responder) Cancelled() bool { return r.request.cancelled.Load() }

// SubOperations counts the C-STORE sub-operations of a retrieval (PS3.4
// C.4.2.1.6).
type SubOperations struct{ Remaining, Completed, Failed, Warning int }

// Retriever sends the sub-operations and pending responses of a C-GET, and
// holds the counts that go into the final response.
type Retriever struct {
	session *session
	request *Request
	Sub     SubOperations
	nextID  uint16
}

// Association returns the association the request came on.
func (r *Retriever) Association() *ul.Association { return r.session.a }

// Cancelled reports whether the requestor has sent a C-CANCEL.
func (r *Retriever) Cancelled() bool { return r.request.cancelled.Load() }

// Pending sends a pending response with the counts of Sub.
func (r *Retriever) Pending() error {
	command := appendResponse(nil, r.request, Pending, false, &r.Sub)
	if err := r.session.a.AppendPData(r.request.ContextID, true, command); err != nil {
		return err
	}
	return r.session.a.Flush()
}

// Send makes one C-STORE sub-operation of a C-GET: it sends an instance to the
// requestor, on the same association, and returns the status it answers. The
// requestor must have offered a context for the SOP class, otherwise
// ErrNoContext is returned, and the caller counts a failure. build encodes the
// instance for the syntax of the context.
func (r *Retriever) Send(ctx context.Context, sopClass, sopInstance string, build func(dicom.Syntax) []byte) (Status, error) {
	id, ts, ok := r.session.a.Context(sopClass)
	if !ok {
		return 0, ErrNoContext
	}
	syntax, _ := dicom.SyntaxOf(ts)
	r.nextID++
	const s = dicom.ImplicitLittle
	command, start := beginCommand(nil)
	command = dicom.AppendString(command, s, dicom.AffectedSOPClassUID, dicom.UI, sopClass)
	command = dicom.AppendUint16(command, s, dicom.CommandField, uint16(CStoreRQ))
	command = dicom.AppendUint16(command, s, dicom.MessageID, r.nextID)
	command = dicom.AppendUint16(command, s, dicom.Priority, 0)
	command = dicom.AppendUint16(command, s, dicom.CommandDataSetType, dataSetType(true))
	command = dicom.AppendString(command, s, dicom.AffectedSOPInstanceUID, dicom.UI, sopInstance)
	command = endCommand(command, start)
	if err := r.session.a.AppendPData(id, true, command); err != nil {
		return 0, err
	}
	if err := r.session.a.AppendPData(id, false, build(syntax)); err != nil {
		return 0, err
	}
	if err := r.session.a.Flush(); err != nil {
		return 0, err
	}
	m, err := r.session.next(ctx)
	if err != nil {
		return 0, err
	}
	if m.request != nil || m.response.field != CStoreRSP || m.response.respondedTo != r.nextID {
		return 0, &ProtocolError{What: "C-STORE-RSP expected"}
	}
	return m.response.status, nil
}
