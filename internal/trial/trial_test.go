package trial_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/trial"
)

func TestOpen(t *testing.T) {
	for name, want := range map[string]string{"no-such-fleet": "demo", filepath.Join(t.TempDir(), "x.yaml"): "fleets that come with Leadglass: "} {
		if _, err := trial.Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that names the fleets", name, err)
		}
	}
}

// TestWriteScope: the scope file of a fleet is one that a survey accepts, with
// all of the fleet's addresses and those of the next state.
func TestWriteScope(t *testing.T) {
	fleet, err := trial.Open("demo")
	if err != nil {
		t.Fatal(err)
	}
	next, err := trial.Open("follow-up-2019-11")
	if err != nil {
		t.Fatal(err)
	}
	also := trial.Addresses(next)[:3]
	path, err := trial.WriteScope(fleet, t.TempDir(), also...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scope.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range append(trial.Addresses(fleet), also...) {
		if err := s.Check(addr, time.Now()); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

// TestScore: of a survey that found nothing every archive is wrong, and a host
// outside the fleet that does not answer is no error of the survey's.
func TestScore(t *testing.T) {
	fleet, err := trial.Open("demo")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "s.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	v, err := db.CreateSurvey(t.Context(), survey.Survey{Name: "s", StartedAt: time.Now(), State: survey.StateFinished})
	if err != nil {
		t.Fatal(err)
	}
	f := survey.Finding{Schema: survey.FindingSchema, Verdict: survey.Unreachable, Counts: survey.NotCounted("x"), Target: survey.Target{Address: "127.99.99.99"}}
	if err := db.AppendRecords(t.Context(), []survey.Record{{SurveyID: v.ID, Finding: f}}); err != nil {
		t.Fatal(err)
	}
	scores, err := trial.Score(t.Context(), db, "s", fleet)
	if err != nil {
		t.Fatal(err)
	}
	if scores.AllRight() || scores.ArchivesWrong == 0 || scores.ArchivesWrong > int64(len(fleet.Archives)) {
		t.Errorf("%d of %d archives wrong", scores.ArchivesWrong, len(fleet.Archives))
	}
	for _, w := range scores.Wrong {
		if w.Address.String() == "127.99.99.99" {
			t.Errorf("the host outside the fleet is wrong: %v", w.Wrong)
		}
	}
}
