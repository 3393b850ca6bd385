package dimse_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// fragments is a pending response whose data set comes in PDUs of size bytes.
func fragments(data []byte, size int) []byte {
	set := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending, data: data}.set()
	b := append(ul.AppendPDataHeader(nil, 1, ul.ControlCommand|ul.ControlLast, len(set)), set...)
	for part := range slices.Chunk(data, size) {
		control := byte(0)
		if len(data) <= size {
			control = ul.ControlLast
		}
		b = append(ul.AppendPDataHeader(b, 1, control, len(part)), part...)
		data = data[len(part):]
	}
	return b
}

// TestWholeDataSets: a query that is answered with whole data sets ends at the
// first, of which hardly more is read than an identifier can have, and nothing
// stays in memory.
func TestWholeDataSets(t *testing.T) {
	const canary = "CANARY^WHOLE"
	named := dicom.AppendString(study(1), dicom.ImplicitLittle, dicom.PatientComments, dicom.LT, canary)
	with := func(pixels int) []byte {
		return dicom.AppendElement(bytes.Clone(named), dicom.ImplicitLittle, dicom.PixelData, dicom.OW, bytes.Repeat([]byte(canary), pixels/len(canary)))
	}
	comments := dicom.AppendString(study(1), dicom.ImplicitLittle, dicom.PatientComments, dicom.LT, string(bytes.Repeat([]byte("a"), 40<<10)))
	tests := []struct {
		name  string
		data  []byte
		size  int // of the PDUs
		right bool
	}{
		{"an identifier", study(1), 16 << 10, true},
		{"the longest comments", comments, 16 << 10, true},
		{"the longest comments in one PDU", comments, 60 << 10, true},
		{"1 MB of pixels", with(1 << 20), 16 << 10, false},
		{"300 bytes of pixels", with(300), 16 << 10, false},
		{"100 kB in one PDU", with(100_000), 120 << 10, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, buffer := &memoryConn{}, make([]byte, 256<<10)
			a := accepted(t, conn, ul.Options{Buffer: buffer})
			conn.pending = slices.Concat(fragments(test.data, test.size), bytes.Repeat(fragments(test.data, test.size), 20), final(dimse.Success))
			sent := len(conn.pending)
			c := dimse.NewClient(a)
			seen := 0
			r, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, func(dimse.Match) bool { seen++; return true })
			if test.right {
				if err != nil || seen != 21 {
					t.Fatalf("%d answers, %v", seen, err)
				}
				return
			}
			if !errors.Is(err, dimse.ErrNotIdentifier) || seen != 0 || r.Pending != 1 {
				t.Errorf("%d answers read of %d, %v", seen, r.Pending, err)
			}
			if read := sent - len(conn.pending); read > len(buffer) {
				t.Errorf("%d bytes were read", read)
			}
			c.Wipe()
			if bytes.Contains(buffer, []byte(canary)) {
				t.Error("what arrived is still in the buffer")
			}
		})
	}
}
