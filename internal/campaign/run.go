package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/examine"
	"leadglass/internal/jobs"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// Run is the work of this process on a survey: it goes through parts of the
// sweep, finds out what speaks at open ports, and examines the hosts that have
// any. What other processes do goes on beside it.
type Run struct {
	*examine.Engine
	SurveyID string
	Store    *store.Store
	Queue    *jobs.Queue
	// Sweeps is whether this process goes through parts of the sweep; else it
	// only examines hosts.
	Sweeps bool
	// Examiners is how many hosts are examined side by side.
	Examiners int
	// Saved is told of each record that this process has stored; nil for nobody.
	// It is called by one goroutine at a time.
	Saved    func(survey.Record) error
	Progress Progress

	saved      sync.Mutex
	fail       context.CancelCauseFunc
	everywhere everywhere
}

// identifiers is how many hosts are asked side by side what speaks there: more
// than are examined, because an open connection does not wait.
const identifiers = 48

// Progress is how far a run is. It may be read at any time.
type Progress struct {
	Probed, WithOpenPort, Examined, Speaking, Open atomic.Int64
	// Studies, images linked and images accessible of open archives.
	Studies, Images, Accessible atomic.Int64
	// OfStudies, OfImages and OfAccessible say how good these sums are.
	OfStudies, OfImages, OfAccessible Quality
	// CountedInPart are the open archives of which a number is not exact: a lower
	// bound, an estimate or unknown.
	CountedInPart atomic.Int64
	// SameArchives are the addresses of an archive that is counted at another.
	SameArchives atomic.Int64
	// NotExamined are the addresses of networks that accept every connection of
	// which only a sample was examined: archives among them are in no number here.
	NotExamined atomic.Int64
	// UnderWay are the hosts of which this process finds out what speaks there,
	// Waiting those that have not been examined to the end, by whichever process.
	UnderWay, Waiting atomic.Int64
}

// Execute works until nothing of the survey is left to do. When ctx ends it
// early, what was finished is saved and the cause of ctx is returned; the hosts
// under way are left for later. A store that cannot be written ends it too, and
// so does the end of the scope's validity: then the error has scope.ErrNotValid
// in its chain.
func (r *Run) Execute(ctx context.Context) error {
	ctx, r.fail = context.WithCancelCause(ctx)
	defer r.fail(nil)
	h := jobs.Handlers{Examine: r.examine, Examiners: max(1, r.Examiners)}
	if r.Sweeps {
		h.Sweep = r.sweep
	}
	var watching sync.WaitGroup
	watching.Go(func() { r.watch(ctx) })
	watching.Go(func() { r.expire(ctx) })
	err := r.Queue.Work(ctx, h)
	r.fail(nil)
	watching.Wait()
	if err == nil && r.expired() { // what was done last may have been refused
		err = errExpired
	}
	return err
}

// errExpired: the validity of the scope ended during the run.
var errExpired = fmt.Errorf("%w: it has just ended", scope.ErrNotValid)

// expired reports whether the validity of the scope is over.
func (r *Run) expired() bool {
	end, ok := r.Gate.Ends()
	return ok && time.Until(end) <= 0
}

// expire ends the run with the scope's validity, until ctx ends. It reads the
// gate's clock every second: who sets the clock forward, or suspends the
// machine, does not prolong the run.
func (r *Run) expire(ctx context.Context) {
	for {
		end, ok := r.Gate.Ends()
		if !ok {
			return
		}
		left := time.Until(end)
		if left <= 0 {
			r.fail(errExpired)
			return
		}
		select {
		case <-time.After(min(left, time.Second)):
		case <-ctx.Done():
			return
		}
	}
}

// watch keeps up to date how many hosts wait, until ctx ends.
func (r *Run) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.Progress.Waiting.Store(0)
			return
		}
		if n, err := r.Store.Waiting(ctx, r.SurveyID); err == nil { // else others notice
			r.Progress.Waiting.Store(n)
		}
	}
}

// visit is the work of a sweep on one host, from its first open port until it is
// handed over.
type visit struct {
	sweepRun  *sweepRun
	candidate survey.Candidate
	host      *examine.Host
	// postponed are open ports at which it is asked what speaks when the host's
	// other ports were tried: see everywhere. sampled: the host is under way there.
	postponed []uint16
	sampled   bool
}

// Open finds out what speaks at a port.
func (v *visit) Open(ctx context.Context, port uint16) {
	if v.host == nil && v.candidate.Port == 0 && !v.sweepRun.run.Scope.Named(v.candidate.Address) {
		if len(v.postponed) > 0 || !v.sweepRun.run.everywhere.enter(v.candidate.Address) {
			v.postponed = append(v.postponed, port)
			return
		}
		v.sampled = true
	}
	v.identify(ctx, port)
}

func (v *visit) identify(ctx context.Context, port uint16) {
	r := v.sweepRun.run
	if v.host == nil {
		r.Progress.WithOpenPort.Add(1)
		r.Progress.UnderWay.Add(1)
		v.host = r.Begin(v.candidate)
	}
	v.host.Identify(ctx, port)
}

// Done hands over the host, or ends the work on one that does not answer and was
// not named in the scope. One that waits is handed over with another of its
// network.
func (v *visit) Done(ctx context.Context, f discover.Found) {
	e := &v.sweepRun.run.everywhere
	if len(v.postponed) > 0 {
		if acceptsAll(f) && e.wait(waitingHost{v, f}) {
			return
		}
		if !acceptsAll(f) {
			e.begin(f.Candidate.Address)
		}
		v.sampled = true
	}
	v.finish(ctx, f)
	for v.sampled {
		h, ok := e.next(f.Candidate.Address)
		if !ok {
			return
		}
		h.visit.sampled = true
		h.visit.finish(ctx, h.found)
	}
}

// finish is Done for a host that does not wait.
func (v *visit) finish(ctx context.Context, f discover.Found) {
	r := v.sweepRun.run
	why, answers := r.everywhere.judge(v.candidate.Address)
	leave := len(v.postponed) > 0 && answers && acceptsAll(f)
	for _, port := range v.postponed {
		if !leave && ctx.Err() == nil {
			v.identify(ctx, port)
		}
	}
	item := foundItem{saved: f.Saved}
	if v.host != nil {
		defer r.Progress.UnderWay.Add(-1)
		item.found = new(v.host.Found())
	}
	if v.sampled {
		var services []survey.Service
		if item.found != nil && ctx.Err() == nil {
			services = item.found.Services
		}
		r.everywhere.leave(f, services)
	}
	switch {
	case ctx.Err() != nil:
		return // what was asked may have been cut short
	case leave:
		item.record = new(r.notExamined(v.candidate, why))
		r.Gate.Forget(v.candidate.Address)
	case v.host != nil:
		r.Gate.Forget(v.candidate.Address)
	case r.Scope.Named(v.candidate.Address):
		item.record = new(r.NotReached(v.candidate, f))
	default:
		f.Saved()
	}
	for _, item := range v.sweepRun.together(v.candidate.Host, item) {
		select {
		case v.sweepRun.items <- item:
		case <-ctx.Done():
			return
		}
	}
}

// NotReached is the record of a candidate that could not be reached, or not be
// examined, as f says.
func (r *Run) NotReached(c survey.Candidate, f discover.Found) survey.Record {
	return survey.Record{SurveyID: r.SurveyID, RequestedPort: c.Port, Finding: r.Unreachable(c, f).Finding}
}

// examine examines one host that was found, and stores its record.
func (r *Run) examine(ctx context.Context, job jobs.Examine, again bool, finish jobs.Finish) error {
	f, stale, err := r.Store.Pending(ctx, r.SurveyID, job.Key())
	switch {
	case errors.Is(err, store.ErrNotFound): // another process has a record of it
		return r.store(ctx, finish)
	case err != nil:
		return err // the job is tried again
	}
	f = r.bounded(f)
	if name := f.Candidate.Host; name != "" {
		claimed, err := r.Store.ClaimName(ctx, r.SurveyID, name, job.Key(), r.Queue.Worker())
		if err != nil {
			return err
		}
		if !claimed { // another address of the name is examined
			return jobs.ErrLater
		}
		defer r.releaseName(ctx, name, job.Key())
	}
	result, err := r.finish(ctx, f, again || stale)
	if err != nil {
		return err
	}
	record := survey.Record{SurveyID: r.SurveyID, RequestedPort: f.Candidate.Port, Finding: result.Finding, StudySketch: result.Sketch}
	var first bool
	keep := context.WithoutCancel(ctx) // it is finished
	err = r.store(keep, func(tx *store.Tx) error {
		if first, err = tx.Claim(keep, r.SurveyID, job.Key()); err != nil {
			return err
		}
		if first {
			if err := tx.AppendRecords(keep, []survey.Record{record}); err != nil {
				return err
			}
		}
		return finish(tx)
	})
	if err != nil || !first {
		return err
	}
	r.Progress.Add(record.Finding)
	return r.tell(record)
}

// releaseName lets the next address of a name be examined.
func (r *Run) releaseName(ctx context.Context, name string, k store.Key) {
	keep := context.WithoutCancel(ctx)
	_ = r.store(keep, func(tx *store.Tx) error { return tx.ReleaseName(keep, r.SurveyID, name, k, r.Queue.Worker()) })
}

// staleAfter is how long what was found out about a host is good for: when it is
// examined later, it is asked again.
const staleAfter = 10 * time.Minute

// finish examines a host. One that the scope does not permit any more, because
// an exclusion was added or its time is over, is not touched.
func (r *Run) finish(ctx context.Context, f survey.Found, again bool) (examine.Result, error) {
	addr := f.Candidate.Address
	if err := r.Gate.Check(addr); err != nil {
		return r.Unreachable(f.Candidate, discover.Found{Err: err}), nil
	}
	defer r.Gate.Forget(addr)
	h := r.Resume(f)
	if again || time.Since(f.StartedAt) > f.Took+staleAfter {
		if seen := h.IdentifyAgain(ctx); len(seen.Open) == 0 && ctx.Err() == nil {
			return r.Unreachable(f.Candidate, seen), nil
		}
	}
	return h.Finish(ctx)
}

// bounded is what the store says of a host without what the scope does not
// permit: other processes write there too. Addresses are the gate's to refuse.
func (r *Run) bounded(f survey.Found) survey.Found {
	f.Candidate = r.boundedCandidate(f.Candidate)
	f.Services = slices.DeleteFunc(slices.Clone(f.Services), func(s survey.Service) bool { return !r.Scope.PermitsPort(s.Port) })
	return f
}

func (r *Run) boundedCandidate(c survey.Candidate) survey.Candidate {
	c.HTTPURL = ""
	c.Ports = slices.DeleteFunc(slices.Clone(c.Ports), func(p uint16) bool { return !r.Scope.PermitsPort(p) })
	return c
}

// store does f in a transaction. An error ends the run: a survey whose results
// cannot be kept must not go on.
func (r *Run) store(ctx context.Context, f func(*store.Tx) error) error {
	return r.ends(ctx, r.Store.Update(ctx, "storing findings in", f))
}

// ends ends the run by an error of the store.
func (r *Run) ends(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		r.fail(err)
	}
	return err
}

// tell says that a record was stored.
func (r *Run) tell(record survey.Record) error {
	if r.Saved == nil {
		return nil
	}
	r.saved.Lock()
	defer r.saved.Unlock()
	if err := r.Saved(record); err != nil {
		r.fail(err)
		return err
	}
	return nil
}

// Add adds a host: one just examined, or one of an earlier run of the survey.
func (p *Progress) Add(f survey.Finding) {
	p.Examined.Add(1)
	if f.NotExamined != nil {
		p.NotExamined.Add(1)
	}
	if f.SameArchiveAs != nil {
		p.SameArchives.Add(1)
		return
	}
	if f.Verdict.Speaks() {
		p.Speaking.Add(1)
	}
	if f.Verdict.FreelyAccessible() {
		p.Open.Add(1)
		c := &f.Counts
		studies, images, accessible := p.OfStudies.add(c.Studies), p.OfImages.add(c.ImagesLinked), p.OfAccessible.add(c.ImagesAccessible)
		if !studies || !images || !accessible {
			p.CountedInPart.Add(1)
		}
		if n, ok := c.ImagesAccessible.Int(); ok {
			p.Accessible.Add(n)
		}
	}
	if n, ok := f.Counts.Studies.Int(); ok {
		p.Studies.Add(n)
	}
	if n, ok := f.Counts.ImagesLinked.Int(); ok {
		p.Images.Add(n)
	}
}
