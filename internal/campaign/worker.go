package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"leadglass/internal/examine"
	"leadglass/internal/jobs"
	"leadglass/internal/plain"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/warrant"
)

// WorkerOptions say what a worker may work on, and how.
type WorkerOptions struct {
	// ScopeFile is the scope file that bounds the worker, Trust are public keys
	// that sign what bounds it; one of them is needed.
	ScopeFile string
	Trust     []string
	// CalledAETitles are those that the survey was begun with, with ScopeFile.
	CalledAETitles []string
	// Examiners is how many hosts are examined side by side; at least 1.
	Examiners int
	// UntilDone ends the work when no survey is under way.
	UntilDone bool
	// Products and GeoIP are the files that the survey was begun with.
	Products string
	GeoIP    []string
}

// errEnded: the worker ended while it waited for a store.
var errEnded = errors.New("the worker has ended")

// Work works on surveys until ctx ends or, with UntilDone, none is under way.
// done is false where one is, of which only the end is left to its leader, who is
// gone. What the options do not permit is a *Refusal.
func (c *Campaign) Work(ctx context.Context, o WorkerOptions) (done bool, err error) {
	w := &workerRun{Campaign: c, o: o, said: map[string]bool{}, refused: map[string]time.Time{}}
	if err := w.bounds(); err != nil {
		return false, refuse(err)
	}
	if err := w.open(ctx); err != nil {
		if errors.Is(err, errEnded) {
			return true, nil
		}
		return false, err
	}
	defer w.db.Close()
	for ctx.Err() == nil {
		state, err := w.turn(ctx)
		switch {
		case err != nil && (o.UntilDone || ctx.Err() != nil):
		case err != nil:
			w.say("the work was stopped, and is tried again every few seconds: " + err.Error())
			_ = rest(ctx, restAfterError)
			continue
		case state == underWay:
			_ = rest(ctx, restEvery) // there may be work in a moment
			continue
		case state == nothing && !o.UntilDone:
			w.say("waiting for a survey")
			_ = rest(ctx, restEvery)
			continue
		case state == worked:
			clear(w.said)
			continue
		case state == leaderless && !o.UntilDone:
			_ = rest(ctx, restEvery)
			continue
		case state == leaderless:
			return false, nil
		}
		if ctx.Err() == nil {
			return err == nil, err
		}
	}
	c.note(Noted, "", "the worker has ended; its jobs are left to others")
	return true, nil
}

// restEvery is how often a worker without work looks for some.
const restEvery = time.Second

// open opens the store, and waits for one that is still to be made.
func (w *workerRun) open(ctx context.Context) error {
	for {
		db, err := store.OpenExisting(ctx, w.Store)
		if err == nil {
			w.db = db
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) || w.o.UntilDone {
			return err
		}
		w.say("waiting for a survey: the store is not there yet, or empty; --store says where it is")
		if err := rest(ctx, restEvery); err != nil {
			return errEnded
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

// workerRun is a worker at work.
type workerRun struct {
	*Campaign
	o    WorkerOptions
	db   *store.Store
	own  *scope.Scope // that of --scope; nil for none
	keys []warrant.PublicKey
	// refused are the surveys that this worker may not work on, and since when.
	refused map[string]time.Time
	said    map[string]bool
}

// say says something once, until there was work again.
func (w *workerRun) say(text string) {
	if !w.said[text] {
		w.note(Waiting, "", "%s", text)
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
func (w *workerRun) turn(ctx context.Context) (state, error) {
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
			w.say(fmt.Sprintf("survey %s is left to others: its scope is not the text of %s", v.ID, w.o.ScopeFile))
			continue
		}
		r, err := w.db.Run(ctx, v.ID)
		if err != nil {
			return nothing, err
		}
		if !r.CancelledAt.IsZero() {
			continue
		}
		queue, err := jobs.Open(w.db, v.ID, "", w.Log)
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
func (w *workerRun) work(ctx context.Context, v survey.Survey, eng *examine.Engine) error {
	id := jobs.NewID()
	run, err := newRun(ctx, w.db, eng, v.ID, id)
	if err != nil {
		return err
	}
	how := Sweep{SYN: v.Sweep != nil && v.Sweep.Method == survey.SweepSYN}
	run.Sweeps, run.Examiners = how.check(eng.Gate) == nil, w.o.Examiners
	_, attendant, err := jobs.StartHeartbeat(ctx, jobs.HeartbeatOptions{Store: w.db, Survey: v.ID, ID: id, Share: eng.Gate.Share, Late: w.late(v.ID)})
	if err != nil {
		return w.left(v, err)
	}
	w.note(Noted, v.ID, "at work on survey %s of %s", v.ID, v.Name)
	if !run.Sweeps {
		w.note(Noted, v.ID, "its sweep is left to others: it needs the right to send single packets (CAP_NET_RAW)")
	}
	w.Events.Event(Event{Kind: Working, Survey: v.ID, Live: &Live{&run.Progress, 0, attendant.Others}})
	err = attendant.Do(run.Execute)
	w.Events.Event(Event{Kind: Rested, Survey: v.ID})
	err = attendant.End(err)
	w.note(Noted, v.ID, "examined %s of survey %s", plain.Count(run.Progress.Examined.Load(), "host"), v.ID)
	return w.left(v, err)
}

// left is the error of a worker that has left a survey; nil where it goes on with
// others.
func (w *workerRun) left(v survey.Survey, err error) error {
	switch {
	case errors.Is(err, jobs.ErrCancelled):
		w.note(Noted, v.ID, "survey %s was cancelled", v.ID)
	case errors.Is(err, jobs.ErrPaused):
		w.note(Noted, v.ID, "survey %s was interrupted, or is finished", v.ID)
	default:
		return err
	}
	return nil
}
