package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/jobs"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// begun is a survey with hosts to be examined and parts to be swept.
func begun(t *testing.T, db *store.Store, parts, hosts int) survey.Survey {
	t.Helper()
	v, err := db.CreateSurvey(t.Context(), survey.Survey{Name: "v", StartedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	q := queue(t, db, v, jobs.NewID())
	err = db.Update(t.Context(), "testing", func(tx *store.Tx) error {
		var found []survey.Found
		for i := range hosts {
			found = append(found, survey.Found{Candidate: survey.Candidate{Address: host(i)}})
		}
		return errors.Join(q.AddHosts(t.Context(), tx, found, limit), q.AddHosts(t.Context(), tx, found, limit), // twice, which makes no second job
			q.AddSweeps(t.Context(), tx, parts, jobs.Sweep{Prefixes: true, Passes: 2}), q.AddSweeps(t.Context(), tx, parts, jobs.Sweep{Prefixes: true}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// limit is how long a host may be used.
const limit = time.Minute

func host(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, byte(i >> 8), byte(i)}) }

func queue(t *testing.T, db *store.Store, v survey.Survey, id string) *jobs.Queue {
	t.Helper()
	q, err := jobs.Open(db, v.ID, id, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// done counts how often jobs were done.
type done struct {
	mu   sync.Mutex
	jobs map[string]int
}

func (d *done) add(job any) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.jobs == nil {
		d.jobs = map[string]int{}
	}
	name := fmt.Sprintf("%+v", job)
	d.jobs[name]++
	return d.jobs[name]
}

// ending ends a job in a transaction.
func ending(db *store.Store, finish jobs.Finish) error {
	return db.Update(context.Background(), "testing", finish)
}

// testWork: two processes do each job once; one that fails, or panics, is tried
// again.
func testWork(t *testing.T, dsn string) {
	db := open(t, dsn)
	const parts, hosts = 3, 40
	v := begun(t, db, parts, hosts)
	var all done
	var sweeping, most atomic.Int64
	work := func(db *store.Store) error {
		return queue(t, db, v, jobs.NewID()).Work(t.Context(), jobs.Handlers{Examiners: 4,
			Sweep: func(_ context.Context, s jobs.Sweep, finish jobs.Finish) error {
				most.Store(max(most.Load(), sweeping.Add(1)))
				defer sweeping.Add(-1)
				all.add(s)
				return ending(db, finish)
			},
			Examine: func(_ context.Context, e jobs.Examine, again bool, finish jobs.Finish) error {
				n := all.add(e)
				switch {
				case again != (n > 1):
					t.Errorf("attempt %d says again: %v", n, again)
				case e.Target == host(1).String() && n == 1:
					return errors.New("fails")
				case e.Target == host(2).String() && n == 1:
					panic("fails")
				}
				return ending(db, finish)
			}})
	}
	var both sync.WaitGroup
	for range 2 {
		own := open(t, dsn)
		both.Go(func() {
			if err := work(own); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if most.Load() > 2 {
		t.Errorf("%d parts were swept side by side by two processes", most.Load())
	}
	if len(all.jobs) != parts+hosts {
		t.Errorf("%d jobs were done, want %d", len(all.jobs), parts+hosts)
	}
	for job, n := range all.jobs {
		want := 1
		if job == fmt.Sprintf("%+v", jobs.Examine{Target: host(1).String(), Limit: limit}) || job == fmt.Sprintf("%+v", jobs.Examine{Target: host(2).String(), Limit: limit}) {
			want = 2
		}
		if n != want {
			t.Errorf("%s was done %d times, want %d", job, n, want)
		}
	}
}

// testGoneProcess: the jobs of a process that is gone are done by another, and
// what it stores too late after all does not count.
func testGoneProcess(t *testing.T, dsn string) {
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	held := make(chan jobs.Finish, 1)
	released := make(chan struct{})
	lost := jobs.NewID()
	var first sync.WaitGroup
	first.Go(func() {
		err := queue(t, db, v, lost).Work(t.Context(), jobs.Handlers{Examiners: 1, Examine: func(_ context.Context, _ jobs.Examine, _ bool, finish jobs.Finish) error {
			held <- finish
			<-released
			return ending(db, finish)
		}})
		if err != nil { // nothing is left when it looks again
			t.Error(err)
		}
	})
	<-held
	if err := jobs.Bury(t.Context(), db, v.ID, lost); err != nil {
		t.Fatal(err)
	}
	times := 0
	err := queue(t, db, v, jobs.NewID()).Work(t.Context(), jobs.Handlers{Examiners: 1,
		Sweep: func(_ context.Context, _ jobs.Sweep, finish jobs.Finish) error { return ending(db, finish) },
		Examine: func(_ context.Context, _ jobs.Examine, again bool, finish jobs.Finish) error {
			if times++; !again {
				t.Error("the second attempt does not know of the first")
			}
			return ending(db, finish)
		}})
	if err != nil || times != 1 {
		t.Errorf("done %d times, %v", times, err)
	}
	close(released)
	first.Wait()
	if left, err := queue(t, db, v, lost).Left(t.Context()); err != nil || left {
		t.Errorf("jobs are left: %v, %v", left, err)
	}
}

// testInterrupted: work that is interrupted is given back, and not counted as an
// attempt that failed.
func testInterrupted(t *testing.T, dsn string) {
	db := open(t, dsn)
	v := begun(t, db, 1, 5)
	cause := errors.New("enough")
	for range 12 { // more often than a job may fail
		ctx, stop := context.WithCancelCause(t.Context())
		err := queue(t, db, v, jobs.NewID()).Work(ctx, jobs.Handlers{Examiners: 5, Examine: func(ctx context.Context, _ jobs.Examine, _ bool, _ jobs.Finish) error {
			stop(cause)
			<-ctx.Done()
			return ctx.Err()
		}})
		if !errors.Is(err, cause) {
			t.Fatal(err)
		}
	}
	var all done
	err := queue(t, db, v, jobs.NewID()).Work(t.Context(), jobs.Handlers{Examiners: 5,
		Sweep: func(_ context.Context, s jobs.Sweep, finish jobs.Finish) error { all.add(s); return ending(db, finish) },
		Examine: func(_ context.Context, e jobs.Examine, _ bool, finish jobs.Finish) error {
			all.add(e)
			return ending(db, finish)
		}})
	if err != nil || len(all.jobs) != 6 {
		t.Errorf("%v, %v", all.jobs, err)
	}
}

// testAttend: one process leads a survey; the others stop when it is cancelled;
// what a gone leader was is taken over at once by a process of the same machine.
func testAttend(t *testing.T, dsn string) {
	ctx := t.Context()
	db := open(t, dsn)
	v := begun(t, db, 1, 1)
	lead, other := jobs.NewID(), jobs.NewID()
	waited := func() { t.Error("it was waited for a process of this machine") }
	if err := jobs.Lead(ctx, db, v.ID, lead, waited); err != nil {
		t.Fatal(err)
	}
	if err := jobs.Lead(ctx, db, v.ID, other, waited); !errors.Is(err, jobs.ErrLed) {
		t.Fatalf("two processes lead: %v", err)
	}
	var shares [2]atomic.Int64
	work, leader, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: db, Survey: v.ID, ID: lead, Lead: true, Share: func(n int) { shares[0].Store(int64(n)) }})
	if err != nil {
		t.Fatal(err)
	}
	helping, helper, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: open(t, dsn), Survey: v.ID, ID: other, Share: func(n int) {
		if shares[0].Load() != 2 {
			t.Error("the helper began before the leader had made room")
		}
		shares[1].Store(int64(n))
	}})
	if err != nil {
		t.Fatal(err)
	}
	if shares[1].Load() != 2 {
		t.Errorf("the helper divides by %d", shares[1].Load())
	}
	if err := db.Cancel(ctx, v.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []context.Context{work, helping} {
		select {
		case <-c.Done():
		case <-time.After(30 * time.Second):
			t.Fatal("the work goes on")
		}
		if !errors.Is(context.Cause(c), jobs.ErrCancelled) {
			t.Error(context.Cause(c))
		}
	}
	if err := helper.End(nil); !errors.Is(err, jobs.ErrCancelled) {
		t.Error(err)
	}
	_ = leader.End(nil)
	if all, err := db.Workers(ctx, v.ID); err != nil || len(all) != 0 {
		t.Errorf("workers %v, %v", all, err)
	}
	if !leader.Helped() || helper.Others() != 1 {
		t.Error("they have not seen each other")
	}
	third := jobs.NewID()
	if err := jobs.Lead(ctx, db, v.ID, third, waited); err != nil {
		t.Errorf("after its leader has ended: %v", err)
	}
}
