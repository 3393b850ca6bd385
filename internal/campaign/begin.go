package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/jobs"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// openSurvey makes a new survey, or completes the one to continue.
func (w *lead) openSurvey(ctx context.Context, found survey.Survey) (survey.Survey, error) {
	o, s := &w.o, w.scope
	name := o.Name
	if name == "" {
		name = s.Name
	}
	coverage, err := coverageOf(s, o.Products, w.Version)
	if err != nil {
		return survey.Survey{}, refuse(err)
	}
	if !o.sweeps() {
		coverage.Ranges = w.targets.named
	}
	if o.Resume {
		if found.Coverage != nil { // else what was done before is not known
			continued := found.Coverage.Continued(*coverage)
			found.Coverage = &continued
		}
		return found, nil
	}
	return w.db.CreateSurvey(ctx, survey.Survey{Name: name, Scope: s.Text, Simulated: o.Simulated || s.Simulated, Version: w.Version,
		Authority: s.Authority.Authority,
		StartedAt: time.Now(), Addresses: w.targets.size, Coverage: coverage})
}

// before opens the store and finds what this survey follows: the survey that it
// continues, which is returned, or the last one of its series. What was excluded
// then is excluded now, and names keep their addresses. A survey that follows
// nothing needs no store yet, and gets none.
func (w *lead) before(ctx context.Context) (found survey.Survey, err error) {
	o := &w.o
	if !o.Resume && o.Series == "" {
		return found, nil
	}
	w.db, err = store.OpenExisting(ctx, w.Store) // a mistyped name shall not make a store
	if o.Resume && errors.Is(err, store.ErrNotFound) {
		err = refuse(err)
	}
	if err != nil {
		return found, err
	}
	if !o.Resume {
		id, err := lastOf(ctx, w.db, w.scope, o.Series)
		if err == nil && id != "" {
			_, err = inherit(ctx, w.db, w.scope, id)
		}
		return found, err
	}
	if found, err = findSurvey(ctx, w.db, w.scope, *o); err != nil {
		return found, err
	}
	m, err := continued(ctx, w.db, w.scope, found, o.Sign)
	w.names.keep(w.scope, m.Pins)
	return found, err
}

// findSurvey is the survey to continue.
func findSurvey(ctx context.Context, db *store.Store, s *scope.Scope, o Options) (survey.Survey, error) {
	all, err := db.Surveys(ctx)
	if err != nil {
		return survey.Survey{}, err
	}
	var cancelled error
	for _, v := range all {
		if v.State == survey.StateFinished || v.Scope != s.Text || o.Name != "" && v.Name != o.Name || !o.Sweep.fits(v.Sweep) {
			continue
		}
		if r, err := db.Run(ctx, v.ID); err != nil {
			return survey.Survey{}, err
		} else if !r.CancelledAt.IsZero() {
			cancelled = fmt.Errorf("; %s %w", v.ID, ErrWasCancelled)
			continue
		}
		return v, nil
	}
	if cancelled != nil {
		return survey.Survey{}, refuse(fmt.Errorf("%w%w; leave --resume out to begin one", ErrNoneToResume, cancelled))
	}
	which := ""
	if o.Name != "" {
		which = fmt.Sprintf(" with the name %q", o.Name)
	}
	if o.Sweep.Shards > 1 {
		which += fmt.Sprintf(" and part %d of %d", o.Sweep.Shard, o.Sweep.Shards)
	}
	return survey.Survey{}, refuse(fmt.Errorf("%w%s; leave --resume out to begin one", ErrNoneToResume, which))
}

// ErrWasCancelled is in the chain as well where the only survey was cancelled.
var ErrWasCancelled = errors.New("was cancelled, which is final")

// ErrNoneToResume is in the chain of the error of Resume where there is nothing
// to continue.
var ErrNoneToResume = errors.New("no unfinished survey of this very scope in the store")

// enlist puts the work on a survey into its queue: the hosts that are to be tried
// in any case, and the parts of the sweep. What is there already stays as it is.
func (w *lead) enlist(ctx context.Context) error {
	db, v, o := w.db, &w.survey, &w.o
	parts, err := enlistParts(ctx, db, w.scope, *v, *o)
	if err != nil {
		return err
	}
	division, err := discover.Divide(w.scope, parts)
	if err != nil {
		return err
	}
	if err := enlistHosts(ctx, db, v.ID, w.targets, division, *o); err != nil {
		return err
	}
	return db.Update(ctx, "beginning survey "+v.ID+" in", func(tx *store.Tx) error {
		if err := tx.MarkStale(ctx, v.ID); err != nil {
			return err
		}
		return w.run.Queue.AddSweeps(ctx, tx, len(parts), jobs.Sweep{Prefixes: o.sweeps(), Passes: o.Sweep.Passes})
	})
}

// enlistParts makes the parts of a survey's sweep, or finds them; they are swept
// by the method that the flags say. Without a sweep there is one part, of hosts
// alone.
func enlistParts(ctx context.Context, db *store.Store, s *scope.Scope, v survey.Survey, o Options) ([]survey.Sweep, error) {
	parts, err := db.Parts(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case len(parts) > 0:
	case v.Sweep != nil: // begun by a version that did not divide the work
		parts = []survey.Sweep{*v.Sweep}
	default:
		parts = o.Sweep.begin(s, db.Shared())
		if !o.sweeps() {
			parts = parts[:1]
		}
	}
	if !o.sweeps() {
		return parts, nil
	}
	return parts, db.Update(ctx, "beginning survey "+v.ID+" in", func(tx *store.Tx) error {
		for i := range parts {
			parts[i].Method = survey.SweepConnect
			if o.Sweep.SYN {
				parts[i].Method = survey.SweepSYN
			}
			if err := tx.SavePart(ctx, v.ID, i+1, parts[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// enlistMost is how many hosts are stored in one transaction.
const enlistMost = 10_000

// enlistHosts stores the hosts that are to be tried in any case.
func enlistHosts(ctx context.Context, db *store.Store, surveyID string, targets *targetList, division *discover.Division, o Options) error {
	var batch []survey.Candidate
	flush := func() error {
		err := db.Update(ctx, "beginning survey "+surveyID+" in", func(tx *store.Tx) error {
			for _, c := range batch {
				if err := tx.AddCandidate(ctx, surveyID, division.Of(c.Address), c); err != nil {
					return err
				}
			}
			return nil
		})
		batch = batch[:0]
		return err
	}
	for c := range o.Sweep.ours(targets.hosts) {
		if batch = append(batch, c); len(batch) < enlistMost {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return flush()
}

// ledElsewhere explains that another process leads a survey.
func ledElsewhere(v survey.Survey, err error) error {
	if !errors.Is(err, jobs.ErrLed) {
		return err
	}
	return refuse(fmt.Errorf("survey %s is at work in another process; wait for it, end it with `leadglass survey cancel %s`, or help it with `leadglass worker`", v.ID, v.ID))
}
