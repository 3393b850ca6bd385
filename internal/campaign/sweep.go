package campaign

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/jobs"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

const (
	// saveEvery and saveMost bound how long what a sweep finds waits to be saved.
	saveEvery = 500 * time.Millisecond
	saveMost  = 200
	// maxWaiting is how many hosts may wait to be examined: a sweep that finds more
	// waits with them, so that what is known of a host is not old when it is
	// examined.
	maxWaiting = 2000
	// prepareAttempts is how often it is read what a part of a sweep is, before the
	// store is given up, and preparePause the time between.
	prepareAttempts = 5
	preparePause    = 2 * time.Second
)

// sweepRun is the work on one part of a survey's sweep.
type sweepRun struct {
	run    *Run
	job    jobs.Sweep
	sweep  *discover.Sweep
	items  chan foundItem
	probed int64 // saved so far
	shown  int64 // told of by the progress
	// named are the host names of candidates: none of their addresses is examined
	// while the sweep is at another.
	mu    sync.Mutex
	named map[string]*namedHosts
}

// namedHosts are the addresses of a host name: how many the sweep is still to
// look at, and what it found.
type namedHosts struct {
	left  int
	items []foundItem
}

// nameHosts counts the addresses of each name.
func (s *sweepRun) nameHosts(candidates []survey.Candidate, done func(survey.Candidate) bool) {
	s.named = map[string]*namedHosts{}
	for _, c := range candidates {
		if c.Host == "" || done(c) {
			continue
		}
		name := strings.ToLower(c.Host)
		if s.named[name] == nil {
			s.named[name] = new(namedHosts)
		}
		s.named[name].left++
	}
}

// together is what is to be handed over when item was found: item, or what was
// found of all addresses of a name when it is the last of them.
func (s *sweepRun) together(name string, item foundItem) []foundItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.named[strings.ToLower(name)]
	none := item.found == nil && item.record == nil
	switch {
	case (name == "" || of == nil) && none:
		return nil
	case name == "" || of == nil:
		return []foundItem{item}
	case !none:
		of.items = append(of.items, item)
	}
	if of.left--; of.left > 0 {
		return nil
	}
	return of.take()
}

func (n *namedHosts) take() []foundItem {
	all := n.items
	n.items = nil
	return all
}

// rest is what was found of names of which the sweep has not looked at all
// addresses as candidates, because it came by them otherwise.
func (s *sweepRun) rest() (all []foundItem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.named {
		all = append(all, n.take()...)
	}
	return all
}

// foundItem is a host on its way to the store: one to be examined, or the record
// of one that does not answer. saved is called when it is there.
type foundItem struct {
	found  *survey.Found
	record *survey.Record
	saved  func()
}

// sweep goes through a part of the scope. This process may have been at work on it
// before, and have left it with hosts under way.
func (r *Run) sweep(ctx context.Context, job jobs.Sweep, finish jobs.Finish) error {
	r.everywhere.interrupted()
	r.Progress.UnderWay.Store(0)
	s := &sweepRun{run: r, job: job, items: make(chan foundItem, saveMost)}
	if err := s.prepareTried(ctx); err != nil {
		return r.ends(ctx, err)
	}
	keep := context.WithoutCancel(ctx) // what was found is kept
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var saveErr error
	var saves sync.WaitGroup
	saves.Go(func() {
		if saveErr = s.save(work, keep); saveErr != nil {
			cancel(saveErr)
			for range s.items { // the visitors must not block
			}
		}
	})
	err := s.sweep.Run(work)
	if err == nil {
		for _, item := range s.rest() {
			s.items <- item
		}
	}
	close(s.items)
	saves.Wait()
	switch {
	case saveErr != nil:
		return r.ends(ctx, saveErr)
	case err != nil && ctx.Err() == nil:
		return r.ends(ctx, err) // the system does not let it sweep
	}
	err = r.store(keep, func(tx *store.Tx) error {
		if err := s.saveState(keep, tx, s.sweep.Tried()); err != nil || ctx.Err() != nil {
			return err
		}
		return finish(tx)
	})
	if err == nil {
		err = context.Cause(ctx) // then the job is not finished
	}
	return err
}

// prepareTried is prepare, tried again where the store answers with an error.
func (s *sweepRun) prepareTried(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		err := s.prepare(ctx)
		if err == nil || ctx.Err() != nil || attempt == prepareAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(preparePause):
		}
	}
}

// prepare reads what the part is and how far.
func (s *sweepRun) prepare(ctx context.Context) error {
	r := s.run
	candidates, err := r.Store.Candidates(ctx, r.SurveyID, s.job.Part)
	if err != nil {
		return err
	}
	for i, c := range candidates {
		candidates[i] = r.boundedCandidate(c)
	}
	candidates = slices.DeleteFunc(candidates, func(c survey.Candidate) bool { return c.Port != 0 && !r.Scope.PermitsPort(c.Port) })
	// In an order that is no network's, so that none is asked in a burst.
	rand.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	known, err := r.Store.KnownTargets(ctx, r.SurveyID)
	if err != nil {
		return err
	}
	done := func(c survey.Candidate) bool { _, ok := known[store.KeyOf(c)]; return ok }
	s.nameHosts(candidates, done)
	o := discover.Options{Gate: r.Gate, Scope: r.Scope, Candidates: slices.Values(candidates), Passes: s.job.Passes, Visits: identifiers,
		Done:  done,
		Visit: func(c survey.Candidate) discover.Visitor { return &visit{sweepRun: s, candidate: c} }}
	if s.job.Prefixes {
		parts, err := r.Store.Parts(ctx, r.SurveyID)
		if err != nil {
			return err
		}
		if s.job.Part < 1 || s.job.Part > len(parts) {
			return fmt.Errorf("survey %s has no part %d of a sweep", r.SurveyID, s.job.Part)
		}
		o.Prefixes, o.From = true, parts[s.job.Part-1]
	}
	s.sweep, err = discover.Prepare(o)
	return err
}

// save saves what is found in batches until the channel is closed, and with it
// how far the sweep is. It waits while many hosts are to be examined, unless work
// has ended.
func (s *sweepRun) save(work, keep context.Context) error {
	var batch []foundItem
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		var flush, done bool
		select {
		case item, ok := <-s.items:
			if ok {
				batch = append(batch, item)
			}
			flush, done = !ok || len(batch) >= saveMost, !ok
		case <-tick.C:
			flush = true
		}
		if flush {
			s.waitForCapacity(work, keep)
			if err := s.flush(keep, batch); err != nil {
				return err
			}
			clear(batch)
			batch = batch[:0]
		}
		if done {
			return nil
		}
	}
}

// waitForCapacity waits until few enough hosts are to be examined.
func (s *sweepRun) waitForCapacity(work, keep context.Context) {
	for {
		n, err := s.run.Store.Waiting(keep, s.run.SurveyID)
		tried := s.sweep.Tried()
		s.run.Progress.Probed.Add(tried - s.shown)
		s.shown = tried
		if err != nil || n < maxWaiting { // that a store is lost, the next transaction shows
			return
		}
		select {
		case <-work.Done():
			return
		case <-time.After(saveEvery):
		}
	}
}

// flush saves what was found, and how far the sweep was with what was saved
// before.
func (s *sweepRun) flush(ctx context.Context, batch []foundItem) error {
	r := s.run
	var hosts []survey.Found
	var records []survey.Record
	for _, item := range batch {
		if item.found != nil {
			hosts = append(hosts, *item.found)
		} else {
			records = append(records, *item.record)
		}
	}
	tried := s.sweep.Tried()
	err := r.Store.Update(ctx, "storing findings in", func(tx *store.Tx) error {
		if err := tx.AppendRecords(ctx, records); err != nil {
			return err
		}
		if err := r.Queue.AddHosts(ctx, tx, hosts, r.Scope.Limits.PerHostTime); err != nil {
			return err
		}
		return s.saveState(ctx, tx, tried)
	})
	if err != nil {
		return err
	}
	s.probed = tried
	for _, item := range batch {
		item.saved()
	}
	for _, record := range records {
		r.Progress.Add(record.Finding)
		if err := r.tell(record); err != nil {
			return err
		}
	}
	return nil
}

// saveState saves how far the part is, with the pairs that have been tried.
func (s *sweepRun) saveState(ctx context.Context, tx *store.Tx, tried int64) error {
	if err := tx.AddProbed(ctx, s.run.SurveyID, tried-s.probed); err != nil {
		return err
	}
	if !s.job.Prefixes {
		return nil
	}
	return tx.SavePart(ctx, s.run.SurveyID, s.job.Part, s.sweep.State())
}
