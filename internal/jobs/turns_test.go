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

// testTurns: a part of a sweep that is not done within its turn comes back, more
// often than a job may fail, and goes on; an attempt to examine a host fails.
func testTurns(t *testing.T, dsn string) {
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	q := queue(t, db, v, jobs.NewID())
	q.SetTurns(jobs.Turns{Sweep: time.Millisecond, Host: 20*time.Millisecond - 2*limit, Ending: time.Hour, Hangs: time.Hour})
	whole := func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); ok {
			t.Error("the work has a deadline, which looks like a host that is silent")
		}
		<-ctx.Done()
		return ctx.Err()
	}
	turns, examined := 0, 0
	err := q.Work(t.Context(), jobs.Handlers{Examiners: 1,
		Sweep: func(ctx context.Context, _ jobs.Sweep, finish jobs.Finish) error {
			if turns++; turns <= 11 {
				return whole(ctx)
			}
			return ending(db, finish)
		},
		Examine: func(ctx context.Context, _ jobs.Examine, again bool, finish jobs.Finish) error {
			if examined++; examined == 1 {
				return whole(ctx)
			}
			if !again {
				t.Error("the second attempt does not know that the first one failed")
			}
			return ending(db, finish)
		}})
	if err != nil || turns != 12 || examined != 2 {
		t.Errorf("%d turns of the sweep, %d of the host, %v; want 12 and 2", turns, examined, err)
	}
}

// testHangingJob: a job that ends with nothing does not keep others from being
// done.
func testHangingJob(t *testing.T, dsn string) {
	db := open(t, dsn)
	v := begun(t, db, 1, 2)
	q := queue(t, db, v, jobs.NewID())
	q.SetTurns(jobs.Turns{Sweep: time.Hour, Host: time.Millisecond - 2*limit, Ending: time.Millisecond, Hangs: time.Millisecond})
	var all done
	first := make(chan struct{})
	sweep := func(_ context.Context, _ jobs.Sweep, finish jobs.Finish) error { return ending(db, finish) }
	err := q.Work(t.Context(), jobs.Handlers{Examiners: 1, Sweep: sweep, Examine: func(_ context.Context, e jobs.Examine, again bool, finish jobs.Finish) error {
		if all.add("job") == 1 {
			<-first // whatever becomes of its context
		} else if !again {
			close(first)
		}
		return ending(db, finish)
	}})
	if err != nil || all.jobs["job"] != 2 {
		t.Errorf("%d jobs were done, %v; want 2", all.jobs["job"], err)
	}
}

// testRescue: a job under way of which no process is known is given back when its
// time is over, whatever kind of jobs the process does that sees to it; one whose
// time is not over is left alone.
func testRescue(t *testing.T, dsn string) {
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	long := host(1)
	err := db.Update(t.Context(), "testing", func(tx *store.Tx) error {
		err := queue(t, db, v, jobs.NewID()).AddHosts(t.Context(), tx, []survey.Found{{Candidate: survey.Candidate{Address: long}}}, 24*time.Hour)
		for _, at := range []struct {
			attempt time.Time
			of      string
		}{{time.Now().Add(-9 * time.Hour), ""}, {time.Now().Add(-53 * time.Hour), " AND args ->> 'target' = '" + long.String() + "'"}} {
			_, changed := tx.SQL.ExecContext(t.Context(), "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = $1 WHERE state <> 'completed'"+at.of,
				at.attempt.UTC().Format("2006-01-02 15:04:05.000"))
			err = errors.Join(err, changed)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	err = queue(t, db, v, jobs.NewID()).Work(ctx, jobs.Handlers{Examiners: 1, Examine: func(_ context.Context, e jobs.Examine, again bool, finish jobs.Finish) error {
		if e.Target != host(0).String() || !again {
			t.Errorf("done: %+v, again %v", e, again)
		}
		defer stop(enough)
		return ending(db, finish)
	}})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	ctx, stop = context.WithCancelCause(t.Context())
	err = queue(t, db, v, jobs.NewID()).Work(ctx, jobs.Handlers{Examiners: 1,
		Sweep: func(_ context.Context, _ jobs.Sweep, finish jobs.Finish) error {
			defer stop(enough)
			return ending(db, finish)
		},
		Examine: func(_ context.Context, e jobs.Examine, _ bool, _ jobs.Finish) error {
			t.Errorf("done: %+v", e)
			return nil
		}})
	if !errors.Is(err, enough) { // nil: the process that does no sweeps has given the part up
		t.Errorf("ended with %v", err)
	}
}
