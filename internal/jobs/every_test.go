package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"leadglass/internal/jobs"
)

// turns are the surveys that were made.
type turns struct {
	mu  sync.Mutex
	due []time.Time
}

func (r *turns) add(due time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.due = append(r.due, due)
	return len(r.due)
}

// testPeriodic: of two processes one makes each survey, a survey that fails or is
// interrupted is gone on with, and who comes later waits for the next.
func testPeriodic(t *testing.T, dsn string) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var made turns
	var atWork sync.Mutex
	periodic := func(do func(ctx context.Context, due time.Time) error, next func(time.Time)) *jobs.Periodic {
		return &jobs.Periodic{Store: open(t, dsn), Name: "p", Every: 24 * time.Hour, Log: slog.New(slog.DiscardHandler), Do: do, Next: next}
	}
	interrupted := periodic(func(ctx context.Context, due time.Time) error {
		made.add(due)
		stop()
		<-ctx.Done()
		return ctx.Err()
	}, func(time.Time) {})
	if err := interrupted.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}

	ctx, stop = context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	begun := time.Now()
	next := make(chan time.Time, 4)
	do := func(_ context.Context, due time.Time) error {
		if !atWork.TryLock() {
			t.Error("two processes are at work")
			return nil
		}
		defer atWork.Unlock()
		if made.add(due) == 2 {
			return errors.New("the first attempt fails")
		}
		return nil
	}
	var both sync.WaitGroup
	for range 2 {
		p := periodic(do, func(at time.Time) { next <- at })
		both.Go(func() {
			if err := p.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	var at time.Time
	for at.Before(begun.Add(time.Hour)) { // that the other is at work, and when it tries again, may come first
		select {
		case at = <-next:
		case <-ctx.Done():
			t.Fatal("no survey was made")
		}
	}
	stop()
	both.Wait()
	made.mu.Lock()
	defer made.mu.Unlock()
	if len(made.due) != 3 || !made.due[0].Equal(made.due[1]) || !made.due[1].Equal(made.due[2]) {
		t.Fatalf("surveys were made that were due at %v", made.due)
	}
	if want := made.due[0].Add(24 * time.Hour); at.Sub(want).Abs() > time.Second {
		t.Errorf("the next begins at %v, want %v", at, want)
	}

	ctx, stop = context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	later := periodic(func(context.Context, time.Time) error {
		t.Error("a survey was made before its time")
		return nil
	}, func(again time.Time) {
		if again.Sub(at).Abs() > time.Second {
			t.Errorf("the next begins at %v, and is said to begin at %v", at, again)
		}
		stop()
	})
	if err := later.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
