package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/realserver"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// BenchmarkStore runs what reads a store on one that holds ten surveys of
// 100,000 archives, each command in a process of its own.
func BenchmarkStore(b *testing.B) {
	program := build(b)
	model := modelSurvey(b, program)
	b.Run("SQLite", func(b *testing.B) {
		dsn := filepath.Join(b.TempDir(), "ten.db")
		benchStore(b, program, dsn, tenSurveys(b, "sqlite", model, dsn))
	})
	b.Run("PostgreSQL", func(b *testing.B) {
		dsn := realserver.Postgres(b).Database(b)
		benchStore(b, program, dsn, tenSurveys(b, "pgx", model, dsn))
	})
}

func benchStore(b *testing.B, program, dsn string, ids []string) {
	for _, args := range []string{
		"survey list", "survey show " + ids[0], "trend",
		"diff", "diff --edition confidential --json", "diff --edition confidential --format html --out OUT",
		"report --format html,json,csv --out OUT", "report --edition confidential --format html,json,csv --out OUT",
	} {
		b.Run(strings.ReplaceAll(strings.NewReplacer(ids[0], "ID", " --out OUT", "").Replace(args), " ", "_"), func(b *testing.B) {
			list := append([]string{"--store", dsn}, strings.Fields(strings.ReplaceAll(args, "OUT", b.TempDir()))...)
			timed(b, program, list...)
		})
	}
}

// timed runs a command in each turn of the loop. It reports, and returns, how
// long a turn takes, and reports the processor time of it, which other work on
// the machine changes less, and the most memory that the process had resident.
func timed(b *testing.B, program string, args ...string) time.Duration {
	b.Helper()
	var memory int64
	var busy time.Duration
	for b.Loop() {
		cmd := exec.Command(program, args...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil { // what it prints goes nowhere
			b.Fatalf("%q: %v\n%s", args, err, stderr.String())
		}
		memory = max(memory, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10)
		busy += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	turn := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(0, "ns/op") // seconds say it
	b.ReportMetric(turn.Seconds(), "s")
	b.ReportMetric(busy.Seconds()/float64(b.N), "processor-s")
	b.ReportMetric(float64(memory>>20), "MB")
	return turn
}

// tenSurveys makes a store of ten surveys of 100,000 archives, and returns
// their IDs. Every second one is of a time when more archives were open. All
// but two are copied within the database, which spares minutes.
func tenSurveys(b *testing.B, driver, model, dsn string) []string {
	b.Helper()
	var ids []string
	for turn := range 10 {
		if turn < 2 {
			ids = append(ids, multiply(b, model, dsn, 1e5, turn))
			continue
		}
		ids = append(ids, multiply(b, model, dsn, 0, turn))
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for turn := 2; turn < len(ids); turn++ {
		for table, columns := range map[string]string{"records": "host, verdict, grade, country, finding, sketch", "facts": "facts"} {
			_, err := db.ExecContext(context.Background(), fmt.Sprintf(
				"INSERT INTO %s (survey_id, target, port, %s) SELECT $1, target, port, %s FROM %[1]s WHERE survey_id = $2", table, columns, columns),
				ids[turn], ids[turn%2])
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	return ids
}

// modelSurvey surveys 23 archives in the mix of the study of 2019, and returns
// the path of the store.
func modelSurvey(b *testing.B, program string) string {
	b.Helper()
	dir := b.TempDir()
	out, fleet := filepath.Join(dir, "demo"), filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(fleet, []byte(studyMix(23)), 0o600); err != nil {
		b.Fatal(err)
	}
	if text, err := exec.Command(program, "demo", "--quiet", "--fleet", fleet, "--out", out).CombinedOutput(); err != nil {
		b.Fatalf("demo: %v\n%s", err, text)
	}
	return filepath.Join(out, "leadglass.db")
}

// multiply makes a survey of n archives of the records of another, and returns
// its ID. Surveys are a month apart by their turns; in odd turns some archives
// are closed that are open in even ones.
func multiply(b *testing.B, from, to string, n, turn int) string {
	b.Helper()
	ctx := context.Background()
	var open, closed []survey.Record
	v, records, done := openOnly(b, from)
	defer done()
	for r, err := range records {
		switch {
		case err != nil:
			b.Fatal(err)
		case r.Finding.Verdict.FreelyAccessible():
			open = append(open, r)
		case r.Finding.Verdict.Speaks():
			closed = append(closed, r)
		}
	}
	model := append(open, closed...)
	db, err := store.Open(ctx, to)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	v.ID, v.Name, v.Addresses = "", fmt.Sprint("turn ", turn), 1e5
	v.StartedAt = v.StartedAt.AddDate(0, turn, 0)
	v.FinishedAt = v.StartedAt.Add(time.Hour)
	v.Coverage.Ranges = []survey.AddressRange{{From: netip.MustParseAddr("127.1.0.0"), To: netip.MustParseAddr("127.2.255.255")}}
	if v, err = db.CreateSurvey(ctx, v); err != nil {
		b.Fatal(err)
	}
	for done := 0; done < n; {
		var batch []survey.Record
		for ; len(batch) < 1000 && done < n; done++ {
			r := model[done%len(model)]
			if turn%2 == 1 && done%10 == 0 && r.Finding.Verdict.FreelyAccessible() {
				r = closed[done%len(closed)]
			}
			r.SurveyID = v.ID
			r.Finding.Target.Address = fmt.Sprintf("127.%d.%d.%d", 1+done>>16, done>>8&255, done&255)
			r.Finding.Target.Host = r.Finding.Target.Address
			batch = append(batch, r)
		}
		if err := db.AppendRecords(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	return v.ID
}
