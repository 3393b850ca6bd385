// Package jobs has the work on a survey done by however many processes: the
// parts of its sweep and the hosts that these find are jobs of River in the
// survey's store. A job's results and its end are one transaction, so that a
// kill at any moment loses the work under way at most, and nothing counts
// twice.
//
// It decides who does what and when, and shares out the rates; what is done is
// the business of its caller, package campaign.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

const (
	// askEvery is how often a process asks for jobs of others, and whether there
	// are any left; its own insertions it knows at once.
	askEvery = 200 * time.Millisecond
	// askPause is the least time between two questions.
	askPause = 20 * time.Millisecond
	// attempts is how often a job is tried that ends with an error or takes its
	// process with it, with pauses that grow. What an archive does is a result and
	// not an error.
	attempts = 10
	// refusedFor is how long a store may answer with errors to the question whether
	// a job is left.
	refusedFor = 10 * time.Second
	// stopWithin is how long the work under way may take to end after its
	// context has.
	stopWithin = 20 * time.Second
	// never is longer than any job takes: the jobs of a process that is gone are
	// given back by the others, which know that it is gone (see Heartbeat).
	never = 10 * 365 * 24 * time.Hour
)

// ErrLater is what a handler returns for a job that cannot be done now; it comes
// again in a second, which is no attempt.
var ErrLater = errors.New("not now")

const laterBy = time.Second

// Sweep is the job to go through a part of the scope.
type Sweep struct {
	// Part counts from 1.
	Part int `json:"part" river:"unique"`
	// Prefixes sweeps the prefixes of the scope besides the candidates.
	Prefixes bool `json:"prefixes"`
	// Passes is how often what is silent is tried at most; 0 for as often as the
	// measured loss asks for.
	Passes int `json:"passes,omitempty"`
}

// Kind is the name of such jobs in the store.
func (Sweep) Kind() string { return "sweep" }

// Examine is the job to examine a host that was found; what is known of it is in
// the store.
type Examine struct {
	Target string `json:"target"`
	Port   uint16 `json:"port,omitempty"`
}

// Kind is the name of such jobs in the store.
func (Examine) Kind() string { return "examine" }

// Key is the key of the host's record.
func (e Examine) Key() store.Key { return store.Key{Target: e.Target, Port: e.Port} }

// Queue holds the jobs of one survey.
type Queue struct {
	db     *store.Store
	survey string
	id     string
	log    *slog.Logger
	client *river.Client[*sql.Tx]
}

// Handlers do the jobs. They return when their context ends. A nil Sweep leaves
// the parts of the sweep to other processes.
type Handlers struct {
	// Sweep goes through a part; its results and the end of the job are stored by
	// what it is given.
	Sweep func(ctx context.Context, s Sweep, finish Finish) error
	// Examine examines a host and stores its result. again says that another
	// attempt was cut short.
	Examine func(ctx context.Context, e Examine, again bool, finish Finish) error
	// Examiners is how many hosts are examined side by side, 1 or more.
	Examiners int
}

// Finish ends the job within a transaction of its results.
type Finish func(tx *store.Tx) error

// Open is the queue of a survey for the process id (see NewID), which works on
// nothing yet.
func Open(db *store.Store, surveyID, id string, log *slog.Logger) (*Queue, error) {
	q := &Queue{db: db, survey: surveyID, id: id, log: log}
	var err error
	q.client, err = river.NewClient(db.Queue(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("the queue of survey %s: %w", surveyID, err)
	}
	return q, nil
}

// queues are the names of the survey's queues.
func (q *Queue) queues() (sweeps, hosts string) {
	id := strings.ToLower(q.survey)
	return "sweep-" + id, "host-" + id
}

// AddSweeps adds a job like the one given for each part of the sweep, in the
// place of earlier ones. Parts that a process is going through stay as they are.
func (q *Queue) AddSweeps(ctx context.Context, tx *store.Tx, parts int, like Sweep) error {
	queue, _ := q.queues()
	if err := tx.DropIdleJobs(ctx, queue); err != nil {
		return err
	}
	var all []river.InsertManyParams
	for like.Part = 1; like.Part <= parts; like.Part++ {
		all = append(all, river.InsertManyParams{Args: like, InsertOpts: &river.InsertOpts{Queue: queue,
			MaxAttempts: attempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: unfinished}}})
	}
	_, err := q.client.InsertManyTx(ctx, tx.SQL, all)
	return err
}

// unfinished are the states of a job that is still to be done.
var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled}

// AddHosts stores hosts that are to be examined, and a job for each. Those that
// are there already, or have a record, are left out.
func (q *Queue) AddHosts(ctx context.Context, tx *store.Tx, found []survey.Found) error {
	_, queue := q.queues()
	var all []river.InsertManyParams
	for _, f := range found {
		added, err := tx.AddPending(ctx, q.survey, f)
		if err != nil {
			return err
		}
		if added {
			k := store.KeyOf(f.Candidate)
			all = append(all, river.InsertManyParams{Args: Examine{Target: k.Target, Port: k.Port},
				InsertOpts: &river.InsertOpts{Queue: queue, MaxAttempts: attempts}})
		}
	}
	if len(all) == 0 {
		return nil
	}
	_, err := q.client.InsertManyFastTx(ctx, tx.SQL, all)
	return err
}

// Worker is the process that works on the queue, as the store knows it.
func (q *Queue) Worker() string { return q.id }

// Left reports whether there is a job that is to be done or under way.
func (q *Queue) Left(ctx context.Context) (bool, error) {
	sweeps, hosts := q.queues()
	return q.db.JobsLeft(ctx, sweeps, hosts)
}

// Drop removes all jobs of the survey.
func (q *Queue) Drop(ctx context.Context, tx *store.Tx) error {
	sweeps, hosts := q.queues()
	return errors.Join(tx.DropJobs(ctx, sweeps), tx.DropJobs(ctx, hosts))
}

// Work does jobs, until there are none left in the store, or until ctx ends: then
// it returns the cause of ctx, when the work under way has ended and was given
// back.
func (q *Queue) Work(ctx context.Context, h Handlers) error {
	sweeps, hosts := q.queues()
	workers := river.NewWorkers()
	queues := map[string]river.QueueConfig{hosts: {MaxWorkers: h.Examiners}}
	add(workers, func(ctx context.Context, job *river.Job[Examine]) error {
		return h.Examine(ctx, job.Args, job.Attempt > 1, finishOf(ctx, job))
	})
	if h.Sweep != nil {
		queues[sweeps] = river.QueueConfig{MaxWorkers: 1}
		add(workers, func(ctx context.Context, job *river.Job[Sweep]) error {
			return h.Sweep(ctx, job.Args, finishOf(ctx, job))
		})
	}
	client, err := newWorker(q.db, q.id, queues, workers, q.log)
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

// newWorker is the client of the process id that does jobs of the queues.
func newWorker(db *store.Store, id string, queues map[string]river.QueueConfig, workers *river.Workers, log *slog.Logger) (*river.Client[*sql.Tx], error) {
	return river.NewClient(db.Queue(), &river.Config{
		ID: id, Queues: queues, Workers: workers, Logger: slog.New(slog.DiscardHandler), ErrorHandler: failures{log},
		RetryPolicy: backoff{}, FetchPollInterval: askEvery, FetchCooldown: askPause, JobTimeout: -1, RescueStuckJobsAfter: never, MaxAttempts: attempts,
	})
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

// add adds a worker whose jobs are given back when their context ends.
func add[A river.JobArgs](workers *river.Workers, work func(context.Context, *river.Job[A]) error) {
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[A]) error {
		err := work(ctx, job)
		switch {
		case err != nil && ctx.Err() != nil:
			return river.JobSnooze(0)
		case errors.Is(err, ErrLater):
			return river.JobSnooze(laterBy)
		}
		return err
	}))
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

// backoff is when a job that failed is tried again: after 2 s, 4 s, and so on, up
// to a minute.
type backoff struct{}

// NextRetry is that time.
func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(min(time.Minute, time.Second<<min(job.Attempt, 6)))
}

// failures logs what jobs ended with, without what they were about.
type failures struct{ log *slog.Logger }

// HandleError logs an error.
func (f failures) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log.Warn("job failed", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "detail", err.Error())
	return nil
}

// HandlePanic logs a panic.
func (f failures) HandlePanic(_ context.Context, job *rivertype.JobRow, _ any, trace string) *river.ErrorHandlerResult {
	f.log.Error("job panicked", "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "trace", trace)
	return nil
}
