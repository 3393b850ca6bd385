package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

const killedFleet = `version: 1
name: killed
seed: 11
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: one, address: 127.46.3.1, count: 6, port: 11112, country: AT, persona: orthanc, contents: {studies: 90, images_linked: 700}}
  - {name: two, address: 127.46.17.200, count: 6, port: 104, country: BE, persona: dcm4chee-arc, retrieval: get, contents: {studies: 120, images_linked: 900}}
`

const kills = 20

// TestKilledSurvey: a survey that is killed at random moments and continued
// ends with the records of one that was not, and its position never goes back.
func TestKilledSurvey(t *testing.T) {
	dir := t.TempDir()
	fleet, scope := filepath.Join(dir, "fleet.yaml"), filepath.Join(dir, "swept.yaml")
	if err := os.WriteFile(fleet, []byte(killedFleet), 0o600); err != nil {
		t.Fatal(err)
	}
	runFleet(t, fleet)
	// 16,384 pairs in four chunks, at a rate at which they take a second or two.
	text := "version: 1\nauthority: {organisation: Test, contact: test@leadglass.invalid, valid_from: 2020-01-01, valid_until: 2099-12-31}\n" +
		"include: [127.46.0.0/19]\nports: {dicom: [104, 11112], http: []}\nrate: {probes_per_second: 12000, per_network: {probes_per_second: 12000}}\n"
	if err := os.WriteFile(scope, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(dir, "whole.db")
	leadglass(t, "survey", "--scope", scope, "--store", whole).want(t, exitDone)
	want, _ := records(t, whole)
	if len(want) != 12 {
		t.Fatalf("%d records without a kill, want 12", len(want))
	}
	killed, resumed, surveys := 0, 0, 0
	for ; killed < kills && surveys < kills; surveys++ {
		path := filepath.Join(dir, fmt.Sprintf("killed-%d.db", surveys))
		var at uint64
		for finished := false; !finished; {
			args := []string{"survey", "--scope", scope, "--store", path}
			before := positionIn(t, path)
			if before != nil {
				args = append(args, "--resume")
				resumed++
			}
			after := time.Duration(50+rand.IntN(1200)) * time.Millisecond
			if killed >= kills {
				after = time.Minute
			}
			finished = runAndKill(t, args, after)
			if !finished {
				killed++
			}
			now := positionIn(t, path)
			if now != nil && now.Position < at {
				t.Errorf("the position went back from %d to %d", at, now.Position)
			} else if now != nil {
				at = now.Position
			}
		}
		got, state := records(t, path)
		if state != survey.StateFinished || len(got) != len(want) {
			t.Fatalf("state %s, %d records, want %d", state, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("record %d:\n%s\nwithout a kill:\n%s", i, got[i], want[i])
			}
		}
		if at != 16384 {
			t.Errorf("the sweep ended at %d of 16384", at)
		}
	}
	if killed < kills || resumed == 0 {
		t.Errorf("killed %d times, resumed %d times", killed, resumed)
	}
	t.Logf("%d surveys, killed %d times, resumed %d times", surveys, killed, resumed)
}

// runAndKill runs the program and kills it after a time, unless it has ended,
// which it must do well.
func runAndKill(t *testing.T, args []string, after time.Duration) (finished bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "leadglass", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	if !kill.Stop() {
		return err == nil
	}
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return true
}

// positionIn is how far the survey in a store is; nil when there is none yet.
func positionIn(t *testing.T, path string) *survey.Sweep {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), path)
	if err != nil {
		return nil // killed before there was a store
	}
	defer func() { _ = db.Close() }()
	all, err := db.Surveys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return nil
	}
	return all[0].Sweep
}
