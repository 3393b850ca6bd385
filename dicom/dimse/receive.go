package dimse

import (
	"errors"

	"leadglass/dicom"
	"leadglass/dicom/ul"
)

// receiver puts messages together from fragments. A command set or data set
// that arrives in one fragment is used in place; others are gathered in a
// buffer that is used again.
type receiver struct {
	a       *ul.Association
	command []byte
	dataSet []byte
	// lastPDU is the PDU of the command set parsed last, when it was that of a
	// pending response and came in one fragment; peers repeat it to the byte.
	lastPDU     []byte
	lastSet     commandSet
	lastContext uint8
	// held is a fragment that was read and not yet used, where holds is set.
	held  ul.PDV
	holds bool
	// due: a data set of the last message may follow that nobody needs.
	due bool
	// noted takes what a requestor reads past; nil for a provider, which reads
	// nothing past.
	noted *dicom.Deviation
}

// next returns the next fragment.
func (r *receiver) next() (ul.PDV, error) {
	if r.holds {
		r.holds = false
		return r.held, nil
	}
	return r.a.ReadPDV()
}

// hold keeps a fragment for next.
func (r *receiver) hold(p ul.PDV) { r.held, r.holds = p, true }

// again takes the next command set from what has been received already when it
// is that of the last pending response once more, and reports whether it did.
func (r *receiver) again() bool {
	return len(r.lastPDU) > 0 && !r.holds && !r.due && r.a.Consume(r.lastPDU)
}

// readCommand returns the next command set and the context it came on. The
// result is valid until the next call.
func (r *receiver) readCommand() (*commandSet, uint8, error) {
	if r.again() {
		return &r.lastSet, r.lastContext, nil
	}
	p, err := r.beginning()
	if err != nil {
		return nil, 0, err
	}
	data := p.Data
	if !p.Last() {
		r.command, err = r.gather(r.command[:0], p, maxCommand)
		if err != nil {
			return nil, 0, err
		}
		data = r.command
	}
	if len(data) > maxCommand {
		return nil, 0, &ProtocolError{What: "command set is too long"}
	}
	r.lastPDU, r.lastContext = r.lastPDU[:0], p.ContextID
	if err := parseCommand(data, &r.lastSet); err != nil {
		return nil, 0, err
	}
	if p.Last() && r.lastSet.status.Class() == ClassPending {
		if r.lastPDU == nil {
			r.lastPDU = make([]byte, 0, maxCommandPDU) // it never grows, so that no copy is left
		}
		r.lastPDU = ul.AppendPDataHeader(r.lastPDU, p.ContextID, p.Control, len(data))
		r.lastPDU = append(r.lastPDU, data...)
	}
	return &r.lastSet, p.ContextID, nil
}

// beginning returns the fragment with which a command set begins. A requestor goes
// past a data set that comes before it.
func (r *receiver) beginning() (ul.PDV, error) {
	p, err := r.next()
	for skipped, due := 0, r.due; err == nil && !p.Command(); {
		skipped += len(p.Data) + 1
		if r.noted == nil && !due || skipped > maxDataSet {
			return p, &ProtocolError{What: "fragment of a data set where a command set should begin"}
		}
		if !due {
			*r.noted |= dicom.DataSetType
		}
		due = due && !p.Last()
		p, err = r.next()
	}
	r.due = false
	return p, err
}

// readDataSet returns the data set that follows a command set received on
// context id. It is valid until the next read.
func (r *receiver) readDataSet(id uint8) ([]byte, error) { return r.read(id, maxDataSet) }

// readIdentifier returns the identifier of a pending response to a query, which
// may follow whatever the response says of it; bare is true where none does. Of a
// data set that is no identifier no more is read than the PDU with which it became
// too long.
func (r *receiver) readIdentifier(id uint8, s dicom.Syntax, announced bool) (data []byte, bare bool, err error) {
	p, err := r.next()
	if err != nil {
		return nil, !announced, err
	}
	if p.Command() {
		if r.hold(p); announced {
			*r.noted |= dicom.DataSetType
		}
		return nil, true, nil
	}
	if !announced {
		*r.noted |= dicom.DataSetType
	}
	r.hold(p)
	data, err = r.read(id, maxIdentifier)
	if errors.Is(err, errTooLong) || err == nil && (len(data) > maxIdentifier || holdsPixels(data, s)) {
		return nil, false, ErrNotIdentifier
	}
	return data, false, err
}

// holdsPixels reports whether a data set holds pixel data (PS3.3 C.7.6.3,
// C.7.6.24) that can show something: 16 by 16 pixels. The shortest identifiers are
// not looked at: an object's own UIDs, class and date take more.
func holdsPixels(data []byte, s dicom.Syntax) bool {
	const shortest, fewest = 300, 256
	if len(data) < shortest {
		return false
	}
	var past dicom.Deviation
	for it := dicom.IterateTolerant(data, s, &past); it.Next(); {
		if it.Tag().Group() == 0x7FE0 && len(it.Value()) >= fewest {
			return true
		}
	}
	return false
}

// read returns a data set of at most limit bytes, unless it came in one PDU.
func (r *receiver) read(id uint8, limit int) ([]byte, error) {
	p, err := r.next()
	if err != nil {
		return nil, err
	}
	if p.Command() {
		return nil, &ProtocolError{What: "fragment of a command set where a data set should begin"}
	}
	if p.ContextID != id {
		return nil, &ProtocolError{What: "data set on another presentation context than its command"}
	}
	if p.Last() {
		return p.Data, nil
	}
	if r.dataSet, err = r.gather(r.dataSet[:0], p, limit); err != nil {
		return nil, err
	}
	return r.dataSet, nil
}

// gather appends fragments to buf up to the last one.
func (r *receiver) gather(buf []byte, p ul.PDV, limit int) ([]byte, error) {
	first := p
	for n := 0; ; n++ {
		if len(buf)+len(p.Data) > limit || n > maxFragments {
			return buf, errTooLong
		}
		buf = appendTo(buf, p.Data, limit)
		if p.Last() {
			return buf, nil
		}
		var err error
		if p, err = r.next(); err != nil {
			return buf, err
		}
		if p.ContextID != first.ContextID || p.Command() != first.Command() {
			return buf, &ProtocolError{What: "fragments of two messages are mixed"}
		}
	}
}

// appendTo appends data to buf, which is within limit together. Where buf has to
// grow, what it had is overwritten: values of patients can be in it.
func appendTo(buf, data []byte, limit int) []byte {
	if need := len(buf) + len(data); need > cap(buf) {
		larger := make([]byte, len(buf), min(max(2*need, firstGather), limit))
		copy(larger, buf)
		clear(buf[:cap(buf)])
		buf = larger
	}
	return append(buf, data...)
}

// wipe overwrites what was gathered, and the command set that was kept, whose
// Error Comment (0000,0902) can hold anything.
func (r *receiver) wipe() {
	clear(r.lastPDU[:cap(r.lastPDU)])
	r.lastPDU = r.lastPDU[:0]
	clear(r.command[:cap(r.command)])
	clear(r.dataSet[:cap(r.dataSet)])
	r.a.Wipe()
}
