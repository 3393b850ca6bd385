package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/lab"
	"leadglass/internal/realserver"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// The environment of TestKilledStudy, which `make kill` sets.
const (
	killsVariable   = "LEADGLASS_KILLS"        // how many kills, on each engine
	seedVariable    = "LEADGLASS_KILL_SEED"    // of the random numbers; made up when absent
	enginesVariable = "LEADGLASS_KILL_ENGINES" // "SQLite PostgreSQL" when absent
	fleetVariable   = "LEADGLASS_KILL_FLEET"   // the fleet; the study of 2019 when absent
)

// studyLimit is how long one study may take, kills included.
const studyLimit = 30 * time.Minute

// TestKilledStudy kills the full study at random moments, study after study: in
// the end every figure is the truth, each time. It runs in `make kill` alone.
func TestKilledStudy(t *testing.T) {
	if os.Getenv(killsVariable) == "" {
		t.Skipf("takes a quarter of an hour; `make kill` runs it")
	}
	kills := numberFrom(t, killsVariable, 0)
	seed := numberFrom(t, seedVariable, rand.Uint64())
	engines := strings.Fields(envOr(enginesVariable, "SQLite PostgreSQL"))
	dir, err := os.MkdirTemp("", "leadglass-kill-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the evidence is in %s; again with: make kill KILLS=%d SEED=%d", dir, kills, seed)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	t.Logf("seed %d", seed)
	fleet := envOr(fleetVariable, "greenbone-2019")
	for i, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := &studies{dir: dir, engine: engine, fleet: fleet, scope: fleetProcess(t, fleet, dir),
				random: rand.New(rand.NewPCG(seed, uint64(i))), kills: int(kills)}
			switch engine {
			case "SQLite":
			case "PostgreSQL":
				s.server = realserver.Postgres(t)
			default:
				t.Fatalf("%s: the engines are SQLite and PostgreSQL", enginesVariable)
			}
			s.all(t)
		})
	}
}

func envOr(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func numberFrom(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%s: %v", name, text, err)
	}
	return n
}

// fleetProcess runs a fleet in a process of its own until the test ends, and
// returns its scope file.
func fleetProcess(t *testing.T, fleet, dir string) (scopeFile string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "leadglass", "lab", "run", fleet, "--dir", dir, "--json")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return runLab(t, cmd)
}

// runLab starts a `lab run --json`, which ends with the test, and returns its
// scope file.
func runLab(t testing.TB, cmd *exec.Cmd) (scopeFile string) {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var ready struct{ Scope string }
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		t.Fatalf("the fleet did not start: %v", err)
	}
	return ready.Scope
}

// studies are surveys of one fleet on one engine, one after the other.
type studies struct {
	dir, engine, fleet, scope string
	random                    *rand.Rand
	server                    *realserver.PostgresServer // nil for SQLite
	kills                     int                        // over all studies
	killed                    map[string]int             // by what was killed
	wrong                     int
}

// all does studies until there were enough kills; at most a fifth of them, or
// five, fall on one study.
func (s *studies) all(t *testing.T) {
	s.killed = map[string]int{}
	done, start := 0, time.Now()
	for ; total(s.killed) < s.kills && !t.Failed(); done++ {
		name := fmt.Sprintf("%s-%d", strings.ToLower(s.engine), done+1)
		st := &study{studies: s, name: name, killed: map[string]int{}, most: min(max(5, (s.kills+4)/5), s.kills-total(s.killed)),
			log: filepath.Join(s.dir, name+".log"), until: time.Now().Add(studyLimit)}
		if s.server == nil {
			st.dsn = filepath.Join(s.dir, name+".db")
		} else {
			st.dsn = s.server.Database(t)
		}
		st.run(t)
		for what, n := range st.killed {
			s.killed[what] += n
		}
		if s.server != nil && t.Failed() {
			s.server.Dump(t, st.dsn, filepath.Join(s.dir, name+".dump"))
		} else if s.server == nil && !t.Failed() {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(st.dsn + suffix) // hundreds of megabytes over all studies
			}
		}
	}
	t.Logf("%s: %d studies, %s, %d wrong figures, %.0f s", s.engine, done, killsText(s.killed), s.wrong, time.Since(start).Seconds())
}

func total(killed map[string]int) (n int) {
	for _, k := range killed {
		n += k
	}
	return n
}

// killsText says how many kills there were of what.
func killsText(killed map[string]int) string {
	text := fmt.Sprintf("%d kills", total(killed))
	separator := ": "
	for _, what := range slices.Sorted(maps.Keys(killed)) {
		text += fmt.Sprintf("%s%s %d", separator, what, killed[what])
		separator = ", "
	}
	return text
}

// study is one survey of the fleet, from its beginning to its figures.
type study struct {
	*studies
	name, dsn, log string
	most           int            // kills
	killed         map[string]int // by what was killed
	resumed        int
	until          time.Time
	survey         *victim
	summary        *lastLine
	// databaseKilled: since the survey's process began.
	databaseKilled bool
	records        int64 // how many there were
}

// run surveys the fleet, with kills, and compares the figures.
func (st *study) run(t *testing.T) {
	start := time.Now()
	defer func() {
		if st.survey != nil {
			st.survey.kill()
		}
	}()
	for st.begin(t) {
		if !st.survey.at(st.moment()) {
			if err := st.survey.stopped(st.databaseKilled); err != nil {
				t.Fatalf("%s: the survey was not killed: %v", st.name, err)
			}
			st.note(t, "the survey ended with "+st.survey.cmd.ProcessState.String())
			continue
		}
		if total(st.killed) == st.most {
			t.Fatalf("%s has not ended in %s: %s", st.name, studyLimit, st.survey.stderr.String())
		}
		what := st.victim()
		if st.kill(t, what) {
			st.killed[what]++
			st.note(t, "killed: "+what)
		}
	}
	figures, wrong := st.figures(t)
	st.wrong += len(wrong)
	t.Logf("%s: %s, %d resumed, %d figures compared, %d wrong, %.0f s", st.name, killsText(st.killed), st.resumed, figures, len(wrong),
		time.Since(start).Seconds())
	if len(wrong) > 0 {
		t.Errorf("%s: %s", st.name, strings.Join(wrong, "\n"))
	}
}

// begin has a process work on the survey; false when it has finished.
func (st *study) begin(t *testing.T) bool {
	t.Helper()
	if st.survey != nil && st.survey.alive() {
		return true
	}
	args := []string{"--store", st.dsn, "survey", "--scope", st.scope, "--json"}
	if now := stored(t, st.dsn); now != nil {
		if now.Records < st.records {
			t.Errorf("%s: %d records, there were %d", st.name, now.Records, st.records)
		}
		st.records = now.Records
		if now.Survey.State == survey.StateFinished {
			return false
		}
		args = append(args, "--resume")
		st.resumed++
	}
	st.summary, st.databaseKilled = &lastLine{}, false
	st.survey = startVictim(t, st.summary, args...)
	return true
}

// moment is when to kill, counted from when the survey is at work: within five
// seconds, of which there is about half a minute. One in ten moments is counted
// from the start of the process. When there were enough kills it is the time in
// which the study must come to its end.
func (st *study) moment() time.Duration {
	switch early := st.random.IntN(10) == 0; {
	case total(st.killed) == st.most:
		return time.Until(st.until)
	case early:
		return -time.Duration(1+st.random.IntN(1000)) * time.Millisecond
	}
	return time.Duration(st.random.IntN(5000)) * time.Millisecond
}

// victim draws what to kill.
func (st *study) victim() string {
	n := st.random.IntN(10)
	switch {
	case st.server == nil || n < 6:
		return killSurvey
	case n < 8:
		return killServer
	}
	return killBackend
}

// kill kills it; false where it was gone.
func (st *study) kill(t *testing.T, what string) bool {
	t.Helper()
	if what == killSurvey {
		return st.survey.kill()
	}
	in, away := st.random.Float64(), time.Duration(st.random.IntN(3000))*time.Millisecond
	st.databaseKilled = killDatabase(t, st.server, st.dsn, what, in, away)
	return st.databaseKilled
}

// note adds a line to the log of the study.
func (st *study) note(t *testing.T, text string) {
	t.Helper()
	f, err := os.OpenFile(st.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s %s; records then %d\n", time.Now().UTC().Format(time.RFC3339Nano), text, st.records)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Error(err)
	}
}

// figures compares what the survey says with the truth, in all the places where
// it says it, and returns how many figures there are, and those that are wrong.
func (st *study) figures(t *testing.T) (compared int, wrong []string) {
	t.Helper()
	is := func(name string, truth, measured int64) {
		compared++
		if truth != measured {
			wrong = append(wrong, fmt.Sprintf("%s: %d, the truth is %d", name, measured, truth))
		}
	}
	var scores lab.Scores
	o := leadglass(t, "--store", st.dsn, "lab", "score", st.fleet, "--json")
	if err := json.Unmarshal([]byte(o.out), &scores); err != nil {
		t.Fatalf("%s: %v in %s, %s", st.name, err, o.out, o.errors)
	}
	truth := map[string]int64{}
	for _, f := range scores.Figures {
		truth[f.Name] = f.Truth
		is(f.Name, f.Truth, f.Measured)
	}
	is("archives_wrong", 0, scores.ArchivesWrong)

	// One record a target, by the store's own count of rows too.
	addresses, all := map[string]bool{}, st.findings(t)
	for _, f := range all {
		addresses[f.Target.Address] = true
	}
	s := stored(t, st.dsn)
	is("targets with a record", truth["archives_analysed"], int64(len(addresses)))
	is("records", truth["archives_analysed"], int64(len(all)))
	is("records by survey show", truth["archives_analysed"], s.Records)
	is("open by survey show", truth["archives_open"], s.open())

	public := st.reported(t)
	is("archives analysed by the report", truth["archives_analysed"], public.Totals.ArchivesAnalysed)
	is("open by the report", truth["archives_open"], public.Totals.ArchivesOpen)
	is("study records by the report", truth["study_records"], public.Totals.StudyRecords.Value)
	is("images by the report", truth["images_linked"], public.Totals.ImagesLinked.Value)

	// The last words of the survey, unless it was killed just before them.
	var last surveySummary
	if st.survey.code() == exitDone {
		if err := json.Unmarshal(st.summary.line, &last); err != nil {
			t.Fatalf("%s: %v in %s", st.name, err, st.summary.line)
		}
		is("hosts by the survey", truth["archives_analysed"], last.Hosts)
		is("open by the survey", truth["archives_open"], last.Open)
		is("studies by the survey", truth["study_records"], last.Studies)
		is("images by the survey", truth["images_linked"], last.Images)
	}
	return compared, wrong
}

// findings are all records of the survey as they lie in the store.
func (st *study) findings(t *testing.T) (all []survey.Finding) {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), st.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	v, err := db.Survey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range db.Records(t.Context(), v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Finding)
	}
	return all
}

// reportedTotals are the figures of report.json that are compared.
type reportedTotals struct {
	Totals struct {
		ArchivesAnalysed int64                 `json:"archives_analysed"`
		ArchivesOpen     int64                 `json:"archives_open"`
		StudyRecords     struct{ Value int64 } `json:"study_records"`
		ImagesLinked     struct{ Value int64 } `json:"images_linked"`
	} `json:"totals"`
}

// reported are the figures of the public report.
func (st *study) reported(t *testing.T) (r reportedTotals) {
	t.Helper()
	folder := t.TempDir()
	leadglass(t, "--store", st.dsn, "report", "--format", "json", "--min-count", "1", "--out", folder).want(t, exitDone)
	text, err := os.ReadFile(filepath.Join(folder, "report.json"))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}
