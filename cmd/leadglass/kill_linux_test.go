package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"leadglass/internal/realserver"
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

// TestKilledSurvey: a survey that is killed at random moments and continued
// ends with the records of one that was not, and its position never goes back.
// On PostgreSQL the server is killed as well. `make kill` does so with the
// whole study.
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
	seed := numberFrom(t, seedVariable, rand.Uint64())
	t.Logf("seed %d", seed)
	k := killing{scope: scope, want: want, random: rand.New(rand.NewPCG(seed, 0)), kills: 12}
	t.Run("SQLite", func(t *testing.T) {
		k.all(t, []string{killSurvey}, func(n int) string { return filepath.Join(dir, fmt.Sprintf("killed-%d.db", n)) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		k.server, k.kills = realserver.Postgres(t), 6
		k.all(t, []string{killSurvey, killServer, killBackend}, func(int) string { return k.server.Database(t) })
	})
}

// killing is a survey that is killed again and again.
type killing struct {
	scope  string
	want   []string // the records without a kill
	random *rand.Rand
	kills  int // how many, over all surveys of one engine
	server *realserver.PostgresServer
}

// all does surveys into stores of their own until there were enough kills.
func (k *killing) all(t *testing.T, victims []string, newStore func(n int) string) {
	killed, resumed, surveys := 0, 0, 0
	for ; killed < k.kills && surveys < k.kills; surveys++ {
		dsn := newStore(surveys)
		var at uint64
		for finished := false; !finished; {
			hit := false
			args := []string{"survey", "--scope", k.scope, "--store", dsn}
			if before := stored(t, dsn); before != nil {
				args = append(args, "--resume")
				resumed++
			}
			// Victims take turns, so that each is one some time.
			hit, finished = k.one(t, dsn, args, victims[killed%len(victims)], killed < k.kills)
			if hit {
				killed++
			}
			now := stored(t, dsn)
			switch {
			case now == nil || now.Survey.Sweep == nil:
			case now.Survey.Sweep.Position < at:
				t.Errorf("the position went back from %d to %d", at, now.Survey.Sweep.Position)
			default:
				at = now.Survey.Sweep.Position
			}
			if now != nil && now.Survey.State == survey.StateFinished {
				finished = true // killed after its last word
			}
		}
		got, state := records(t, dsn)
		if state != survey.StateFinished || len(got) != len(k.want) {
			t.Fatalf("state %s, %d records, want %d", state, len(got), len(k.want))
		}
		for i := range k.want {
			if got[i] != k.want[i] {
				t.Errorf("record %d:\n%s\nwithout a kill:\n%s", i, got[i], k.want[i])
			}
		}
		if at != 16384 {
			t.Errorf("the sweep ended at %d of 16384", at)
		}
	}
	if killed < k.kills || resumed == 0 {
		t.Errorf("killed %d times, resumed %d times", killed, resumed)
	}
	t.Logf("%d surveys, killed %d times, resumed %d times", surveys, killed, resumed)
}

// one runs the program until it has ended, and kills it, or its database, at
// some moment. hit: something was killed, which a survey that loses the database
// may outlive; finished: the survey has ended as it should.
func (k *killing) one(t *testing.T, dsn string, args []string, what string, kill bool) (hit, finished bool) {
	t.Helper()
	v := startVictim(t, io.Discard, args...)
	defer v.kill()
	after := time.Duration(k.random.IntN(1200)) * time.Millisecond
	if !kill {
		after = time.Minute
	}
	switch {
	case !v.at(after): // it has ended by itself
	case !kill:
		t.Fatal("the survey has not ended in a minute")
	case what == killSurvey:
		if v.kill() {
			return true, false
		}
	case killDatabase(t, k.server, dsn, what, k.random.Float64(), 0):
		select {
		case <-v.ended:
		case <-time.After(time.Minute):
			t.Fatalf("the survey has not noticed that the %s is gone: %s", what, v.stderr.String())
		}
		if err := v.stopped(true); err != nil {
			t.Fatalf("after the kill of the %s: %v", what, err)
		}
		return true, v.code() == exitDone
	}
	if err := v.stopped(false); err != nil {
		t.Fatal(err)
	}
	return false, true
}
