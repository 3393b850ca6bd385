package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

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

// workDone is what a survey did, by its records.
type workDone struct {
	records, studies int64
	traffic          survey.Traffic
}

// workOf adds up what the records of the only survey say.
func workOf(b *testing.B, dsn string) (w workDone) {
	b.Helper()
	db, err := store.OpenExisting(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	v, err := db.Survey(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	for r, err := range db.Records(b.Context(), v.ID) {
		if err != nil {
			b.Fatal(err)
		}
		t := r.Finding.Traffic
		w.records++
		w.traffic.Connections += t.Connections
		w.traffic.Associations += t.Associations
		w.traffic.Queries += t.Queries
		w.traffic.Responses += t.Responses
		w.traffic.BytesSent += t.BytesSent
		w.traffic.BytesReceived += t.BytesReceived
		if n, ok := r.Finding.Counts.Studies.Int(); ok {
			w.studies += n
		}
	}
	return w
}
