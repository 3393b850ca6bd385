package dimse_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// replay is a provider that answers each C-FIND with n prepared responses,
// written in large blocks, so that it is never what a requestor waits for.
func replay(n int) *dimse.Provider {
	return &dimse.Provider{
		Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) },
		Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			const perBlock = 1000
			command := out.PendingPDU()
			var block []byte
			for i := range perBlock {
				id := studyIdentifier(r.Syntax, i)
				block = append(block, command...)
				block = ul.AppendPDataHeader(block, r.ContextID, ul.ControlLast, len(id))
				block = append(block, id...)
			}
			for range n / perBlock {
				if out.Cancelled() || out.Raw(block) != nil {
					return dimse.Answer(dimse.Cancelled)
				}
			}
			return dimse.Answer(dimse.Success)
		},
	}
}

// BenchmarkFindResponse measures the receive path: one operation is one
// pending C-FIND response, read from a socket, parsed and added up.
func BenchmarkFindResponse(b *testing.B) {
	const n = 1_000_000
	c := dimse.NewClient(request(b, serve(b, replay(n), ul.Options{}, acceptAll), dicom.StudyRootFind))
	b.ReportAllocs()
	b.ResetTimer()
	seen := 0
	for seen < b.N {
		var sum int64
		r, err := c.Find(b.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
			sum += images(m)
			seen++
			return true
		})
		if err != nil || r.Pending != n || sum != 30*n {
			b.Fatalf("%d responses, %d images, %v", r.Pending, sum, err)
		}
	}
	b.ReportMetric(float64(seen)/b.Elapsed().Seconds(), "responses/s")
}

// BenchmarkAgainstOthers measures three receivers of the same replayed
// responses in turn, in one run: this package, a loop that only drains the
// socket, and DCMTK's findscu.
func BenchmarkAgainstOthers(b *testing.B) {
	findscu, err := exec.LookPath("findscu")
	if err != nil {
		b.Fatal("findscu is missing: run `make setup`")
	}
	const n = 1_000_000
	const nTool = 100_000
	addr := serve(b, replay(n), ul.Options{}, acceptAll)
	addrTool := serve(b, replay(nTool), ul.Options{}, acceptAll)
	var ours, drain, tool time.Duration
	rounds := 0
	for b.Loop() {
		rounds++
		ours += timeFind(b, addr, n)
		drain += timeDrain(b, addr)
		host, port, _ := net.SplitHostPort(addrTool)
		start := time.Now()
		out, err := exec.Command(findscu, "-q", "-S", "-k", "0008,0052=STUDY", "-k", "0020,000D", "-k", "0020,1208", host, port).CombinedOutput()
		if err != nil {
			b.Fatalf("findscu: %v: %s", err, out)
		}
		tool += time.Since(start)
	}
	rate := func(n int, d time.Duration) float64 { return float64(n*rounds) / d.Seconds() }
	b.ReportMetric(rate(n, ours), "responses/s")
	b.ReportMetric(rate(n, drain), "drained/s")
	b.ReportMetric(rate(nTool, tool), "findscu/s")
	b.ReportMetric(rate(n, ours)/rate(n, drain), "x-drain")
	b.ReportMetric(rate(n, ours)/rate(nTool, tool), "x-findscu")
}

func timeFind(b *testing.B, addr string, n int64) time.Duration {
	a := request(b, addr, dicom.StudyRootFind)
	c := dimse.NewClient(a)
	start := time.Now()
	var sum int64
	r, err := c.Find(b.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool {
		sum += images(m)
		return true
	})
	took := time.Since(start)
	if err != nil || r.Pending != n || sum != 30*n {
		b.Fatalf("%d responses, %d images, %v", r.Pending, sum, err)
	}
	if err := a.Release(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// timeDrain reads the same bytes without looking at them, until the final
// response, which is the only message that is not as long as the others.
func timeDrain(b *testing.B, addr string) time.Duration {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	rq := &ul.AssociateRQ{CalledAETitle: "ANY", CallingAETitle: "DRAIN", Contexts: ul.Propose(dicom.StudyRootFind),
		User: ul.UserInfo{MaxPDULength: ul.DefaultMaxPDULength}}
	if _, err := conn.Write(ul.AppendAssociateRQ(nil, rq)); err != nil {
		b.Fatal(err)
	}
	header := make([]byte, 6)
	if _, err := io.ReadFull(conn, header); err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(header[2:]))); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := conn.Write(findRequest()); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, ul.DefaultReadBuffer)
	final := []byte{0, 0, 0, 9, 2, 0, 0, 0, 0, 0} // status 0000 ends the last command set
	for {
		n, err := conn.Read(buf)
		if n >= len(final) && string(buf[n-len(final):n]) == string(final) {
			return time.Since(start)
		}
		if err != nil && !errors.Is(err, io.EOF) || n == 0 {
			b.Fatal(err)
		}
	}
}

// findRequest is a C-FIND-RQ on context 1, as two PDUs.
func findRequest() []byte {
	const s = dicom.ImplicitLittle
	command := dicom.AppendString(nil, s, dicom.AffectedSOPClassUID, dicom.UI, dicom.StudyRootFind)
	command = dicom.AppendUint16(command, s, dicom.CommandField, uint16(dimse.CFindRQ))
	command = dicom.AppendUint16(command, s, dicom.MessageID, 1)
	command = dicom.AppendUint16(command, s, dicom.CommandDataSetType, 1)
	identifier := dicom.AppendString(nil, s, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
	pdu := ul.AppendPDataHeader(nil, 1, ul.ControlCommand|ul.ControlLast, len(command))
	pdu = append(pdu, command...)
	pdu = ul.AppendPDataHeader(pdu, 1, ul.ControlLast, len(identifier))
	return append(pdu, identifier...)
}
