package documents_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/documents"
	"leadglass/internal/publish"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// stored is a store with these finished surveys, a day apart, of five open
// archives each.
func stored(t *testing.T, names ...string) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for day, name := range names {
		at := time.Date(2026, 11, 1+day, 9, 0, 0, 0, time.UTC)
		v, err := db.CreateSurvey(t.Context(), survey.Survey{Name: name, StartedAt: at, FinishedAt: at.Add(time.Hour), State: survey.StateFinished,
			Coverage: &survey.Coverage{ScopeName: "s", Version: "1", Ports: []uint16{104}}})
		if err != nil {
			t.Fatal(err)
		}
		var records []survey.Record
		for i := range 5 {
			records = append(records, survey.Record{SurveyID: v.ID, Finding: survey.Finding{Schema: survey.FindingSchema, Verdict: survey.Open, Grade: survey.GradeF,
				Target: survey.Target{Address: fmt.Sprintf("127.0.9.%d", i)}, Counts: survey.NotCounted("off"), Owner: &survey.Owner{Country: "DE"}}})
		}
		if err := db.AppendRecords(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func TestNamed(t *testing.T) {
	db := stored(t, "first", "second")
	for name, want := range map[string]string{"": "second", "last": "second", "previous": "first", "first": "first"} {
		if v, err := documents.Named(t.Context(), db, name); err != nil || v.Name != want {
			t.Errorf("%q is %q, %v; want %q", name, v.Name, err, want)
		}
	}
	if _, err := documents.Named(t.Context(), stored(t, "only"), "previous"); err == nil || !strings.Contains(err.Error(), "holds 1 survey") {
		t.Errorf("the previous of one survey: %v", err)
	}
}

// TestWriteReport: every format of the list is written in both editions, under
// its name, and with nothing else.
func TestWriteReport(t *testing.T) {
	db := stored(t, "first", "second")
	v, err := documents.Named(t.Context(), db, "last")
	if err != nil {
		t.Fatal(err)
	}
	for edition, want := range map[string][]string{
		publish.EditionPublic:       {"report.html", "report.json", "countries.csv"},
		publish.EditionConfidential: {"report.html", "report.json", "archives.csv", "countries.csv"},
	} {
		dir := t.TempDir()
		paths, err := documents.WriteReport(t.Context(), db, v, documents.ReportOptions{Edition: edition, Dir: dir, Earlier: []string{"first"},
			Formats: []publish.Format{publish.HTML, publish.JSON, publish.CSV}})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range paths {
			names = append(names, filepath.Base(p))
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			if holds := strings.Contains(string(text), "127.0.9.3"); holds != (edition == publish.EditionConfidential && !strings.HasSuffix(p, "countries.csv")) {
				t.Errorf("%s of the %s edition holds an address: %v", filepath.Base(p), edition, holds)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s edition: %v, want %v", edition, names, want)
		}
		if left, _ := os.ReadDir(dir); len(left) != len(want) {
			t.Errorf("%s edition: %d files in the folder, want %d", edition, len(left), len(want))
		}
	}
}

// TestMinCount: the least count of the first public document on a survey is
// that of all later ones, of any kind.
func TestMinCount(t *testing.T) {
	db := stored(t, "first", "second")
	v, _ := documents.Named(t.Context(), db, "last")
	write := func(least *int) error {
		_, err := documents.WriteReport(t.Context(), db, v, documents.ReportOptions{Edition: publish.EditionPublic, Dir: t.TempDir(),
			Formats: []publish.Format{publish.JSON}, MinCount: least})
		return err
	}
	refused := func(what string, err error) {
		t.Helper()
		var refusal *survey.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "--min-count") {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
	}
	refused("a report with 0", write(new(0)))
	if err := write(new(4)); err != nil {
		t.Fatal(err)
	}
	refused("a report with another number", write(new(5)))
	c, err := documents.Compare(t.Context(), db, "", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Public(t.Context(), new(5))
	refused("a comparison with another number", err)
	if r, err := c.Public(t.Context(), nil); err != nil || r.MinCount != 4 {
		t.Errorf("a comparison without a number: %d, %v; want 4", r.MinCount, err)
	}
	_, err = documents.Trend(t.Context(), db, []string{"first", "second"}, publish.EditionPublic, new(5))
	refused("a trend with another number", err)
}

func TestTrend(t *testing.T) {
	var refusal *survey.Refusal
	if _, err := documents.Trend(t.Context(), stored(t, "only"), []string{"only", "only"}, publish.EditionPublic, nil); !errors.As(err, &refusal) {
		t.Errorf("a trend of one survey, named twice: %v, want a refusal", err)
	}
}
