package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// keepSurvey stores a survey of so many open archives of these numbers of studies.
func keepSurvey(t *testing.T, path, name string, day int, studies ...int64) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	at := time.Date(2026, 11, day, 9, 0, 0, 0, time.UTC)
	v, err := db.CreateSurvey(ctx, survey.Survey{Name: name, StartedAt: at, FinishedAt: at.Add(time.Hour), State: survey.StateFinished, Simulated: true})
	if err != nil {
		t.Fatal(err)
	}
	var records []survey.Record
	for i, n := range append(make([]int64, 20), studies...) { // and 20 that are closed
		f := survey.Finding{Schema: survey.FindingSchema, Verdict: survey.Protected, Grade: survey.GradeB, Owner: &survey.Owner{Country: "DE"},
			Target: survey.Target{Address: fmt.Sprintf("127.0.9.%d", i)}, Counts: survey.NotCounted("closed")}
		if n > 0 {
			f.Verdict, f.Grade = survey.OpenImages, survey.GradeF
			f.Counts = survey.Counts{Studies: survey.ExactCount(n, "x"), ImagesLinked: survey.ExactCount(30*n, "x"), ImagesAccessible: survey.ExactCount(30*n, "x"),
				Years: map[string]int64{"2024": n}}
		}
		records = append(records, survey.Record{SurveyID: v.ID, Finding: f})
	}
	if err := db.AppendRecords(ctx, records); err != nil {
		t.Fatal(err)
	}
}

// TestReportsSideBySide: what lies between two reports is no less withheld than
// what stands in one.
func TestReportsSideBySide(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.db")
	first := []int64{900, 1000, 1100, 1200, 1300, 1400, 1500, 1600, 1700, 1800}
	keepSurvey(t, path, "first", 1, first...)
	keepSurvey(t, path, "one more", 2, append(first[:10:10], 5000)...)
	keepSurvey(t, path, "many more", 3, append(first[:10:10], 2000, 2100, 2200, 2300)...)
	keepSurvey(t, path, "large", 4, append(first[:10:10], 2000, 2100, 90000)...)
	type figure struct {
		Value      int64
		Suppressed bool
		Coarse     bool
	}
	report := func(survey string) (open json.RawMessage, records figure, years string) {
		t.Helper()
		out := filepath.Join(dir, survey)
		leadglass(t, "--store="+path, "report", survey, "--format", "json", "--out", out).want(t, exitDone)
		text, err := os.ReadFile(filepath.Join(out, "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			Totals struct {
				Open    json.RawMessage `json:"archives_open"`
				Records figure          `json:"study_records"`
			}
			Years struct{ Rows []json.RawMessage }
		}
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		return r.Totals.Open, r.Totals.Records, fmt.Sprint(len(r.Years.Rows))
	}
	sum := int64(0)
	for _, n := range first {
		sum += n
	}
	for range 2 { // the first report is as it was also after later ones
		if open, records, years := report("first"); string(open) != "10" || records.Value != sum || records.Coarse || years != "1" {
			t.Errorf("the first report: %s open, %+v, %s years", open, records, years)
		}
		if open, records, years := report("one more"); string(open) == "11" || !records.Coarse || years != "0" {
			t.Errorf("one archive more: %s open, %+v, %s years", open, records, years)
		}
		if open, records, _ := report("many more"); string(open) != "14" || records.Value != sum+8600 {
			t.Errorf("four archives more: %s open, %+v", open, records)
		}
		if _, records, _ := report("large"); !records.Coarse {
			t.Errorf("a large archive more: %+v", records)
		}
	}
}
