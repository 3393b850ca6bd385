package dimse_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

func TestCommandRoundTrip(t *testing.T) {
	none := [4]int32{-1, -1, -1, -1}
	for _, want := range []dimse.CommandSet{
		{Field: dimse.CEchoRQ, MessageID: 1, SOPClass: dicom.Verification, Sub: none},
		{Field: dimse.CFindRQ, MessageID: 65535, SOPClass: dicom.StudyRootFind, DataSet: true, Sub: none},
		{Field: dimse.CMoveRQ, MessageID: 2, SOPClass: dicom.StudyRootMove, Destination: "THERE", DataSet: true, Sub: none},
		{Field: dimse.CCancelRQ, RespondedTo: 9, Sub: none},
		{Field: dimse.CFindRSP, RespondedTo: 3, Status: dimse.Pending, DataSet: true, Sub: none},
		{Field: dimse.CGetRSP, RespondedTo: 3, Status: dimse.Pending, Sub: [4]int32{1, 2, 3, 4}},
		{Field: dimse.CGetRSP, RespondedTo: 3, Status: dimse.SubOperationsFailed, Sub: [4]int32{-1, 0, 65535, 0}},
		{Field: dimse.CMoveRSP, RespondedTo: 3, Status: dimse.Cancelled, Sub: [4]int32{7, 0, 0, 0}},
	} {
		b := dimse.AppendCommand(nil, want)
		if got, err := dimse.ParseCommand(b); err != nil || got != want {
			t.Errorf("read %+v, %v, wrote %+v", got, err, want)
		}
		for n := range len(b) {
			_, _ = dimse.ParseCommand(b[:n:n]) // no panic
		}
	}
}

// FuzzCommand: a command set that is read can be written, and is then read the
// same, as far as we write such ones at all.
func FuzzCommand(f *testing.F) {
	for _, c := range []dimse.CommandSet{
		{Field: dimse.CMoveRQ, MessageID: 2, SOPClass: dicom.StudyRootMove, Destination: "THERE", DataSet: true},
		{Field: dimse.CGetRSP, RespondedTo: 3, Status: dimse.Pending, Sub: [4]int32{1, 2, 3, 4}},
		{Field: dimse.CCancelRQ, RespondedTo: 9},
	} {
		f.Add(dimse.AppendCommand(nil, c))
	}
	f.Add(response{dimse.CFindRSP, 1, 1, 0xFF00, study(1), nil}.set())
	f.Add([]byte{0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0x7F})
	f.Add([]byte{0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := dimse.ParseCommand(b)
		if err != nil {
			if !isProtocolError(err) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		written := dimse.AppendCommand(nil, first)
		second, err := dimse.ParseCommand(written)
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if again := dimse.AppendCommand(nil, second); !bytes.Equal(again, written) {
			t.Fatalf("written\n% X, then\n% X", written, again)
		}
		if second.Field != first.Field || second.RespondedTo != first.RespondedTo && first.Field&0x8000 != 0 || first.Field&0x8000 != 0 && second.Status != first.Status {
			t.Fatalf("read\n%+v, then\n%+v", first, second)
		}
	})
}

// FuzzConnection gives a requestor arbitrary bytes as the peer's answer to its
// request for an association and to a query: it ends, and its memory is
// bounded.
func FuzzConnection(f *testing.F) {
	ac := ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: []ul.ContextResult{{ID: 1, TransferSyntax: dicom.ImplicitVRLittleEndian}}})
	explicit := ul.AppendAssociateAC(nil, &ul.AssociateAC{Contexts: []ul.ContextResult{{ID: 1, TransferSyntax: dicom.ExplicitVRLittleEndian}}})
	get := response{dimse.CGetRSP, 1, 1, 0xC000, nil, []int{-1, 0, 1, 0}}.pdu()
	for _, rest := range [][]byte{
		nil, final(0), final(0xFE00), pending(study(1)), append(pending(study(1)), final(0xA700)...), blockOf(3), append(fragmented(2), final(0)...),
		get, ul.AppendAbort(nil, ul.Abort{}), ul.AppendReleaseRQ(nil), {4, 0, 0xFF, 0xFF, 0xFF, 0xF0}, {4, 0, 0, 0, 0, 4, 0, 0, 0, 0},
		bytes.Repeat(ul.AppendPDataHeader(nil, 1, 0, 0), 20),
	} {
		f.Add(append(bytes.Clone(ac), rest...), uint8(2))
		f.Add(append(bytes.Clone(explicit), rest...), uint8(0))
	}
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), uint8(0))
	f.Add(ul.AppendAssociateRJ(nil, ul.AssociateRJ{Result: 1, Source: 1, Reason: 7}), uint8(0))
	f.Add([]byte{2, 0, 0xFF, 0xFF, 0xFF, 0xFF}, uint8(0))
	buffer := make([]byte, 16<<10)
	f.Fuzz(func(t *testing.T, b []byte, stopAt uint8) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		conn := &memoryConn{pending: b}
		rq := ul.AssociateRQ{Contexts: ul.Propose(dicom.StudyRootFind, dicom.StudyRootGet)}
		a, err := ul.Request(t.Context(), conn, rq, ul.Options{Buffer: buffer, ReadBuffer: len(buffer), ReadTimeout: time.Second})
		if err == nil {
			c := dimse.NewClient(a)
			c.Drain.Responses = 3
			read, n := 0, 0
			r, _ := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
				n++
				read += len(m.Data)
				images(m)
				return n != int(stopAt)
			})
			if read > len(b) || int64(n) != r.Pending-r.AfterCancel {
				t.Fatalf("%d matches of %d bytes in a stream of %d; %+v", n, read, len(b), r)
			}
			_, _ = c.ProbeGet(t.Context(), dicom.StudyRootGet)
			_, _ = c.Echo(t.Context())
			_ = a.Release(t.Context())
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(256<<10+32*len(b)) {
			t.Fatalf("%d bytes allocated for a stream of %d", got, len(b))
		}
	})
}
