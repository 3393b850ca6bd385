package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"leadglass/internal/examine"
	"leadglass/internal/jobs"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

type workerCommand struct {
	ScopeFile    string   `name:"scope" help:"Work on surveys of this scope file alone, within its own exclusions too. A worker needs this, or --trust." placeholder:"FILE"`
	Trust        []string `sep:"none" help:"Work on surveys that the private key of this public key has signed ('survey --sign'); may be repeated." placeholder:"KEY"`
	CalledTitles []string `name:"called-ae-title" help:"With --scope: a called AE title of your own archives, as the survey was begun with." placeholder:"TITLE"`
	Concurrency  int      `help:"How many hosts are examined side by side." default:"32"`
	UntilDone    bool     `name:"until-done" help:"End when the store has no survey under way, instead of waiting for one; with exit code 3 where one waits for --resume."`
	ProductsFile string   `name:"products" help:"More fingerprints of products: those that the survey was begun with." placeholder:"FILE"`
	GeoIP        []string `name:"geoip" sep:"none" help:"MMDB files: those that the survey was begun with." placeholder:"FILE"`
}

// Help adds examples to --help.
func (workerCommand) Help() string {
	return `A worker joins the surveys under way in a PostgreSQL store (or, on one machine, a
SQLite file): it goes through parts of their sweeps and examines hosts, beside the
process of ` + "`leadglass survey`" + ` and other workers. Together they stay under the
rates of the scope. It waits for surveys until it is interrupted. A worker that is
killed loses nothing: its jobs go to the others.

What a worker may touch is not decided by who can write to the store. With
--scope it works on surveys whose scope is the text of the file; with --trust on
those that the owner of a key has signed (` + "`leadglass scope key`" + `, ` + "`survey --sign`" + `),
without the file; with both, both hold. The exclusions that the survey began with
hold in any case, and those of the worker's own exclude files too.

Examples:
  leadglass worker --store postgres://survey@db.example/leadglass --scope mandate.yaml
  leadglass worker --store "$DSN" --scope mandate.yaml --concurrency 64
  leadglass worker --store "$DSN" --trust "$(cat leader.pub)" --until-done`
}

// restEvery is how often a worker without work looks for some.
const restEvery = time.Second

// Run works on surveys.
func (c *workerCommand) Run(ctx context.Context, a *app) error {
	if c.Concurrency < 1 {
		return usage(fmt.Errorf("--concurrency: %d hosts cannot be examined; give 1 or more", c.Concurrency))
	}
	w := &working{workerCommand: c, app: a, said: map[string]bool{}, refused: map[string]time.Time{}}
	if err := w.bounds(); err != nil {
		return usage(err)
	}
	boundHeap()
	if err := w.open(ctx); err != nil {
		return err
	}
	defer w.db.Close()
	for ctx.Err() == nil {
		state, err := w.turn(ctx)
		switch {
		case err != nil && (c.UntilDone || ctx.Err() != nil):
		case err != nil:
			w.say("the work was stopped, and is tried again every few seconds: " + err.Error())
			_ = rest(ctx, restAfterError)
			continue
		case state == underWay:
			_ = rest(ctx, restEvery) // there may be work in a moment
			continue
		case state == nothing && !c.UntilDone:
			w.say("waiting for a survey")
			_ = rest(ctx, restEvery)
			continue
		case state == worked:
			clear(w.said)
			continue
		case state == leaderless && !c.UntilDone:
			_ = rest(ctx, restEvery)
			continue
		case state == leaderless:
			return errIncomplete
		}
		if ctx.Err() == nil {
			return err
		}
	}
	a.note("the worker has ended; its jobs are left to others")
	return nil
}

// open opens the store, and waits for one that is still to be made.
func (w *working) open(ctx context.Context) error {
	for {
		db, err := store.OpenExisting(ctx, w.Store)
		if err == nil {
			w.db = db
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) || w.UntilDone {
			return err
		}
		w.say("waiting for a survey: the store is not there yet, or empty; --store says where it is")
		if err := rest(ctx, restEvery); err != nil {
			return &exitError{code: exitDone}
		}
	}
}

// rest waits, or returns the error of ctx.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// restAfterError is how long a worker waits whose store was lost.
const restAfterError = 5 * time.Second

// working is a worker at work.
type working struct {
	*workerCommand
	*app
	db   *store.Store
	own  *scope.Scope // that of --scope; nil for none
	keys []warrant.PublicKey
	// refused are the surveys that this worker may not work on, and since when.
	refused map[string]time.Time
	said    map[string]bool
}

// say says something once, until there was work again.
func (w *working) say(text string) {
	if !w.said[text] {
		w.note("%s", text)
	}
	w.said[text] = true
}

// refusedFor is how long a survey that a worker may not work on is left alone: to
// find that out takes questions to name servers.
const refusedFor = 30 * time.Second

// state is what a worker finds in the store.
type state uint8

const (
	nothing    state = iota // no survey is under way that it may work on
	leaderless              // one is, of which all is done but its end
	underWay                // one is, and there is nothing to do at the moment
	worked                  // there was work
)

// turn works on the oldest survey that there is work on.
func (w *working) turn(ctx context.Context) (state, error) {
	all, err := w.db.Surveys(ctx)
	if err != nil {
		return nothing, err
	}
	found := nothing
	for _, v := range slices.Backward(all) {
		if v.State != survey.StateRunning {
			continue
		}
		if w.own != nil && w.own.Text != v.Scope {
			w.say(fmt.Sprintf("survey %s is left to others: its scope is not the text of %s", v.ID, w.ScopeFile))
			continue
		}
		r, err := w.db.Run(ctx, v.ID)
		if err != nil {
			return nothing, err
		}
		if !r.CancelledAt.IsZero() {
			continue
		}
		queue, err := jobs.Open(w.db, v.ID, "", w.log)
		if err != nil {
			return nothing, err
		}
		left, err := queue.Left(ctx)
		if err != nil {
			return nothing, err
		}
		if !left && survey.StatusOf(v, r.SeenAt, r.CancelledAt, time.Now()) == survey.StatusSilent {
			w.say(fmt.Sprintf("all of survey %s is done but its end, and the process that leads it is gone: `leadglass survey --resume` ends it", v.ID))
			found = max(found, leaderless)
			continue
		}
		found = underWay
		if !left {
			continue
		}
		if time.Since(w.refused[v.ID]) < refusedFor {
			continue
		}
		eng, err := w.engine(ctx, v)
		if err != nil {
			if !errors.Is(err, store.ErrNotFound) {
				w.refused[v.ID] = time.Now()
			}
			w.say(fmt.Sprintf("survey %s is left to others: %v", v.ID, err))
			continue
		}
		return worked, w.work(ctx, v, eng)
	}
	return found, nil
}

// work does jobs of the survey until none is left.
func (w *working) work(ctx context.Context, v survey.Survey, eng *examine.Engine) error {
	id := jobs.NewID()
	run, err := newRun(ctx, w.db, eng, v.ID, id)
	if err != nil {
		return err
	}
	how := sweepFlags{SYN: v.Sweep != nil && v.Sweep.Method == survey.SweepSYN}
	run.Sweeps, run.Examiners = how.check(eng.Gate) == nil, w.Concurrency
	_, attendant, err := jobs.Attend(ctx, jobs.Attendance{Store: w.db, Survey: v.ID, ID: id, Share: eng.Gate.Share, Late: w.late(v.ID)})
	if err != nil {
		return w.left(v, err)
	}
	w.note("at work on survey %s of %s", v.ID, v.Name)
	if !run.Sweeps {
		w.note("its sweep is left to others: it needs the right to send single packets (CAP_NET_RAW)")
	}
	stop := w.showProgress(&run.Progress, attendant.Others, 0)
	err = attendant.Do(run.Execute)
	stop()
	err = attendant.End(err)
	w.note("examined %s of survey %s", plural(run.Progress.Examined.Load(), "host"), v.ID)
	return w.left(v, err)
}

// left is the error of a worker that has left a survey; nil where it goes on with
// others.
func (w *working) left(v survey.Survey, err error) error {
	switch {
	case errors.Is(err, jobs.ErrCancelled):
		w.note("survey %s was cancelled", v.ID)
	case errors.Is(err, jobs.ErrPaused):
		w.note("survey %s was interrupted, or is finished", v.ID)
	default:
		return err
	}
	return nil
}
