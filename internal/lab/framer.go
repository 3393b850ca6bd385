package lab

import (
	"encoding/binary"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// framer puts responses on the wire in ways that no well-made server would.
type framer struct {
	quirks  *Quirks
	resp    *dimse.Responder
	context uint8
	syntax  dicom.Syntax
	// command is the command set of a pending response, without PDU.
	command []byte
	sent    int64
	// body gathers the PDVs of a P-DATA-TF to come.
	body []byte
}

const (
	pduHeader = 6
	pdvHeader = 6
)

// newFramer returns nil when responses are framed as usual.
func newFramer(q *Quirks, resp *dimse.Responder, r *dimse.Request) *framer {
	if q.PDVBytes == 0 && q.PDUBytes == 0 && q.Malformed == "" {
		return nil
	}
	return &framer{quirks: q, resp: resp, context: r.ContextID, syntax: r.Syntax,
		command: resp.PendingPDU()[pduHeader+pdvHeader:]}
}

// response sends one response.
func (f *framer) response(identifier []byte) error {
	f.sent++
	command, id := f.command, f.context
	var before []byte
	broken := f.quirks.Malformed != "" && (f.quirks.MalformedEvery == 0 || f.sent%f.quirks.MalformedEvery == 0)
	if broken {
		switch f.quirks.Malformed {
		case WrongLength:
			identifier = runsOver(identifier, f.syntax)
		case OddLength:
			identifier = oddLengths(identifier, f.syntax)
		case WrongVR:
			identifier = wrongVRs(identifier, f.syntax)
		case ZeroPDV:
			before = []byte{ul.TypePData, 0, 0, 0, 0, 4, 0, 0, 0, 0}
		case HugePDU:
			before = []byte{ul.TypePData, 0, 0xFF, 0xFF, 0xFF, 0xF0}
		case HugeCommand:
			command = hugeElement(command)
		case WrongMessage:
			command = otherMessage(command)
		case WrongContext:
			id += 2
		}
	}
	if len(before) > 0 {
		if err := f.resp.Raw(before); err != nil {
			return err
		}
	}
	f.fragment(id, ul.ControlCommand, command)
	f.fragment(id, 0, identifier)
	if f.quirks.PDUBytes > 0 && len(f.body) < f.quirks.PDUBytes {
		return nil
	}
	return f.flush()
}

// fragment appends the PDVs of a command set or data set.
func (f *framer) fragment(id, control byte, data []byte) {
	size := f.quirks.PDVBytes
	if size == 0 {
		size = len(data)
	}
	for len(data) > size {
		f.pdv(id, control, data[:size])
		data = data[size:]
	}
	f.pdv(id, control|ul.ControlLast, data)
}

func (f *framer) pdv(id, control byte, data []byte) {
	f.body = binary.BigEndian.AppendUint32(f.body, uint32(len(data)+2))
	f.body = append(f.body, id, control)
	f.body = append(f.body, data...)
}

// flush sends the PDVs gathered as one P-DATA-TF.
func (f *framer) flush() error {
	if len(f.body) == 0 {
		return nil
	}
	pdu := binary.BigEndian.AppendUint32([]byte{ul.TypePData, 0}, uint32(len(f.body)))
	err := f.resp.Raw(append(pdu, f.body...))
	f.body = f.body[:0]
	return err
}

// runsOver appends an element whose length runs past the data set.
func runsOver(identifier []byte, s dicom.Syntax) []byte {
	out := append([]byte{}, identifier...)
	out = dicom.AppendString(out, s, dicom.StudyComments, dicom.LT, "CANARY")
	if s == dicom.ImplicitLittle {
		binary.LittleEndian.PutUint32(out[len(out)-10:], 0x1000)
	} else {
		binary.LittleEndian.PutUint16(out[len(out)-8:], 0x1000)
	}
	return out
}

// oddLengths cuts the padding off values, so that their lengths are odd
// (against PS3.5 7.1.1).
func oddLengths(identifier []byte, s dicom.Syntax) []byte {
	return rewrite(identifier, s, func(_ dicom.Tag, vr dicom.VR, v []byte) (dicom.VR, []byte) {
		return vr, dicom.Trim(v)
	})
}

// wrongVRs sends numbers as US and dates as LO; in implicit VR only the
// numbers differ.
func wrongVRs(identifier []byte, s dicom.Syntax) []byte {
	return rewrite(identifier, s, func(t dicom.Tag, vr dicom.VR, v []byte) (dicom.VR, []byte) {
		switch t {
		case dicom.StudyDate, dicom.StudyTime:
			return dicom.LO, v
		case dicom.NumberOfStudyRelatedInstances:
			if n, ok := dicom.ParseIS(v); ok {
				return dicom.US, binary.LittleEndian.AppendUint16(nil, uint16(n))
			}
		}
		return vr, v
	})
}

// rewrite encodes a data set again, with other VRs and values, their lengths
// as they are.
func rewrite(identifier []byte, s dicom.Syntax, change func(dicom.Tag, dicom.VR, []byte) (dicom.VR, []byte)) []byte {
	var out []byte
	it := dicom.Iterate(identifier, s)
	for it.Next() {
		vr, v := change(it.Tag(), it.VR(), it.Value())
		out = binary.LittleEndian.AppendUint16(out, it.Tag().Group())
		out = binary.LittleEndian.AppendUint16(out, it.Tag().Element())
		if s == dicom.ImplicitLittle {
			out = binary.LittleEndian.AppendUint32(out, uint32(len(v)))
		} else {
			out = append(out, byte(vr>>8), byte(vr))
			out = binary.LittleEndian.AppendUint16(out, uint16(len(v)))
		}
		out = append(out, v...)
	}
	return out
}

// hugeElement gives the first element after the group length a length of 2 GiB.
func hugeElement(command []byte) []byte {
	const groupLength = 12
	out := append([]byte{}, command...)
	binary.LittleEndian.PutUint32(out[groupLength+4:], 0x7FFFFFFF)
	return out
}

// otherMessage answers a message ID that was never sent.
func otherMessage(command []byte) []byte {
	out := append([]byte{}, command...)
	setNumber(out, dicom.MessageIDBeingRespondedTo, 0x7A7A)
	return out
}

// finalPDU makes the PDU of a final response from that of a pending one.
func finalPDU(pending []byte, status uint16) []byte {
	const noDataSet = 0x0101 // PS3.7 E.1
	command := pending[pduHeader+pdvHeader:]
	setNumber(command, dicom.CommandDataSetType, noDataSet)
	setNumber(command, dicom.CommandStatus, status)
	return pending
}

// setNumber changes an element of VR US of a command set in place.
func setNumber(command []byte, t dicom.Tag, n uint16) {
	for i := 0; i+10 <= len(command); i += 8 + int(binary.LittleEndian.Uint32(command[i+4:])) {
		if binary.LittleEndian.Uint32(command[i:]) == uint32(t)<<16 {
			binary.LittleEndian.PutUint16(command[i+8:], n)
		}
	}
}
