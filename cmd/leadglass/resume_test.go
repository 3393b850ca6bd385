package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// resumeFleet has the archives 1 to 9 and 11 to 19; at 10 the test itself
// listens.
const resumeFleet = `version: 1
name: resume
seed: 11
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: before, address: 127.0.45.1, count: 9, port: 11112, country: AT, persona: orthanc, contents: {studies: 90, images_linked: 700}}
  - {name: after, address: 127.0.45.11, count: 9, port: 11112, country: BE, persona: dcm4chee-arc, retrieval: get, contents: {studies: 120, images_linked: 900}}
`

// interrupter is where stdout goes: it interrupts when the first finding is
// printed, which is just before it is saved.
type interrupter struct {
	buffer
	interrupt func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	i.interrupt()
	return i.buffer.Write(p)
}

// TestResume: a survey that was interrupted and continued holds the same
// records as one that was not, and asks no host twice that was done.
func TestResume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(resumeFleet), 0o600); err != nil {
		t.Fatal(err)
	}
	scope := runFleet(t, path)
	text, err := os.ReadFile(scope)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("  - 127.0.45.11\n"), []byte("  - 127.0.45.10\n  - 127.0.45.11\n"), 1)
	if err := os.WriteFile(scope, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// The host in the middle holds whoever asks it while hold is set.
	var hold atomic.Bool
	listener(t, "127.0.45.10:11112", func(ctx context.Context, c net.Conn) {
		if hold.Load() {
			silent(ctx, c)
		}
	})
	whole, halves := filepath.Join(dir, "whole.db"), filepath.Join(dir, "halves.db")
	args := []string{"survey", "--scope", scope, "--concurrency", "1"}
	leadglass(t, append(args, "--store", whole)...).want(t, exitDone)

	hold.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stdout, stderr := interrupter{interrupt: cancel}, buffer{}
	if code := run(ctx, append(args, "--store", halves, "--json"), &stdout, &stderr); code != exitIncomplete {
		t.Fatalf("interrupted: exit code %d, want 3: %s", code, stderr.String())
	}
	if !strings.Contains(stderr.String(), "--resume") {
		t.Errorf("the message does not speak of --resume: %s", stderr.String())
	}
	first, state := records(t, halves)
	if state != survey.StateInterrupted || len(first) == 0 || len(first) > 18 {
		t.Fatalf("%d records, state %s after the interrupt", len(first), state)
	}
	hold.Store(false)
	o := leadglass(t, append(args, "--store", halves, "--json", "--resume")...).want(t, exitDone)
	if again := strings.Count(o.out, "leadglass.finding/1"); again != 19-len(first) {
		t.Errorf("%d hosts examined after %d were done, of 19", again, len(first))
	}
	var sum surveySummary
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		t.Fatal(err)
	}
	if sum.Hosts != 19 || sum.Archives != 18 || sum.Open != 18 || sum.Studies != 90+120 || sum.Images != 700+900 || !sum.Resumed || !sum.Survey.Simulated {
		t.Errorf("the summary is not that of the whole survey: %+v", sum)
	}
	want, _ := records(t, whole)
	got, state := records(t, halves)
	if state != survey.StateFinished || len(want) != 19 || len(got) != 19 {
		t.Fatalf("state %s, %d records, %d without an interrupt, want 19", state, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d:\n%s\nwithout an interrupt:\n%s", i, got[i], want[i])
		}
	}
	t.Logf("interrupted after %d of %d", len(first), len(want))
}

// records are the findings of the only survey in a store as JSON, without
// times and what depends on them.
func records(t *testing.T, path string) ([]string, survey.State) {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	all, err := db.Surveys(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d surveys in the store, want 1 (%v)", len(all), err)
	}
	var list []string
	for r, err := range db.Records(t.Context(), all[0].ID) {
		if err != nil {
			t.Fatal(err)
		}
		f := r.Finding
		f.StartedAt, f.DurationMS = time.Time{}, 0
		f.Traffic = survey.Traffic{} // queries that verify a count are chosen at random
		for i := range f.Services {
			if title := &f.Services[i].CalledAETitle; title.Policy == survey.AnyTitle {
				title.Accepted = "" // made up at random
			}
		}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s sketch %d", text, min(1, len(r.StudySketch))))
	}
	return list, all[0].State
}

// TestResumeOfOlderVersion continues a survey of a version that kept the sweep
// with the survey, and not in parts.
func TestResumeOfOlderVersion(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	h := holdFleet(t, "127.31.13.")
	h.release()
	path := h.swept(t, "127.31.13.0/24")
	s, err := scope.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	sweep := discover.New(discover.Seed{1}, 1, 1)
	sweep.Hosts = 3
	v, err := db.CreateSurvey(t.Context(), survey.Survey{Name: s.Name, Scope: s.Text, Simulated: true, Sweep: &sweep, State: survey.StateInterrupted,
		StartedAt: time.Now(), Addresses: 256})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	leadglass(t, "--store", dsn, "survey", "--scope", path, "--resume").want(t, exitDone)
	leadglass(t, "--store", dsn, "lab", "score", h.fleet).want(t, exitDone)
	if got := status(t, dsn); got.Survey.ID != v.ID || got.Survey.Sweep.Seed != sweep.Seed || got.Survey.Sweep.Hosts != 3+heldArchives {
		t.Errorf("continued as %+v", got.Survey.Sweep)
	}
}
