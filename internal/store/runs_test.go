package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

func testRuns(t *testing.T, e engine) {
	ctx := context.Background()
	dsn := e.empty(t)
	s, other := open(t, dsn), open(t, dsn) // as two processes would
	v := create(t, s, "v", started)
	is := func(want store.Run) {
		t.Helper()
		if want.Verdicts == nil {
			want.Verdicts = map[survey.Verdict]int64{}
		}
		if got, err := other.Run(ctx, v.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("run %+v, %v; want %+v", got, err, want)
		}
	}
	beat := func(at time.Time, want bool) {
		t.Helper()
		if b, err := s.Beat(ctx, v.ID, "one", at); err != nil || b.Cancelled != want {
			t.Errorf("cancelled %v, %v; want %v", b.Cancelled, err, want)
		}
	}
	lead := func(survey, id string) {
		t.Helper()
		err := s.Update(ctx, "testing", func(tx *store.Tx) error {
			_, err := tx.Lead(ctx, survey, id, "")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	is(store.Run{})
	if _, err := s.Beat(ctx, v.ID, "other", started); err != nil {
		t.Fatal(err)
	}
	is(store.Run{}) // it does not lead
	lead(v.ID, "one")
	first, second := started.Add(time.Second), started.Add(2*time.Second)
	beat(first, false)
	is(store.Run{SeenAt: first})
	if err := other.Cancel(ctx, v.ID, second); err != nil {
		t.Fatal(err)
	}
	beat(second, true)
	if err := other.Cancel(ctx, v.ID, second.Add(10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := s.AppendRecords(ctx, []survey.Record{record(v.ID, "127.0.0.1", 0, survey.Open), record(v.ID, "127.0.0.2", 0, survey.Open),
		record(v.ID, "127.0.0.3", 0, survey.Protected)}); err != nil {
		t.Fatal(err)
	}
	is(store.Run{SeenAt: second, CancelledAt: second, Verdicts: map[survey.Verdict]int64{survey.Open: 2, survey.Protected: 1}})

	if err := s.Cancel(ctx, "nobody", first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("cancelling an unknown survey: %v", err)
	}
	if _, err := s.Beat(ctx, "nobody", "two", first); err == nil {
		t.Error("an unknown survey is at work")
	}
	done := create(t, s, "done", started)
	done.State, done.FinishedAt = survey.StateFinished, second
	if err := s.UpdateSurvey(ctx, done); err != nil {
		t.Fatal(err)
	}
	if err := s.Cancel(ctx, done.ID, second); !errors.Is(err, store.ErrFinished) {
		t.Errorf("cancelling a finished survey: %v", err)
	}
	state := func(id string, want survey.State) {
		t.Helper()
		if got, err := other.Survey(ctx, id); err != nil || got.State != want {
			t.Errorf("state %s, %v; want %s", got.State, err, want)
		}
	}
	state(v.ID, survey.StateRunning) // its process will say how it ended
	// Cancelled when nobody works on it: never, or no longer.
	idle, killed := create(t, s, "idle", started), create(t, s, "killed", started)
	lead(killed.ID, "two")
	if _, err := s.Beat(ctx, killed.ID, "two", first); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{idle.ID, killed.ID} {
		if err := other.Cancel(ctx, id, first.Add(survey.SilentAfter)); err != nil {
			t.Fatal(err)
		}
		state(id, survey.StateInterrupted)
	}
	if b, err := s.Beat(ctx, idle.ID, "one", second); err != nil || !b.Cancelled {
		t.Errorf("cancelled %v, %v", b.Cancelled, err)
	}
}
