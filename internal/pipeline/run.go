package pipeline

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/survey"
)

// Saver keeps results; internal/store is one.
type Saver interface {
	AppendRecords(ctx context.Context, records []survey.Record) error
	// SaveSweep keeps how far the sweep is. What it says is done has its records
	// appended.
	SaveSweep(ctx context.Context, surveyID string, s survey.Sweep) error
}

// Run surveys candidates and the scope's prefixes: it finds the ports that are
// open, examines the hosts that have any, and saves a record for each.
type Run struct {
	*Engine
	SurveyID string
	Saver    Saver
	// Done says which candidates an earlier run of the same survey has
	// finished; it may be nil.
	Done func(survey.Candidate) bool
	// Sweep is how far the sweep of the prefixes is: a new one, or what an
	// earlier run saved. Nil sweeps candidates alone. While Execute runs it is
	// the state at its beginning, and afterwards that at its end.
	Sweep *survey.Sweep
	// Passes is how often what is silent is tried at most; 0 for as often as the
	// measured loss asks for.
	Passes int
	// Examiners is how many hosts are examined side by side.
	Examiners int
	Progress  Progress
}

// identifiers is how many hosts are asked side by side what speaks there: more
// than are examined, because an open connection does not wait.
const identifiers = 48

// Progress is how far a run is. It may be read at any time.
type Progress struct {
	Probed, WithOpenPort, Examined, Speaking, Open atomic.Int64
	Studies, Images                                atomic.Int64
	// UnderWay are the hosts of which something is known and that have not been
	// examined yet: what a run waits for.
	UnderWay atomic.Int64
}

// saveEvery and saveMost bound how long a record waits to be saved.
const (
	saveEvery = 500 * time.Millisecond
	saveMost  = 200
)

// saving is a record on its way to the store; saved is called when it is
// there.
type saving struct {
	record survey.Record
	saved  func()
}

// Execute does the run. When ctx ends it early, what was finished is saved and
// the cause of ctx is returned; the hosts under way are left for a later run.
func (r *Run) Execute(ctx context.Context, candidates iter.Seq[survey.Candidate]) error {
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	found := make(chan *visit, r.Examiners)
	records := make(chan saving, saveMost)
	o := discover.Options{Gate: r.Gate, Scope: r.Scope, Candidates: candidates, Done: r.Done, Passes: r.Passes, Visits: identifiers,
		Visit: func(c survey.Candidate) discover.Visitor { return &visit{run: r, candidate: c, queue: found} }}
	if r.Sweep != nil {
		o.Prefixes, o.From = true, *r.Sweep
	}
	sweep, err := discover.Prepare(o)
	if err != nil {
		return err
	}
	var saveErr error
	var saves, examining sync.WaitGroup
	saves.Go(func() {
		saveErr = r.save(ctx, sweep, records)
		if saveErr != nil {
			cancel(saveErr)
			for range records { // the examiners must not block
			}
		}
	})
	for range r.Examiners {
		examining.Go(func() {
			for v := range found {
				r.examine(work, v, records)
			}
		})
	}
	sweepErr := sweep.Run(work)
	close(found)
	examining.Wait()
	close(records)
	saves.Wait()
	if r.Sweep != nil {
		*r.Sweep = sweep.State()
	}
	if saveErr != nil {
		return fmt.Errorf("saving results: %w", saveErr)
	}
	return sweepErr
}

// visit is the work on one host, from its first open port to its record.
type visit struct {
	run       *Run
	candidate survey.Candidate
	host      *host
	found     discover.Found
	queue     chan<- *visit
}

// Open finds out what speaks at a port.
func (v *visit) Open(ctx context.Context, port uint16) {
	if v.host == nil {
		v.run.Progress.WithOpenPort.Add(1)
		v.run.Progress.UnderWay.Add(1)
		v.host = v.run.begin(v.candidate)
	}
	v.host.identify(ctx, port)
}

// left: the host is waited for no more.
func (v *visit) left() {
	if v.host != nil {
		v.run.Progress.UnderWay.Add(-1)
	}
}

// Done puts the host in line to be examined, or ends the work on one that does
// not answer and was not named in the scope.
func (v *visit) Done(ctx context.Context, f discover.Found) {
	if len(f.Open) == 0 && !v.run.Scope.Named(v.candidate.Address) {
		v.left()
		f.Saved()
		return
	}
	v.found = f
	select {
	case v.queue <- v:
	case <-ctx.Done():
	}
}

// examine examines one host and hands over its record, unless ctx ended
// meanwhile.
func (r *Run) examine(ctx context.Context, v *visit, records chan<- saving) {
	defer v.left()
	var result Result
	var err error
	if v.host == nil {
		result, err = r.Unreachable(v.candidate, v.found), context.Cause(ctx)
	} else {
		result, err = v.host.finish(ctx)
	}
	if err != nil {
		return
	}
	r.Progress.Add(result.Finding)
	records <- saving{survey.Record{SurveyID: r.SurveyID, RequestedPort: v.candidate.Port, Finding: result.Finding,
		StudySketch: result.Sketch}, v.found.Saved}
}

// Add adds a host: one just examined, or one of an earlier run of the survey.
func (p *Progress) Add(f survey.Finding) {
	p.Examined.Add(1)
	if f.Verdict.Speaks() {
		p.Speaking.Add(1)
	}
	if f.Verdict.FreelyAccessible() {
		p.Open.Add(1)
	}
	if n, ok := f.Counts.Studies.Int(); ok {
		p.Studies.Add(n)
	}
	if n, ok := f.Counts.ImagesLinked.Int(); ok {
		p.Images.Add(n)
	}
}

// save appends records in batches until the channel is closed, and after them
// how far the sweep is. It goes on when ctx has ended: what was finished is
// kept.
func (r *Run) save(ctx context.Context, sweep *discover.Sweep, records <-chan saving) error {
	ctx = context.WithoutCancel(ctx)
	var batch []saving
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		var flush, done bool
		select {
		case s, ok := <-records:
			if ok {
				batch = append(batch, s)
			}
			flush, done = !ok || len(batch) >= saveMost, !ok
		case <-tick.C:
			flush = true
		}
		if flush {
			if err := r.flush(ctx, sweep, batch); err != nil {
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

// flush saves the records and then how far the sweep is with them.
func (r *Run) flush(ctx context.Context, sweep *discover.Sweep, batch []saving) error {
	r.Progress.Probed.Store(sweep.Tried())
	if len(batch) > 0 {
		records := make([]survey.Record, len(batch))
		for i := range batch {
			records[i] = batch[i].record
		}
		if err := r.Saver.AppendRecords(ctx, records); err != nil {
			return err
		}
		for i := range batch {
			batch[i].saved()
		}
	}
	if r.Sweep == nil {
		return nil
	}
	return r.Saver.SaveSweep(ctx, r.SurveyID, sweep.State())
}

// Check finds the open ports of one candidate and examines it.
func (e *Engine) Check(ctx context.Context, c survey.Candidate) (Result, error) {
	v := &checking{engine: e, host: e.begin(c)}
	sweep, err := discover.Prepare(discover.Options{Gate: e.Gate, Scope: e.Scope, Visits: 1,
		Candidates: slices.Values([]survey.Candidate{c}), Visit: func(survey.Candidate) discover.Visitor { return v }})
	if err != nil {
		return Result{}, err
	}
	if err := sweep.Run(ctx); err != nil {
		return Result{}, err
	}
	if len(v.found.Open) == 0 {
		return e.Unreachable(c, v.found), nil
	}
	return v.host.finish(ctx)
}

// checking is the work on a host that is checked by itself.
type checking struct {
	engine *Engine
	host   *host
	found  discover.Found
}

func (v *checking) Open(ctx context.Context, port uint16)    { v.host.identify(ctx, port) }
func (v *checking) Done(_ context.Context, f discover.Found) { v.found = f }
