package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"leadglass/internal/assess"
	"leadglass/internal/compare"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// BenchmarkDiff compares two stored surveys of 100,000 archives, a quarter of
// them open, with the texts that findings have, and writes the confidential
// edition as JSON.
func BenchmarkDiff(b *testing.B) {
	const archives = 100_000
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "s.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	for turn := range 2 {
		benchSurvey(b, db, archives, turn)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	for b.Loop() {
		d, err := openDiff(b.Context(), db, "", "")
		if err != nil {
			b.Fatal(err)
		}
		if err := compare.WriteJSON(io.Discard, compare.Confidential(d.sum), d.changes(b.Context())); err != nil {
			b.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		most = max(most, after.HeapAlloc)
	}
	b.ReportMetric(float64(b.Elapsed().Seconds())/float64(b.N), "s/diff")
	b.ReportMetric(float64(most)/(1<<20), "MB-heap")
}

// benchSurvey stores a survey of so many archives. In the second one, every
// tenth archive has another verdict.
func benchSurvey(b *testing.B, db *store.Store, archives, turn int) {
	coverage, err := coverageOf(benchScope(b), "")
	if err != nil {
		b.Fatal(err)
	}
	v, err := db.CreateSurvey(b.Context(), survey.Survey{Name: fmt.Sprint("bench ", turn), State: survey.StateFinished,
		StartedAt: time.Date(2026, 1+time.Month(turn), 1, 0, 0, 0, 0, time.UTC), Coverage: coverage})
	if err != nil {
		b.Fatal(err)
	}
	var batch []survey.Record
	for i := range archives {
		verdict := []survey.Verdict{survey.OpenImages, survey.Protected, survey.Protected, survey.Identified}[i%4]
		if turn == 1 && i%10 == 0 {
			verdict = survey.Protected
		}
		batch = append(batch, benchRecord(v.ID, i, verdict))
		if len(batch) == 1000 || i == archives-1 {
			if err := db.AppendRecords(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

func benchScope(b *testing.B) *scope.Scope {
	s, err := scope.Parse("bench.yaml", []byte(scopeText("10.0.0.0/15", "104, 11112", "80, 8080")), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func benchRecord(id string, i int, verdict survey.Verdict) survey.Record {
	address := fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
	f := survey.Finding{Schema: survey.FindingSchema, Verdict: verdict, Grade: survey.GradeB,
		Target: survey.Target{Host: address, Address: address, Port: 11112}, Counts: survey.NotCounted("no service answers queries"),
		Owner: &survey.Owner{Country: []string{"US", "IN", "TR", "BR", "DE"}[i%5], Site: "Hospital", Source: "overlay"}}
	f.Services = []survey.Service{
		{Port: 11112, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Levels: survey.Levels{Speaks: true, Associates: verdict != survey.Protected},
			SOPClasses: []string{"1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"}},
		{Port: 8080, Protocol: survey.ProtocolHTTP, Outcome: survey.Answered, HTTP: &survey.HTTP{Status: 401, AuthRequired: true}},
	}
	if verdict.FreelyAccessible() {
		f.Counts.Studies, f.Counts.ImagesLinked = survey.ExactCount(int64(i), "c-find-study"), survey.ExactCount(int64(i)*30, "c-find-study")
	}
	for _, c := range assess.Catalogue() {
		check := survey.Check{ID: c.ID, Title: c.Title, Severity: c.Severity, State: survey.Pass, Port: 11112,
			Evidence: "A sentence that says what was seen of the service.", References: c.References}
		switch {
		case c.On == assess.OnHTTP:
			check.Port = 8080
		case c.ID == assess.LGD03.ID, verdict.FreelyAccessible() && c.On == assess.OnDICOM && c.ID < "LG-D07":
			check.State, check.Remedy = survey.Fail, c.Remedy(&f.Services[0])
		}
		f.Checks = append(f.Checks, check)
	}
	return survey.Record{SurveyID: id, Finding: f}
}
