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
	"sync"
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
		cmd.Stderr = &stderr // what it prints goes nowhere
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		most := watchMemory(cmd.Process.Pid)
		err := cmd.Wait()
		memory = max(memory, most())
		if err != nil {
			b.Fatalf("%q: %v\n%s", args, err, stderr.String())
		}
		busy += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	turn := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(0, "ns/op") // seconds say it
	b.ReportMetric(turn.Seconds(), "s")
	b.ReportMetric(busy.Seconds()/float64(b.N), "processor-s")
	b.ReportMetric(float64(memory>>20), "MB")
	return turn
}

// watchMemory looks at a process until most is called, which returns the most
// bytes that it has been seen to have had resident. What wait4 says is at least
// what the process that started it had: Linux carries that over.
func watchMemory(pid int) (most func() int64) {
	var bytes int64
	stop, watcher := make(chan struct{}), sync.WaitGroup{}
	watcher.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // nothing once it has ended
			var kib int64
			if _, line, ok := strings.Cut(string(status), "VmHWM:"); ok {
				_, _ = fmt.Sscan(line, &kib) // 0 is no maximum
			}
			bytes = max(bytes, kib<<10)
		}
	})
	return func() int64 {
		close(stop)
		watcher.Wait()
		return bytes
	}
}

// tenSurveys makes a store of ten surveys of 100,000 archives, and returns
// their IDs. In every second one a tenth of the archives that are open in the
// others is closed. All but the first are copied within the database, which
// spares minutes.
func tenSurveys(b *testing.B, driver, model, dsn string) []string {
	b.Helper()
	ctx := context.Background()
	const archives, surveys = 1e5, 10
	m := readModel(b, model)
	db, err := store.Open(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	var ids []string
	for turn := range surveys {
		id := m.create(b, db, turn)
		ids = append(ids, id)
		if turn == 0 {
			m.fill(b, db, id, archives, m.archive)
			continue
		}
		like := ids[max(0, turn-2)]
		for table, columns := range map[string]string{"records": "host, verdict, grade, country, finding, sketch", "facts": "facts"} {
			if _, err := raw.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %s (survey_id, target, port, %s)
				SELECT $1, target, port, %[2]s FROM %[1]s WHERE survey_id = $2 ORDER BY target, port`, table, columns), id, like); err != nil {
				b.Fatal(err)
			}
		}
		if turn == 1 {
			m.fill(b, db, id, archives, m.closedSince)
		}
	}
	syscall.Sync() // else the disk is busy with it during what is measured
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

// multiply makes a survey of n archives of the records of another, over and
// over, at addresses of their own.
func multiply(b *testing.B, from, to string, n int) {
	b.Helper()
	m := readModel(b, from)
	db, err := store.Open(context.Background(), to)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	m.fill(b, db, m.create(b, db, 0), n, m.archive)
}

// modelRecords are a survey and its archives, the open ones first.
type modelRecords struct {
	survey      survey.Survey
	all, closed []survey.Record
}

func readModel(b *testing.B, dsn string) *modelRecords {
	b.Helper()
	v, records, done := openOnly(b, dsn)
	defer done()
	m := &modelRecords{survey: v}
	for r, err := range records {
		switch {
		case err != nil:
			b.Fatal(err)
		case r.Finding.Verdict.FreelyAccessible():
			m.all = append(m.all, r)
		case r.Finding.Verdict.Speaks():
			m.closed = append(m.closed, r)
		}
	}
	m.all = append(m.all, m.closed...)
	return m
}

// archive is what a survey finds at the i-th address.
func (m *modelRecords) archive(i int) (survey.Record, bool) { return m.all[i%len(m.all)], true }

// closedSince is what a survey finds at the i-th address if the archive there
// was open and is one of the tenth that is closed since.
func (m *modelRecords) closedSince(i int) (survey.Record, bool) {
	was, _ := m.archive(i)
	return m.closed[i%len(m.closed)], i%10 == 0 && was.Finding.Verdict.FreelyAccessible()
}

// create makes a survey that has no records yet, and returns its ID. Surveys
// are a month apart by their turns.
func (m *modelRecords) create(b *testing.B, db *store.Store, turn int) string {
	b.Helper()
	v, coverage := m.survey, *m.survey.Coverage
	v.ID, v.Name, v.Addresses = "", fmt.Sprint("turn ", turn), 1e5
	v.StartedAt = v.StartedAt.AddDate(0, turn, 0)
	v.FinishedAt = v.StartedAt.Add(time.Hour)
	coverage.Ranges = []survey.AddressRange{{From: netip.MustParseAddr("127.1.0.0"), To: netip.MustParseAddr("127.2.255.255")}}
	v.Coverage = &coverage
	v, err := db.CreateSurvey(context.Background(), v)
	if err != nil {
		b.Fatal(err)
	}
	return v.ID
}

// fill stores what was found at n addresses, where there is anything.
func (m *modelRecords) fill(b *testing.B, db *store.Store, id string, n int, found func(i int) (survey.Record, bool)) {
	b.Helper()
	var batch []survey.Record
	for i := range n {
		if r, ok := found(i); ok {
			r.SurveyID = id
			r.Finding.Target.Address = fmt.Sprintf("127.%d.%d.%d", 1+i>>16, i>>8&255, i&255)
			r.Finding.Target.Host = r.Finding.Target.Address
			batch = append(batch, r)
		}
		if len(batch) == 1000 || i == n-1 {
			if err := db.AppendRecords(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}
