package main

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// BenchmarkReport makes all files of a report but the PDF, of surveys that grow
// tenfold, each in a process of its own. The findings are those of 23 archives
// in the mix of the study of 2019, over and over, at addresses of their own. Beside
// it stands what it takes to read the same records once and do nothing with
// them.
func BenchmarkReport(b *testing.B) {
	program := build(b)
	model := modelSurvey(b, program)
	for _, n := range []int{1e3, 1e4, 1e5} {
		dsn := filepath.Join(b.TempDir(), "large.db")
		multiply(b, model, dsn, n)
		for _, edition := range []string{"public", "confidential"} {
			b.Run(fmt.Sprintf("%d/%s", n, edition), func(b *testing.B) {
				turn := timed(b, program, "--store", dsn, "report", "--edition", edition,
					"--format", "html,json,csv", "--out", filepath.Join(b.TempDir(), edition))
				b.ReportMetric(turn.Seconds()/readOnce(b, dsn).Seconds(), "x-reading")
			})
		}
	}
}

// openOnly opens a store that has one survey.
func openOnly(b *testing.B, dsn string) (survey.Survey, iter.Seq2[survey.Record, error], func()) {
	b.Helper()
	db, err := store.OpenExisting(context.Background(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	v, err := db.Survey(context.Background(), "")
	if err != nil {
		b.Fatal(err)
	}
	return v, db.Records(context.Background(), v.ID), func() { db.Close() }
}

// readOnce is what it takes to read all records of the store.
func readOnce(b *testing.B, dsn string) time.Duration {
	b.Helper()
	_, records, done := openOnly(b, dsn)
	defer done()
	start, n := time.Now(), 0
	for _, err := range records {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	if n == 0 {
		b.Fatal("the store holds no record")
	}
	return time.Since(start)
}
