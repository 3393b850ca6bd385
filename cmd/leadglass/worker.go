package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"leadglass/internal/jobs"
	"leadglass/internal/pipeline"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type workerCommand struct {
	ScopeFile    string   `name:"scope" help:"Work on surveys of this scope file alone; needed where the scope names exclude files or an overlay." placeholder:"FILE"`
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

The scope is the text that the survey was begun with; with --scope a worker
keeps to surveys whose text is that of the file.

Examples:
  leadglass --store postgres://survey@db.example/leadglass worker
  leadglass worker --store "$DSN" --scope mandate.yaml --concurrency 64
  leadglass worker --store "$DSN" --until-done`
}

// restEvery is how often a worker without work looks for some.
const restEvery = time.Second

// Run works on surveys.
func (c *workerCommand) Run(ctx context.Context, a *app) error {
	if c.Concurrency < 1 {
		return usage(fmt.Errorf("--concurrency: %d hosts cannot be examined; give 1 or more", c.Concurrency))
	}
	var own *scope.Scope
	if c.ScopeFile != "" {
		s, err := scope.Load(c.ScopeFile)
		if err != nil {
			return usage(err)
		}
		own = s
	}
	boundHeap()
	w := &working{workerCommand: c, app: a, own: own, said: map[string]bool{}}
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
	said map[string]bool
}

// say says something once, until there was work again.
func (w *working) say(text string) {
	if !w.said[text] {
		w.note("%s", text)
	}
	w.said[text] = true
}

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
		eng, err := w.engine(v)
		if err != nil {
			w.say(fmt.Sprintf("survey %s is left to others: %v", v.ID, err))
			continue
		}
		return worked, w.work(ctx, v, eng)
	}
	return found, nil
}

// engine is what examines the hosts of a survey: as its leader does, or an error
// that says why this process cannot.
func (w *working) engine(v survey.Survey) (*pipeline.Engine, error) {
	path := "the scope of survey " + v.ID
	if w.own != nil {
		path = w.ScopeFile
	}
	s, err := scope.Parse(path, []byte(v.Scope), time.Now())
	var config *scope.ConfigError
	if errors.As(err, &config) && w.own == nil {
		err = fmt.Errorf("its scope cannot be read without the files beside it (%s); name the scope file with --scope", config.What)
	}
	if err != nil {
		return nil, err
	}
	if v.Coverage == nil {
		return nil, errors.New("it was begun by a version that kept too little of it")
	}
	if err := addCalledTitles(s, v.Coverage.CalledAETitles); err != nil {
		return nil, err
	}
	covers, err := coverageOf(s, w.ProductsFile)
	if err != nil {
		return nil, err
	}
	if why := covers.Differs(*v.Coverage); why != "" {
		return nil, fmt.Errorf("it was begun with %s", why)
	}
	eng, err := newEngine(w.app, s, engineOptions{products: w.ProductsFile, geoip: w.GeoIP})
	if err != nil {
		return nil, err
	}
	if more := survey.AddSources(slices.Clone(v.Sources), eng.Sources...); len(more) != len(v.Sources) || len(eng.Sources) != len(v.Sources) {
		return nil, errors.New("it was begun with other --geoip files or another overlay")
	}
	return eng, nil
}

// work does jobs of the survey until none is left.
func (w *working) work(ctx context.Context, v survey.Survey, eng *pipeline.Engine) error {
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
