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
	Target string `json:"target" river:"unique"`
	Port   uint16 `json:"port,omitempty" river:"unique"`
	// Limit is how long the scope lets the host be used; 0 in jobs of versions
	// that did not store it.
	Limit time.Duration `json:"limit,omitempty"`
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
	reader *river.Client[*sql.Tx] // does not wait for transactions that write
	times  turns
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
	q := &Queue{db: db, survey: surveyID, id: id, log: log, times: defaultTurns}
	var err, reading error
	q.client, err = river.NewClient(db.Queue(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	q.reader, reading = river.NewClient(db.QueueReader(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err := errors.Join(err, reading); err != nil {
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
	if err := q.drop(ctx, tx, queue); err != nil {
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

// AddHosts stores hosts that are to be examined, each of which may be used for as
// long as limit says, and a job for each. Those that are there already, or have a
// record, are left out.
func (q *Queue) AddHosts(ctx context.Context, tx *store.Tx, found []survey.Found, limit time.Duration) error {
	_, queue := q.queues()
	var all []river.InsertManyParams
	for _, f := range found {
		added, err := tx.AddPending(ctx, q.survey, f)
		if err != nil {
			return err
		}
		if added {
			k := store.KeyOf(f.Candidate)
			all = append(all, river.InsertManyParams{Args: Examine{Target: k.Target, Port: k.Port, Limit: limit},
				InsertOpts: &river.InsertOpts{Queue: queue, MaxAttempts: attempts,
					UniqueOpts: river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: unfinished}}})
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

// Left reports whether there is a job that is to be done or under way; those that
// were given up after too many errors are not.
func (q *Queue) Left(ctx context.Context) (bool, error) {
	sweeps, hosts := q.queues()
	found, err := q.reader.JobList(ctx, oneOf(unfinished, sweeps, hosts))
	if err != nil {
		return false, q.db.Reading(err)
	}
	return len(found.Jobs) > 0, nil
}

// oneOf lists a job of the queues in one of the states. The order is that of an
// index which begins with these two; the order of IDs would lead past all the jobs
// that are done.
func oneOf(states []rivertype.JobState, queues ...string) *river.JobListParams {
	return river.NewJobListParams().Queues(queues...).States(states...).OrderBy(river.JobListOrderByScheduledAt, river.SortOrderAsc).First(1)
}

// Drop removes all jobs of the survey, of which none is under way any more.
func (q *Queue) Drop(ctx context.Context, tx *store.Tx) error {
	sweeps, hosts := q.queues()
	return q.drop(ctx, tx, sweeps, hosts)
}

// dropMost is how many jobs are removed by one statement, which returns them.
const dropMost = 10_000

// drop removes the jobs of queues that no process is at work on.
func (q *Queue) drop(ctx context.Context, tx *store.Tx, queues ...string) error {
	all := river.NewJobDeleteManyParams().Queues(queues...).First(dropMost)
	for {
		dropped, err := q.client.JobDeleteManyTx(ctx, tx.SQL, all)
		if err != nil || len(dropped.Jobs) < dropMost {
			return err
		}
	}
}
