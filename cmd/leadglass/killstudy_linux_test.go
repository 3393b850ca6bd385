package main

import (
	"errors"
	"fmt"
	"io"
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

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// The environment of TestKilledStudy, which `make kill` sets.
const (
	killsVariable   = "LEADGLASS_KILLS"        // how many kills, on each engine
	seedVariable    = "LEADGLASS_KILL_SEED"    // of the random numbers; made up when absent
	enginesVariable = "LEADGLASS_KILL_ENGINES" // "SQLite PostgreSQL" when absent
	fleetVariable   = "LEADGLASS_KILL_FLEET"   // the fleet; the study of 2019 when absent
	helpersVariable = "LEADGLASS_KILL_WORKERS" // workers beside the survey's process, on PostgreSQL; none when absent
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
			t.Logf("the evidence is in %s; again with: make kill KILLS=%d SEED=%d KILL_ENGINES='%s'", dir, kills, seed, strings.Join(engines, " "))
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	t.Logf("seed %d", seed)
	fleet := envOr(fleetVariable, "greenbone-2019")
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := &studies{dir: dir, engine: engine, fleet: fleet, scope: fleetProcess(t, fleet, dir),
				random: rand.New(rand.NewPCG(seed, uint64(len(engine)))), kills: int(kills)}
			switch engine {
			case "SQLite":
			case "PostgreSQL":
				s.server, s.helpers = realserver.Postgres(t), int(numberFrom(t, helpersVariable, 0))
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

// studies are surveys of one fleet on one engine, one after the other.
type studies struct {
	dir, engine, fleet, scope string
	random                    *rand.Rand
	server                    *realserver.PostgresServer // nil for SQLite
	helpers                   int                        // workers beside the survey's process
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
	workers        []*victim
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
		for _, w := range st.workers {
			w.kill()
		}
	}()
	for st.begin(t) {
		st.staff(t)
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
	st.dismiss(t)
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

// staff has as many workers at work as there shall be: one that was killed, or
// that has ended because the database was, is replaced.
func (st *study) staff(t *testing.T) {
	t.Helper()
	if st.helpers == 0 || stored(t, st.dsn) == nil {
		return
	}
	st.workers = slices.DeleteFunc(st.workers, func(w *victim) bool {
		if !w.alive() && !w.cmd.ProcessState.Exited() {
			return true // killed
		}
		if !w.alive() && (total(st.killed) == st.killed[killSurvey]+st.killed[killWorker] || strings.Contains(w.stderr.String(), "panic:")) {
			t.Fatalf("%s: a worker ended with %s and says: %s", st.name, w.cmd.ProcessState, w.stderr.String())
		}
		return !w.alive()
	})
	for len(st.workers) < st.helpers {
		st.workers = append(st.workers, startVictim(t, io.Discard, "--store", st.dsn, "worker", "--scope", st.scope))
	}
}

// dismiss interrupts the workers, which have nothing left to do.
func (st *study) dismiss(t *testing.T) {
	t.Helper()
	for _, w := range st.workers {
		_ = w.cmd.Process.Signal(os.Interrupt) // it may have lost the database
		select {
		case <-w.ended:
		case <-time.After(time.Minute):
			t.Errorf("%s: a worker goes on a minute after it was interrupted: %s", st.name, w.stderr.String())
		}
		if strings.Contains(w.stderr.String(), "panic:") {
			t.Errorf("%s: a worker says: %s", st.name, w.stderr.String())
		}
	}
}

// victim draws what to kill.
func (st *study) victim() string {
	n := st.random.IntN(10)
	switch {
	case len(st.workers) > 0 && n < 3:
		return killWorker
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
	switch what {
	case killSurvey:
		return st.survey.kill()
	case killWorker:
		return st.workers[st.random.IntN(len(st.workers))].kill()
	}
	in, away := st.random.Float64(), time.Duration(st.random.IntN(3000))*time.Millisecond
	hit := killDatabase(t, st.server, st.dsn, what, in, away)
	st.databaseKilled = st.databaseKilled || hit // the survey may have outlived another
	return hit
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
