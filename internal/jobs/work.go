package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"leadglass/internal/store"
)

// Work does jobs, until there are none left in the store, or until ctx ends: then
// it returns the cause of ctx, when the work under way has ended and was given
// back.
func (q *Queue) Work(ctx context.Context, h Handlers) error {
	sweeps, hosts := q.queues()
	queues := map[string]river.QueueConfig{hosts: {MaxWorkers: h.Examiners}}
	k := kinds{examine: func(ctx context.Context, job *river.Job[Examine]) error {
		return h.Examine(ctx, job.Args, job.Attempt > 1, finishOf(ctx, job))
	}}
	if h.Sweep != nil {
		queues[sweeps] = river.QueueConfig{MaxWorkers: 1}
		k.sweep = func(ctx context.Context, job *river.Job[Sweep]) error {
			return h.Sweep(ctx, job.Args, finishOf(ctx, job))
		}
	}
	client, err := newWorker(q.db, q.id, queues, k, q.times, q.log)
	if err != nil {
		return fmt.Errorf("the queue of survey %s: %w", q.survey, err)
	}
	q.client = client // which learns of its own insertions at once
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("the queue of survey %s: %w", q.survey, err)
	}
	err = q.await(ctx)
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer done()
	end := client.StopAndCancel
	if err == nil {
		end = client.Stop // nothing is under way
	}
	if late := end(stop); late != nil { // on a busy machine, or a slow store
		q.log.Warn("work has not ended in time", "survey", q.survey)
	}
	return err
}

// await waits until no job is left. A store that does not answer in time is asked
// again; one that answers with errors only is not.
func (q *Queue) await(ctx context.Context) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for refused, since := 0, time.Now(); ; {
		left, err := q.Left(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case store.Late(err):
		case err != nil:
			if refused++; refused >= refusals && time.Since(since) > refusedFor {
				return err
			}
		case !left:
			return nil
		default:
			refused, since = 0, time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// finishOf ends a job that was worked on under ctx, also after that has ended.
func finishOf[A river.JobArgs](ctx context.Context, job *river.Job[A]) Finish {
	ctx = context.WithoutCancel(ctx)
	return func(tx *store.Tx) error {
		_, err := river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx.SQL, job)
		if errors.Is(err, rivertype.ErrNotFound) {
			return nil // it was dropped, or done by another process after all
		}
		return err
	}
}
