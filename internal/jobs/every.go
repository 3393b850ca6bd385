package jobs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"leadglass/internal/store"
)

// Survey is the job to survey a scope once.
type Survey struct {
	// Due is when it was to begin.
	Due time.Time `json:"due"`
}

// Kind is the name of such jobs in the store.
func (Survey) Kind() string { return "survey" }

// Periodic is a survey that is made again and again. In the store stands one job
// of it, the next survey or the one under way, so that it is made once however
// many processes are there for it, and goes on where it was when there was none.
type Periodic struct {
	Store *store.Store
	// Name tells it from other periodic surveys in the store.
	Name  string
	Every time.Duration
	Log   *slog.Logger
	// Do makes the survey that was due then, or goes on with it.
	Do func(ctx context.Context, due time.Time) error
	// Next is told when the next survey begins; zero for one that is at work in
	// another process.
	Next func(at time.Time)
}

// queue is the name of the periodic survey's queue.
func (p *Periodic) queue() string {
	sum := sha256.Sum256([]byte(p.Name))
	return "every-" + hex.EncodeToString(sum[:8])
}

// insert puts the next survey into the store, unless one is there.
func (p *Periodic) insert(ctx context.Context, tx *store.Tx, client *river.Client[*sql.Tx], at time.Time) (time.Time, error) {
	r, err := client.InsertTx(ctx, tx.SQL, Survey{Due: at.UTC()}, &river.InsertOpts{Queue: p.queue(), ScheduledAt: at, MaxAttempts: attempts,
		UniqueOpts: river.UniqueOpts{ByQueue: true, ByState: unfinished}})
	if err != nil {
		return at, err
	}
	if r.Job.State == rivertype.JobStateRunning {
		return time.Time{}, nil
	}
	return r.Job.ScheduledAt, nil
}

// Run makes surveys until ctx ends, the first one now unless the store has the
// time of the next. An error of a survey is tried again, by and by, and then left
// for the next survey.
func (p *Periodic) Run(ctx context.Context) error {
	id := NewID()
	defer ids.Delete(id)
	client, err := newWorker(p.Store, id, map[string]river.QueueConfig{p.queue(): {MaxWorkers: 1}}, kinds{survey: p.work}, defaultTurns, p.Log)
	if err != nil {
		return fmt.Errorf("the periodic survey: %w", err)
	}
	var next time.Time
	err = p.Store.Update(ctx, "beginning a periodic survey in", func(tx *store.Tx) error {
		if err := p.takeOver(ctx, tx, client); err != nil {
			return err
		}
		next, err = p.insert(ctx, tx, client, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	if next.IsZero() || time.Until(next) > 0 {
		p.Next(next)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("the periodic survey: %w", err)
	}
	<-ctx.Done()
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer done()
	return errors.Join(context.Cause(ctx), client.StopAndCancel(stop))
}

// takeOver gives back a survey under way whose process is not known to be there.
func (p *Periodic) takeOver(ctx context.Context, tx *store.Tx, client *river.Client[*sql.Tx]) error {
	running, err := client.JobListTx(ctx, tx.SQL, oneOf([]rivertype.JobState{rivertype.JobStateRunning}, p.queue()))
	if err != nil {
		return err
	}
	for _, job := range running.Jobs {
		if n := len(job.AttemptedBy); n > 0 && processStateOf(job.AttemptedBy[n-1]) != alive {
			return tx.Release(ctx, job.AttemptedBy[n-1])
		}
	}
	return nil
}

// work makes one survey and puts the next into the store.
func (p *Periodic) work(ctx context.Context, job *river.Job[Survey]) error {
	err := p.Do(ctx, job.Args.Due)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil && job.Attempt < attempts {
		return err
	}
	// The next begins a period after this was due; what was missed is not made up
	// for.
	next := job.Args.Due.Add(p.Every)
	if now := time.Now(); next.Before(now) {
		next = next.Add(now.Sub(next).Truncate(p.Every) + p.Every)
	}
	keep := context.WithoutCancel(ctx)
	err = p.Store.Update(keep, "ending a periodic survey in", func(tx *store.Tx) error {
		if _, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](keep, tx.SQL, job); err != nil {
			return err
		}
		next, err = p.insert(keep, tx, river.ClientFromContext[*sql.Tx](ctx), next)
		return err
	})
	if err == nil {
		p.Next(next)
	}
	return err
}
