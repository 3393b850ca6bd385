package dimse_test

import (
	"io"
	"net"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// memoryConn is a peer without a network: it accepts the association, then
// hands out prepared blocks of responses as fast as they are read, and a last
// piece at the end.
type memoryConn struct {
	net.Conn
	pending []byte
	block   []byte
	left    int
	last    []byte
}

func (c *memoryConn) Read(b []byte) (int, error) {
	if len(c.pending) == 0 {
		switch {
		case c.left > 0:
			c.left--
			c.pending = c.block
		case len(c.last) > 0:
			c.pending, c.last = c.last, nil
		default:
			return 0, io.EOF
		}
	}
	n := copy(b, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

func (c *memoryConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c *memoryConn) Close() error                     { return nil }
func (c *memoryConn) SetDeadline(time.Time) error      { return nil }
func (c *memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }

// accepted makes an association with conn as the peer, which accepts the study
// query in implicit VR.
func accepted(tb testing.TB, conn *memoryConn, opt ul.Options) *ul.Association {
	tb.Helper()
	conn.pending = ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: []ul.ContextResult{{ID: 1, TransferSyntax: dicom.ImplicitVRLittleEndian}}})
	a, err := ul.Request(tb.Context(), conn, ul.AssociateRQ{CalledAETitle: "A", CallingAETitle: "B", Contexts: ul.Propose(dicom.StudyRootFind)}, opt)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// blockOf makes n pending responses to message 1, as servers send them.
func blockOf(n int) (block []byte) {
	const s = dicom.ImplicitLittle
	command := dicom.AppendString(nil, s, dicom.AffectedSOPClassUID, dicom.UI, dicom.StudyRootFind)
	command = dicom.AppendUint16(command, s, dicom.CommandField, uint16(dimse.CFindRSP))
	command = dicom.AppendUint16(command, s, dicom.MessageIDBeingRespondedTo, 1)
	command = dicom.AppendUint16(command, s, dicom.CommandDataSetType, 1)
	command = dicom.AppendUint16(command, s, dicom.CommandStatus, uint16(dimse.Pending))
	for i := range n {
		id := studyIdentifier(s, i)
		block = ul.AppendPDataHeader(block, 1, ul.ControlCommand|ul.ControlLast, len(command))
		block = append(block, command...)
		block = ul.AppendPDataHeader(block, 1, ul.ControlLast, len(id))
		block = append(block, id...)
	}
	return block
}

// BenchmarkFindParse is BenchmarkFindResponse without the kernel: what is left
// is the work of this package and package ul.
func BenchmarkFindParse(b *testing.B) {
	const perBlock = 1000
	conn := &memoryConn{left: 1 << 30, block: blockOf(perBlock)}
	a := accepted(b, conn, ul.Options{})
	b.ReportAllocs()
	b.SetBytes(int64(len(conn.block) / perBlock))
	seen := 0
	var sum int64
	b.ResetTimer()
	_, err := dimse.NewClient(a).Find(b.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
		sum += images(m)
		if seen++; seen == b.N {
			conn.left = 0
		}
		return true
	})
	if err == nil || sum == 0 {
		b.Fatal(err)
	}
}

// TestNothingIsAllocatedPerResponse compares queries of 10,000 and of 20,000
// responses: they allocate equally often.
func TestNothingIsAllocatedPerResponse(t *testing.T) {
	const perBlock = 100
	block := blockOf(perBlock)
	for name, block := range map[string][]byte{"a fragment each": block, "many fragments": fragmented(perBlock)} {
		buffer := make([]byte, 70_001) // not a multiple of anything
		query := func(n int) func() {
			return func() {
				conn := &memoryConn{left: n / perBlock, block: block, last: final(dimse.Success)}
				var sum int64
				c := dimse.NewClient(accepted(t, conn, ul.Options{Buffer: buffer, ReadBuffer: len(buffer)}))
				r, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
					sum += images(m)
					return true
				})
				if err != nil || r.Pending != int64(n) || sum != 30*int64(n) {
					t.Fatalf("%s: %+v, %d images, %v", name, r, sum, err)
				}
			}
		}
		few, many := testing.AllocsPerRun(5, query(10_000)), testing.AllocsPerRun(5, query(20_000))
		if many != few {
			t.Errorf("%s: %v allocations for 10,000 responses, %v for 20,000", name, few, many)
		}
	}
}

// fragmented is blockOf with fragments of 50 bytes, some of which share a PDU.
func fragmented(n int) (block []byte) {
	split := func(data []byte, control byte) (b []byte) {
		for len(data) > 50 {
			b = append(b, 0, 0, 0, 52, 1, control)
			b, data = append(b, data[:50]...), data[50:]
		}
		return append(append(b, 0, 0, 0, byte(len(data)+2), 1, control|ul.ControlLast), data...)
	}
	command := response{command: dimse.CFindRSP, message: 1, context: 1, status: dimse.Pending, data: []byte{}}.set()
	for i := range n {
		body := append(split(command, ul.ControlCommand), split(study(i), 0)...)
		block = append(block, ul.TypePData, 0, 0, 0, byte(len(body)>>8), byte(len(body)))
		block = append(block, body...)
	}
	return block
}
