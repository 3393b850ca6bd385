package examine_test

import (
	"testing"
	"time"

	"leadglass/internal/census"
	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/privacy"
	"leadglass/internal/products"
	"leadglass/internal/realserver"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// BenchmarkCheckOrthanc is one full check of an idle Orthanc with 40 studies:
// identification, all DICOM checks, count. Orthanc writes header and data
// apart, so a client that delays its acknowledgements waits 40 ms at every
// turn; BenchmarkTurn of package gate shows that difference alone.
func BenchmarkCheckOrthanc(b *testing.B) {
	server := realserver.Orthanc(b, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), InMemory: true,
		Studies: realserver.Studies(1, 40, 3, realserver.StudyOptions{})})
	s, err := scope.ForTargets([]string{server.Host}, "")
	if err != nil {
		b.Fatal(err)
	}
	table, err := products.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		eng := &examine.Engine{Gate: gate.New(s, gate.Options{PerNetworkProbesPerSecond: 1000}), Scope: s, Products: table,
			SketchKey: privacy.NewKey(), Memory: census.NewMemory(census.DefaultMemory), Timeouts: examine.DefaultTimeouts}
		r, err := eng.Check(b.Context(), survey.Candidate{Address: server.Addr(), Port: server.DICOMPort})
		if err != nil {
			b.Fatal(err)
		}
		if n, _ := r.Finding.Counts.Studies.Int(); n != 40 || r.Finding.Verdict != survey.OpenImages {
			b.Fatalf("%d studies, %s", n, r.Finding.Verdict)
		}
		b.ReportMetric(float64(r.Finding.Traffic.Associations), "associations")
		b.ReportMetric(float64(r.Finding.Traffic.BytesSent), "bytes-sent")
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/check")
}
