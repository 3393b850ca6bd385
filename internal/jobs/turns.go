package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"leadglass/internal/store"
)

// turns are the times of jobs that River keeps. They are far beyond what work
// takes on a busy machine: what they end is work that hangs.
type turns struct {
	// sweep is how long the first turn of a part of a sweep is. Then its position
	// is stored and the job comes back, which is no attempt that failed. Each turn
	// is twice as long as the one before: hosts that do not answer have no
	// position, and a turn must be longer than it takes to try all of them.
	sweep time.Duration
	// host is how long an attempt to examine a host may take, besides twice the
	// time that the scope allows for a host. One that takes longer has failed.
	host time.Duration
	// ending is how long a job may go on after its turn, to store what it has; a
	// transaction waits up to 12 min (package store). Then it has hangs more until
	// another job is done in its place.
	ending, hangs time.Duration
	// rescue is how old the attempt of a job that hangs must be, at least, to be
	// taken from its process.
	rescue time.Duration
}

var defaultTurns = turns{sweep: 6 * time.Hour, host: 6 * time.Hour, ending: 15 * time.Minute, hangs: 10 * time.Second, rescue: 7 * time.Hour}

// mostDoublings bounds the turns of a sweep: 6 h doubled ten times are 256 days.
const mostDoublings = 10

// ofSweep is how long the turn of a part is.
func (t turns) ofSweep(job *river.Job[Sweep]) time.Duration {
	var state struct {
		Snoozes int `json:"snoozes"` // River counts them
	}
	// The number is River's own; without it, the turn is the first.
	_ = json.Unmarshal(job.Metadata, &state)
	return t.sweep << min(max(state.Snoozes, 0), mostDoublings)
}

// mostHostTime is the most that a scope can allow for a host.
const mostHostTime = 24 * time.Hour

// ofHost is how long an attempt to examine a host may take.
func (t turns) ofHost(job *river.Job[Examine]) time.Duration {
	limit := job.Args.Limit
	if limit <= 0 || limit > mostHostTime { // stored by an older version
		limit = mostHostTime
	}
	return t.host + 2*limit
}

// kinds are the functions that do jobs; nil for those of a kind that this process
// does not do.
type kinds struct {
	sweep   func(context.Context, *river.Job[Sweep]) error
	examine func(context.Context, *river.Job[Examine]) error
	survey  func(context.Context, *river.Job[Survey]) error
}

// workers has all kinds, also those that this process does not do: River elects
// one process of the store to rescue the jobs of all, and that one discards jobs
// of kinds that it does not know.
func (k kinds) workers(t turns) *river.Workers {
	all := river.NewWorkers()
	river.AddWorker(all, &worker[Sweep]{work: k.sweep, turn: t.ofSweep, ending: t.ending, continues: true})
	river.AddWorker(all, &worker[Examine]{work: k.examine, turn: t.ofHost, ending: t.ending})
	river.AddWorker(all, &worker[Survey]{work: k.survey}) // its parts and hosts have turns
	return all
}

// worker does the jobs of a kind.
type worker[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	work func(context.Context, *river.Job[A]) error
	// turn is how long a job may be worked on at a time; nil for without end.
	turn   func(*river.Job[A]) time.Duration
	ending time.Duration
	// continues: the next turn goes on where this one ends.
	continues bool
}

// Timeout is when a job hangs. Until then it is not rescued: another process must
// not begin with it while this one stores what it has.
func (w *worker[A]) Timeout(job *river.Job[A]) time.Duration {
	if w.turn == nil {
		return -1
	}
	return w.turn(job) + w.ending
}

// errTurn is the cause for a job whose turn is over.
var errTurn = errors.New("it was not done within its turn")

// Work does a job. One whose context ends is given back, and is no attempt that
// failed, unless it has used up its turn and cannot go on from there.
func (w *worker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	if w.work == nil { // no queue of this process has such jobs
		return river.JobSnooze(laterBy)
	}
	// The time of the turn ends the work as the end of the process does. It is no
	// deadline, which connections would take for the silence of a host.
	work, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })()
	if w.turn != nil {
		defer time.AfterFunc(w.turn(job), func() { end(errTurn) }).Stop()
	}
	err := w.work(work, job)
	switch {
	case err != nil && errors.Is(context.Cause(work), errTurn) && !w.continues:
		return errTurn
	case err != nil && work.Err() != nil:
		return river.JobSnooze(0)
	case errors.Is(err, ErrLater):
		return river.JobSnooze(laterBy)
	}
	return err
}

// newWorker is the client of the process id that does jobs of the queues.
func newWorker(db *store.Store, id string, queues map[string]river.QueueConfig, k kinds, t turns, log *slog.Logger) (*river.Client[*sql.Tx], error) {
	return river.NewClient(db.Queue(), &river.Config{
		ID: id, Queues: queues, Workers: k.workers(t), Logger: slog.New(slog.DiscardHandler), ErrorHandler: failures{log},
		RetryPolicy: backoff{}, MaxAttempts: attempts, FetchPollInterval: askEvery, FetchCooldown: askPause,
		JobTimeout:           -1, // each kind has its own
		RescueStuckJobsAfter: t.rescue, JobStuckThreshold: t.hangs, JobStuckHandler: stuck(log),
	})
}

// stuck logs a job that has not ended with its turn, and lets another be done in
// its place.
func stuck(log *slog.Logger) river.JobStuckHandler {
	return func(_ context.Context, p river.JobStuckHandlerParams) river.JobStuckHandlerResult {
		log.Error("job hangs", "job", p.ID, "kind", p.Kind, "hanging", p.TotalStuckJobs)
		return river.JobStuckHandlerResult{AddWorkerSlot: true}
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
