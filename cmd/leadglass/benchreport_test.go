package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// BenchmarkReport makes all files of a report but the PDF, of surveys that grow
// tenfold, each in a process of its own. The findings are those of 23 archives
// in the mix of the study of 2019, over and over, at addresses of their own. Beside it stands what it
// takes to read the same records once and do nothing with them.
func BenchmarkReport(b *testing.B) {
	program := build(b)
	small, fleet := filepath.Join(b.TempDir(), "demo"), filepath.Join(b.TempDir(), "fleet.yaml")
	if err := os.WriteFile(fleet, []byte(studyMix(23)), 0o600); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command(program, "demo", "--quiet", "--fleet", fleet, "--out", small).CombinedOutput(); err != nil {
		b.Fatalf("demo: %v\n%s", err, out)
	}
	for _, n := range []int{1e3, 1e4, 1e5} {
		dsn := filepath.Join(b.TempDir(), "large.db")
		multiply(b, filepath.Join(small, "leadglass.db"), dsn, n)
		for _, edition := range []string{"public", "confidential"} {
			b.Run(fmt.Sprintf("%d/%s", n, edition), func(b *testing.B) {
				var memory int64
				for b.Loop() {
					cmd := exec.Command(program, "--store", dsn, "report", "--edition", edition,
						"--format", "html,json,csv", "--out", filepath.Join(b.TempDir(), edition))
					if out, err := cmd.CombinedOutput(); err != nil {
						b.Fatalf("report: %v\n%s", err, out)
					}
					memory = max(memory, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10)
				}
				seconds := b.Elapsed().Seconds() / float64(b.N)
				b.ReportMetric(0, "ns/op") // seconds say it
				b.ReportMetric(seconds, "s")
				b.ReportMetric(float64(memory>>20), "MB")
				b.ReportMetric(seconds/readOnce(b, dsn).Seconds(), "x-reading")
			})
		}
	}
}

// multiply makes a survey of n archives of the records of another.
func multiply(b *testing.B, from, to string, n int) {
	b.Helper()
	ctx := context.Background()
	var model []survey.Record
	v, records, done := open(b, from)
	defer done()
	for r, err := range records {
		if err != nil {
			b.Fatal(err)
		}
		if r.Finding.Verdict.Speaks() {
			model = append(model, r)
		}
	}
	db, err := store.Open(ctx, to)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	v.ID, v.Addresses = "", int64(n)
	if v, err = db.CreateSurvey(ctx, v); err != nil {
		b.Fatal(err)
	}
	for done := 0; done < n; {
		var batch []survey.Record
		for ; len(batch) < 1000 && done < n; done++ {
			r := model[done%len(model)]
			r.SurveyID = v.ID
			r.Finding.Target.Address = fmt.Sprintf("127.%d.%d.%d", 1+done>>16, done>>8&255, done&255)
			r.Finding.Target.Host = r.Finding.Target.Address
			batch = append(batch, r)
		}
		if err := db.AppendRecords(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
}

// open opens a store that has one survey.
func open(b *testing.B, dsn string) (survey.Survey, iter.Seq2[survey.Record, error], func()) {
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
	_, records, done := open(b, dsn)
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
