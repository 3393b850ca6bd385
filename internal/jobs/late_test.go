package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"leadglass/internal/jobs"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// shortTimes are those of a test: a store that is kept for as long as a heartbeat
// takes is late.
var shortTimes = jobs.Times{Beat: 10 * time.Millisecond, Lease: 100 * time.Millisecond}

// hold keeps others from writing to the store until the function it returns is
// called.
func hold(t *testing.T, db *store.Store, v survey.Survey) (release func()) {
	t.Helper()
	held, over, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- db.Update(context.Background(), "testing", func(tx *store.Tx) error {
			_, err := tx.SQL.Exec("UPDATE runs SET seen_at = seen_at WHERE survey_id = $1", v.ID)
			close(held)
			<-over
			return err
		})
	}()
	<-held
	return func() {
		close(over)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// testLateStore: a heartbeat that is late ends nothing. Where processes of other
// machines may have taken this one for gone meanwhile, the work under way ends
// and begins again when the store has answered; else it goes on.
func testLateStore(t *testing.T, dsn string) {
	ctx := t.Context()
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	id := jobs.NewID()
	if err := jobs.Lead(ctx, db, v.ID, id, func() {}); err != nil {
		t.Fatal(err)
	}
	late := make(chan time.Duration)
	work, leader, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: db, Survey: v.ID, ID: id, Lead: true, Share: func(int) {}, Times: shortTimes,
		Late: func(silent time.Duration) {
			select {
			case late <- silent:
			case <-ctx.Done():
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	times, finished := make(chan context.Context), make(chan error, 1)
	enough := make(chan struct{})
	go func() {
		finished <- leader.Do(func(ctx context.Context) error {
			times <- ctx
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-enough:
				return nil
			}
		})
	}()
	first := <-times
	release := hold(t, open(t, dsn), v)
	for silent := time.Duration(0); silent < 3*shortTimes.Lease; {
		silent = <-late
	}
	if err := context.Cause(work); err != nil {
		t.Errorf("the survey ended: %v", err)
	}
	if rests := first.Err() != nil; rests != db.Shared() {
		t.Errorf("the work rests: %v; the store is shared: %v", rests, db.Shared())
	}
	release()
	go func() { // answers that are late from now on are no matter
		for {
			select {
			case <-late:
			case <-ctx.Done():
				return
			}
		}
	}()
	if db.Shared() {
		if second := <-times; second.Err() != nil {
			t.Error(context.Cause(second))
		}
	}
	close(enough)
	if err := <-finished; err != nil {
		t.Error(err)
	}
	if err := leader.End(nil); err != nil {
		t.Error(err)
	}
}

// testLostLead: a leader in whose place another process has come ends its work.
func testLostLead(t *testing.T, dsn string) {
	ctx := t.Context()
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	id, other := jobs.NewID(), jobs.NewID()
	if err := jobs.Lead(ctx, db, v.ID, id, func() {}); err != nil {
		t.Fatal(err)
	}
	work, leader, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: db, Survey: v.ID, ID: id, Lead: true, Share: func(int) {}, Times: jobs.Times{Beat: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, "testing", func(tx *store.Tx) error {
		_, err := tx.Lead(ctx, v.ID, other, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	<-work.Done()
	if err := leader.End(nil); !errors.Is(err, jobs.ErrLed) {
		t.Errorf("ended with %v", err)
	}
	if now, err := db.Leader(ctx, v.ID); err != nil || now != other {
		t.Errorf("leader %q, %v", now, err)
	}
}

// testRefusingStore: a store that answers every heartbeat with an error ends the
// work.
func testRefusingStore(t *testing.T, dsn string) {
	ctx := t.Context()
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	id := jobs.NewID()
	work, a, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: db, Survey: v.ID, ID: id, Lead: true, Share: func(int) {}, Times: shortTimes,
		Late: func(silent time.Duration) { t.Errorf("late by %s", silent) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	<-work.Done()
	if err := a.End(nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
