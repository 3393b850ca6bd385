package ul

import (
	"encoding/binary"
	"fmt"
	"time"
)

// receiver is the receive buffer: bytes r to w wait to be parsed, in place.
type receiver struct {
	buf  []byte
	r, w int
	// pdvs is what is left of the P-DATA-TF being read, at offset pdvAt.
	pdvs  []byte
	pdvAt int
}

// PDV is a fragment of a message (PS3.8 9.3.5.1). Data is part of the receive
// buffer and is valid until the next read.
type PDV struct {
	ContextID uint8
	// Control holds ControlCommand and ControlLast.
	Control byte
	Data    []byte
}

// Command reports whether the fragment belongs to a command set.
func (p PDV) Command() bool { return p.Control&ControlCommand != 0 }

// Last reports whether the fragment is the last of its command or data set.
func (p PDV) Last() bool { return p.Control&ControlLast != 0 }

// ReadPDV returns the next fragment. It returns ErrReleaseRequested when the
// peer asks for release, *AbortedError when it aborts, ErrClosed when it
// closes the connection.
func (a *Association) ReadPDV() (PDV, error) {
	in := &a.in
	const headers = headerLength + pdvHeaderLength
	if b := in.buf[in.r:in.w]; len(b) >= headers && len(in.pdvs) == 0 && b[0] == TypePData && state(a.state.Load()) == sta6 {
		// The usual case: a whole P-DATA-TF with one PDV waits in the buffer.
		whole := uint64(binary.BigEndian.Uint32(b[2:])) + headerLength
		if one := uint64(binary.BigEndian.Uint32(b[headerLength:])); one >= 2 && one+headerLength+4 == whole && whole <= uint64(len(b)) {
			in.r += int(whole)
			return PDV{ContextID: b[10], Control: b[11], Data: b[headers:whole:whole]}, nil
		}
	}
	return a.readPDV()
}

// readPDV is ReadPDV for all cases.
func (a *Association) readPDV() (PDV, error) {
	for len(a.in.pdvs) == 0 {
		kind, body, err := a.readPDU(false)
		if err != nil {
			return PDV{}, err
		}
		if act := a.step(received[kind]); act != dt2 {
			return PDV{}, a.control(act, kind, body)
		}
		a.in.pdvs, a.in.pdvAt = body, 0
		if len(body) == 0 {
			return PDV{}, a.badPDV("no PDV in it")
		}
	}
	return a.nextPDV()
}

// Consume takes the bytes that wait in the receive buffer when they begin with
// pdu, a whole P-DATA-TF, and reports whether they did. It never waits. Peers
// repeat the command set of a pending response to the byte, so that comparing
// saves parsing.
func (a *Association) Consume(pdu []byte) bool {
	in := &a.in
	if len(in.pdvs) != 0 || in.w-in.r < len(pdu) || state(a.state.Load()) != sta6 {
		return false
	}
	if string(in.buf[in.r:in.r+len(pdu)]) != string(pdu) {
		return false
	}
	in.r += len(pdu)
	return true
}

// nextPDV takes a fragment off the P-DATA-TF being read.
func (a *Association) nextPDV() (PDV, error) {
	b := a.in.pdvs
	if len(b) < pdvHeaderLength {
		return PDV{}, a.badPDV("PDV header cut short")
	}
	n := binary.BigEndian.Uint32(b)
	if n < 2 {
		return PDV{}, a.badPDV("PDV length below 2")
	}
	if uint64(n) > uint64(len(b)-4) {
		return PDV{}, a.badPDV("PDV is longer than its PDU")
	}
	end := 4 + int(n)
	a.in.pdvs = b[end:]
	a.in.pdvAt += end
	return PDV{ContextID: b[4], Control: b[5], Data: b[pdvHeaderLength:end:end]}, nil
}

func (a *Association) badPDV(what string) error {
	err := &ProtocolError{PDU: TypePData, Offset: a.in.pdvAt, What: what}
	a.in.pdvs = nil
	return a.refuse(evInvalidPDU, AbortInvalidParam, err)
}

// control handles a PDU other than an expected P-DATA-TF, for which the
// transition has been made, and returns the error that ReadPDV reports.
func (a *Association) control(act action, kind byte, body []byte) error {
	switch act {
	case ar2, ar8:
		return ErrReleaseRequested
	case aa2, aa3:
		return &AbortedError{Abort: parseAbort(body)}
	}
	a.protest(act, AbortUnexpectedPDU)
	return &ProtocolError{PDU: kind, Offset: -1, What: "not expected now"}
}

// readPDU returns the type and the body of the next PDU, in the receive
// buffer. first says that the peer has said nothing yet, so that its first
// bytes tell whether it speaks the protocol at all.
func (a *Association) readPDU(first bool) (byte, []byte, error) {
	in := &a.in
	if in.w-in.r < headerLength {
		if err := a.fill(headerLength, first); err != nil {
			return 0, nil, err
		}
	}
	header := in.buf[in.r : in.r+headerLength]
	kind, n := header[0], pduLength(header)
	if err := a.checkHeader(kind, n, first); err != nil {
		reason := AbortInvalidParam
		if kind > TypeAbort || kind == 0 {
			reason = AbortUnrecognizedPDU
		}
		return 0, nil, a.refuse(evInvalidPDU, reason, err)
	}
	need := headerLength + int(n)
	if in.w-in.r < need {
		if err := a.fill(need, first); err != nil {
			return 0, nil, err
		}
	}
	body := in.buf[in.r+headerLength : in.r+need : in.r+need]
	in.r += need
	return kind, body, nil
}

func (a *Association) checkHeader(kind byte, n uint32, first bool) error {
	if kind < TypeAssociateRQ || kind > TypeAbort {
		e := &ProtocolError{PDU: kind, Offset: -1, What: "PDU type not known"}
		if first {
			e.Looks = looksLike(a.in.buf[a.in.r:a.in.w])
			e.What = "the first bytes look like " + e.Looks
			if e.Looks == "unknown" {
				e.What = "the first bytes are of no protocol known here"
			}
		}
		return e
	}
	limit := len(a.in.buf) - headerLength
	if kind != TypePData {
		limit = min(limit, maxAssociatePDU)
	}
	if uint64(n) > uint64(limit) {
		return &ProtocolError{PDU: kind, Offset: 2, What: fmt.Sprintf("length %d is over the limit of %d bytes", n, limit)}
	}
	return nil
}

// fill reads until need bytes wait in the buffer, which holds at least that
// many. An early end is reported as what it is: on the first answer, a few
// bytes of another protocol are told from a connection that was just closed.
func (a *Association) fill(need int, first bool) error {
	in := &a.in
	if in.r == in.w {
		in.r, in.w = 0, 0
	} else if in.r+need > len(in.buf) {
		copy(in.buf, in.buf[in.r:in.w])
		in.w -= in.r
		in.r = 0
	}
	for in.w-in.r < need {
		_ = a.conn.SetReadDeadline(time.Now().Add(a.opt.ReadTimeout))
		if cause := a.cause(); cause != nil {
			return cause
		}
		n, err := a.conn.Read(in.buf[in.w:])
		in.w += n
		if err != nil && in.w-in.r < need {
			if got := in.buf[in.r:in.w]; first && a.cause() == nil && len(got) > 0 && (got[0] == 0 || got[0] > TypeAbort) {
				return a.checkHeader(got[0], 0, true)
			}
			return fmt.Errorf("reading: %w", a.classify(err))
		}
	}
	return nil
}

// Wipe overwrites what the buffers hold of fragments already returned and of
// messages already sent, so that no value stays in memory; on an association
// that has ended, also what was received and not read.
func (a *Association) Wipe() {
	in := &a.in
	if a.closed.Load() {
		clear(in.buf)
	}
	clear(in.buf[:in.r-len(in.pdvs)])
	clear(in.buf[in.w:])
	clear(a.out[len(a.out):cap(a.out)])
}
