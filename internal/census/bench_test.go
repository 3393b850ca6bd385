package census_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/census"
)

// benchStudies is how many different studies one list of the benchmark has.
const benchStudies = 200_000

// prepared is a list of studies as bytes on the wire: of each response the PDU
// of the command and that of the identifier.
func prepared(command []byte, context uint8, s dicom.Syntax) []byte {
	var block []byte
	for i := range benchStudies {
		var d []byte
		put := func(t dicom.Tag, vr dicom.VR, v string) { d = dicom.AppendString(d, s, t, vr, v) }
		put(dicom.StudyDate, dicom.DA, dicom.DateOf(2010, 1, 1).AddDays(i*3650/benchStudies).String())
		put(dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
		put(dicom.InstanceAvailability, dicom.CS, "ONLINE")
		put(dicom.ModalitiesInStudy, dicom.CS, "CT")
		put(dicom.StudyInstanceUID, dicom.UI, fmt.Sprintf("1.2.840.113619.2.55.3.604688119.%d", 100_000_000+i*7919))
		put(dicom.NumberOfStudyRelatedInstances, dicom.IS, "30")
		block = append(block, command...)
		block = ul.AppendPDataHeader(block, context, ul.ControlLast, len(d))
		block = append(block, d...)
	}
	return block
}

// replayer answers every C-FIND with the prepared list.
func replayer(tb testing.TB) (ul.Opener, []byte) {
	tb.Helper()
	var block []byte
	a := &archive{}
	p := &dimse.Provider{
		Echo: func(context.Context, *dimse.Request) dimse.Outcome { return dimse.Answer(dimse.Success) },
		Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			if block == nil {
				block = prepared(out.PendingPDU(), r.ContextID, r.Syntax)
			}
			const chunk = 1 << 20
			for b := block; len(b) > 0; {
				n := min(chunk, len(b))
				if out.Raw(b[:n]) != nil {
					return dimse.CloseConnection
				}
				b = b[n:]
			}
			return dimse.Answer(dimse.Success)
		},
	}
	open, stop := a.startProvider(p)
	tb.Cleanup(stop)
	if n := census.CountWhole(tb.Context(), open); n != benchStudies {
		tb.Fatalf("%d studies, want %d", n, benchStudies)
	}
	return open, block
}

// drain receives the same bytes and does nothing with them.
func drain(tb testing.TB, block []byte, times int) time.Duration {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		for range times {
			if _, err := conn.Write(block); err != nil {
				return
			}
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	began := time.Now()
	buf := make([]byte, ul.DefaultReadBuffer)
	for {
		if _, err := conn.Read(buf); err != nil {
			if err != io.EOF {
				tb.Fatal(err)
			}
			break
		}
	}
	took := time.Since(began)
	_ = conn.Close()
	_ = l.Close()
	<-done
	return took
}

// BenchmarkCount counts lists of 200,000 studies, every response parsed,
// deduplicated and sketched, against a bare drain of the same bytes in the same
// run.
func BenchmarkCount(b *testing.B) {
	open, block := replayer(b)
	var counting, draining time.Duration
	b.SetBytes(int64(len(block)))
	lists := 0
	for b.Loop() {
		began := time.Now()
		census.CountWhole(b.Context(), open)
		counting += time.Since(began)
		b.StopTimer()
		draining += drain(b, block, 1)
		lists++
		b.StartTimer()
	}
	responses := float64(lists) * benchStudies
	b.ReportMetric(responses/counting.Seconds()/1e6, "Mresponses/s")
	b.ReportMetric(responses/draining.Seconds()/1e6, "Mdrained/s")
	b.ReportMetric(draining.Seconds()/counting.Seconds(), "of-drain")
	b.ReportMetric(float64(testing.AllocsPerRun(1, func() { census.CountWhole(b.Context(), open) }))/benchStudies, "allocs/response")
}

// BenchmarkResponse takes one response apart, without a socket.
func BenchmarkResponse(b *testing.B) {
	take := census.Taker(benchStudies)
	b.ReportAllocs()
	for b.Loop() {
		take()
	}
}
