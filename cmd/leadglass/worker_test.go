package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// swept writes the fleet's scope anew, with a prefix in the place of its
// addresses, so that the survey has a sweep to divide.
func (h *held) swept(t *testing.T, prefix string) string {
	t.Helper()
	text, err := os.ReadFile(h.scope)
	if err != nil {
		t.Fatal(err)
	}
	include := regexp.MustCompile(`(?m)^include:\n(  - .*\n)+`)
	path := filepath.Join(filepath.Dir(h.scope), "swept.yaml")
	if err := os.WriteFile(path, include.ReplaceAll(text, []byte("include: ["+prefix+"]\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWorkers: a survey that others help with comes to the same records, each of
// the processes does a part, and the survey says all of it.
func TestWorkers(t *testing.T) {
	dsn := realserver.Postgres(t).Database(t)
	h := holdFleet(t, "127.31.9.")
	h.release()
	path := h.swept(t, "127.31.9.0/24")
	leadglass(t, "--store", dsn, "worker", "--until-done", "--scope", path).want(t, exitFailed) // there is no store yet
	lead := &background{code: make(chan int, 1)}
	go func() {
		lead.code <- run(t.Context(), []string{"--store", dsn, "survey", "--scope", path, "--parts", "5", "--concurrency", "1", "--json"}, &lead.stdout, &lead.stderr)
	}()
	eventually(t, "the survey", func() bool { return strings.Contains(lead.stderr.String(), "by the authority of") })
	var workers [2]*background
	for i := range workers {
		b := &background{code: make(chan int, 1)}
		workers[i] = b
		go func() {
			b.code <- run(t.Context(), []string{"--store", dsn, "worker", "--until-done", "--concurrency", "1", "--scope", path}, &b.stdout, &b.stderr)
		}()
	}
	o := lead.ended(t).want(t, exitDone)
	if n := strings.Count(o.out, `"leadglass.finding/1"`); n != heldArchives {
		t.Errorf("the survey printed %d findings", n)
	}
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	var sum surveySummary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		t.Fatal(err)
	}
	if sum.Hosts != heldArchives || sum.Open != heldArchives || sum.Survey.Probed < 2*256-heldArchives || sum.Survey.Probed > 2*256+heldArchives ||
		sum.Survey.Sweep == nil || sum.Survey.Sweep.Parts != 5 || sum.Survey.Sweep.Position != 2*256 || sum.Survey.Sweep.Shards != 1 {
		t.Errorf("summary %+v, sweep %+v", sum, sum.Survey.Sweep)
	}
	for i, b := range workers {
		o := b.ended(t).want(t, exitDone)
		m := regexp.MustCompile(`examined (\d+) hosts?`).FindStringSubmatch(o.errors)
		if m == nil {
			t.Errorf("worker %d: %s", i, o.errors)
			continue
		}
		if n, _ := strconv.Atoi(m[1]); n < 1 || n > heldArchives {
			t.Errorf("worker %d examined %d hosts", i, n)
		}
	}
	leadglass(t, "--store", dsn, "lab", "score", h.fleet).want(t, exitDone)
	if s := status(t, dsn); s.Status != survey.StatusFinished || s.Records != heldArchives {
		t.Errorf("in the end %s with %d records", s.Status, s.Records)
	}
}

// TestWorkerKeepsOut: a worker leaves a survey alone that it would do otherwise,
// or that is of another scope, and stops with one that is interrupted.
func TestWorkerKeepsOut(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "s.db")
	h := holdFleet(t, "127.31.10.")
	b := h.begin(t.Context(), dsn, "--called-ae-title", "OURS")
	someRecords(t, dsn)
	other := h.swept(t, "127.31.10.0/24")
	leadglass(t, "--store", dsn, "worker", "--until-done", "--scope", other).want(t, exitDone)

	fingerprints := filepath.Join(t.TempDir(), "products.yaml")
	if err := os.WriteFile(fingerprints, []byte("version: 1\nproducts: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	w := &background{code: make(chan int, 1)}
	go func() {
		w.code <- run(ctx, []string{"--store", dsn, "worker", "--scope", h.scope, "--called-ae-title", "OURS", "--products", fingerprints}, &w.stdout, &w.stderr)
	}()
	eventually(t, "the refusal", func() bool {
		return strings.Contains(w.stderr.String(), "is left to others: it was begun with version")
	})
	good := &background{code: make(chan int, 1)}
	go func() {
		good.code <- run(t.Context(), []string{"--store", dsn, "worker", "--scope", h.scope, "--called-ae-title", "OURS", "--until-done"}, &good.stdout, &good.stderr)
	}()
	eventually(t, "work", func() bool { return strings.Contains(good.stderr.String(), "at work on survey") })
	leadglass(t, "--store", dsn, "survey", "cancel", "--wait", "20s", "Laboratory fleet held").want(t, exitDone)
	b.ended(t).want(t, exitIncomplete)
	stop()
	if o := w.ended(t).want(t, exitDone); strings.Contains(o.errors, "at work") {
		t.Errorf("the worker with other fingerprints says: %s", o.errors)
	}
	if o := good.ended(t).want(t, exitDone); !strings.Contains(o.errors, "was cancelled") {
		t.Errorf("the worker says: %s", o.errors)
	}
}
