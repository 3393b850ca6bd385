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
// hands out prepared blocks of responses as fast as they are read.
type memoryConn struct {
	net.Conn
	pending []byte
	block   []byte
	left    int
}

func (c *memoryConn) Read(b []byte) (int, error) {
	if len(c.pending) == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		c.left--
		c.pending = c.block
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

// BenchmarkFindParse is BenchmarkFindResponse without the kernel: what is left
// is the work of this package and package ul.
func BenchmarkFindParse(b *testing.B) {
	const perBlock = 1000
	ac := ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: []ul.ContextResult{{ID: 1, TransferSyntax: dicom.ImplicitVRLittleEndian}}})
	conn := &memoryConn{pending: ac, left: 1 << 40}
	a, err := ul.Request(b.Context(), conn, ul.AssociateRQ{CalledAETitle: "A", CallingAETitle: "B", Contexts: ul.Propose(dicom.StudyRootFind)}, ul.Options{})
	if err != nil {
		b.Fatal(err)
	}
	const s = dicom.ImplicitLittle
	command := dicom.AppendString(nil, s, dicom.AffectedSOPClassUID, dicom.UI, dicom.StudyRootFind)
	command = dicom.AppendUint16(command, s, dicom.CommandField, uint16(dimse.CFindRSP))
	command = dicom.AppendUint16(command, s, dicom.MessageIDBeingRespondedTo, 1)
	command = dicom.AppendUint16(command, s, dicom.CommandDataSetType, 1)
	command = dicom.AppendUint16(command, s, dicom.CommandStatus, uint16(dimse.Pending))
	for i := range perBlock {
		id := studyIdentifier(s, i)
		conn.block = ul.AppendPDataHeader(conn.block, 1, ul.ControlCommand|ul.ControlLast, len(command))
		conn.block = append(conn.block, command...)
		conn.block = ul.AppendPDataHeader(conn.block, 1, ul.ControlLast, len(id))
		conn.block = append(conn.block, id...)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(conn.block) / perBlock))
	seen := 0
	var sum int64
	b.ResetTimer()
	_, err = dimse.NewClient(a).Find(b.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
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
