package pipeline

import (
	"context"
	"errors"
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
}

// Run surveys candidates: it finds the ports that are open, examines the hosts
// that have any, and saves a record for each. Done says which candidates an
// earlier run of the same survey has finished; it may be nil.
type Run struct {
	*Engine
	SurveyID string
	Saver    Saver
	Done     func(survey.Candidate) bool
	// Sweepers and Examiners are how many hosts are swept and examined side by
	// side.
	Sweepers, Examiners int
	Progress            Progress
}

// Progress is how far a run is. It may be read at any time.
type Progress struct {
	Swept, Probed, WithOpenPort, Examined, Speaking, Open atomic.Int64
	Studies, Images                                       atomic.Int64
}

// saveEvery and saveMost bound how long a record waits to be saved.
const (
	saveEvery = 500 * time.Millisecond
	saveMost  = 200
)

// Execute does the run. When ctx ends it early, what was finished is saved and
// the cause of ctx is returned; the candidates under way are left for a later
// run.
func (r *Run) Execute(ctx context.Context, candidates iter.Seq[survey.Candidate]) error {
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	found := make(chan discover.Found, r.Examiners)
	records := make(chan survey.Record, saveMost)

	var saveErr error
	var saving, examining sync.WaitGroup
	saving.Go(func() {
		saveErr = r.save(ctx, records)
		if saveErr != nil {
			cancel(saveErr)
			for range records { // the examiners must not block
			}
		}
	})
	for range r.Examiners {
		examining.Go(func() {
			for f := range found {
				r.examine(work, f, records)
			}
		})
	}
	sweepErr := r.sweep(work, candidates, found)
	close(found)
	examining.Wait()
	close(records)
	saving.Wait()
	if saveErr != nil {
		return fmt.Errorf("saving results: %w", saveErr)
	}
	return sweepErr
}

func (r *Run) sweep(ctx context.Context, candidates iter.Seq[survey.Candidate], found chan<- discover.Found) error {
	ports := slices.Concat(r.Scope.Ports.DICOM, r.Scope.Ports.HTTP)
	todo := func(yield func(survey.Candidate) bool) {
		for c := range candidates {
			if r.Done != nil && r.Done(c) {
				continue
			}
			if !yield(c) {
				return
			}
		}
	}
	return discover.Sweep(ctx, r.Gate.Probe, todo, ports, r.Sweepers, func(f discover.Found) {
		r.Progress.Swept.Add(1)
		r.Progress.Probed.Add(int64(len(f.Open) + f.Refused + f.Silent))
		if len(f.Open) == 0 && !r.Scope.Named(f.Candidate.Address) {
			return
		}
		if len(f.Open) > 0 {
			r.Progress.WithOpenPort.Add(1)
		}
		select {
		case found <- f:
		case <-ctx.Done():
		}
	})
}

// examine examines one host and hands over its record, unless ctx ended
// meanwhile.
func (r *Run) examine(ctx context.Context, f discover.Found, records chan<- survey.Record) {
	result, err := r.ExamineFound(ctx, f)
	if err != nil {
		return
	}
	r.Progress.count(result.Finding)
	records <- survey.Record{SurveyID: r.SurveyID, RequestedPort: f.Candidate.Port, Finding: result.Finding, StudySketch: result.Sketch}
}

// ExamineFound examines what a sweep found of one candidate.
func (e *Engine) ExamineFound(ctx context.Context, f discover.Found) (Result, error) {
	if len(f.Open) == 0 {
		return e.Unreachable(f.Candidate, f.Err), context.Cause(ctx)
	}
	return e.Examine(ctx, f.Candidate, f.Open)
}

func (p *Progress) count(f survey.Finding) {
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

// save appends records in batches until the channel is closed. It goes on when
// ctx has ended: what was finished is kept.
func (r *Run) save(ctx context.Context, records <-chan survey.Record) error {
	ctx = context.WithoutCancel(ctx)
	var batch []survey.Record
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		var flush, done bool
		select {
		case rec, ok := <-records:
			if ok {
				batch = append(batch, rec)
			}
			flush, done = !ok || len(batch) >= saveMost, !ok
		case <-tick.C:
			flush = true
		}
		if flush && len(batch) > 0 {
			if err := r.Saver.AppendRecords(ctx, batch); err != nil {
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

// Check finds the open ports of one candidate and examines it.
func (e *Engine) Check(ctx context.Context, c survey.Candidate) (Result, error) {
	ports := slices.Concat(e.Scope.Ports.DICOM, e.Scope.Ports.HTTP)
	var result Result
	var examineErr error
	err := discover.Sweep(ctx, e.Gate.Probe, slices.Values([]survey.Candidate{c}), ports, 1, func(f discover.Found) {
		result, examineErr = e.ExamineFound(ctx, f)
	})
	return result, errors.Join(err, examineErr)
}
