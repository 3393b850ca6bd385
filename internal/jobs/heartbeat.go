package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

var (
	// ErrCancelled ends the work on a survey that was cancelled.
	ErrCancelled = errors.New("cancelled")
	// ErrPaused ends the work of the other processes on a survey whose leader was
	// interrupted.
	ErrPaused = errors.New("the survey was interrupted")
	// ErrLed is in the chain of the error for a survey that another process leads.
	ErrLed = errors.New("it is at work in another process")
)

// Times are how often a process tells the store that it is there, and how long a
// store that does not answer is waited for. Zero fields take defaults.
type Times struct {
	// Beat is the time between two heartbeats; default survey.BeatEvery.
	Beat time.Duration
	// Lease is for how long the others rely on a heartbeat, at least; default 20 s.
	Lease time.Duration
	// Silence is how long a store may not answer at all; default 10 min.
	Silence time.Duration
}

func (t Times) withDefaults() Times {
	if t.Beat <= 0 {
		t.Beat = survey.BeatEvery
	}
	if t.Lease <= 0 {
		t.Lease = 20 * time.Second
	}
	if t.Silence <= 0 {
		t.Silence = 10 * time.Minute
	}
	return t
}

const (
	// goneAfter is when a process that is not on this machine is taken for gone.
	goneAfter = survey.SilentAfter
	fastBeat  = 250 * time.Millisecond
	// refusals is how many heartbeats in a row the store must answer with an error
	// before the work ends.
	refusals = 5
)

// errRests ends the work of a process that others may take for gone, until the
// store has answered again.
var errRests = errors.New("the store does not answer; others may take this process for gone")

// HeartbeatOptions configure the heartbeat of a process that works on a survey.
type HeartbeatOptions struct {
	Store *store.Store
	// Survey is the ID of the survey, ID that of the process (see NewID), which
	// leads the survey or not.
	Survey, ID string
	Lead       bool
	// Share is told by how much the rates of the scope are to be divided, before
	// StartHeartbeat returns and whenever it changes.
	Share func(divisor int)
	// Late is told, after each heartbeat to which the store has not answered in
	// time, for how long it has not; nil for nobody.
	Late  func(silent time.Duration)
	Times Times
}

// Heartbeat runs beside the work on a survey: it tells the store that the process
// is alive, learns that the survey was cancelled, shares out the rates, and
// reclaims the jobs of processes that are gone.
type Heartbeat struct {
	HeartbeatOptions
	cancel  context.CancelCauseFunc
	ctx     context.Context
	wg      sync.WaitGroup
	seen    atomic.Int64 // when the store last answered, in Unix nanoseconds
	others  atomic.Int64
	helped  atomic.Bool
	refused int // heartbeats in a row that the store answered with an error
	divisor int
	next    time.Duration // until the next beat
	watched map[string]watched
	// unknown: another process cannot tell by itself whether this one is there.
	unknown bool

	mu   sync.Mutex
	rest context.CancelCauseFunc // ends the work under way; nil where there is none
	// resting: the work is not to be begun again yet.
	resting bool
}

// watched is another process, as it was last seen to do something.
type watched struct {
	beats int64
	at    time.Time
}

// StartHeartbeat starts the heartbeat of a process. It returns when the process may begin,
// with a context that ends when ctx does, when the survey is cancelled or
// interrupted, when another process has taken the lead, and when the store
// answers with errors again and again or not at all. A heartbeat that is late
// ends nothing. End must be called.
func StartHeartbeat(ctx context.Context, o HeartbeatOptions) (context.Context, *Heartbeat, error) {
	o.Times = o.Times.withDefaults()
	a := &Heartbeat{HeartbeatOptions: o, watched: map[string]watched{}, unknown: o.Store.Shared() || machine() == ""}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.seen.Store(time.Now().UnixNano())
	for a.beat(); a.divisor == 0 && a.ctx.Err() == nil; a.beat() {
		_ = pause(a.ctx, fastBeat) // a context that ended is seen above
	}
	if err := context.Cause(a.ctx); err != nil {
		a.leave()
		return ctx, nil, err
	}
	a.wg.Go(func() {
		for pause(a.ctx, a.next) == nil {
			a.beat()
		}
	})
	return a.ctx, a, nil
}

// Do does the work, under a context that ends as that of StartHeartbeat does. Where the
// store has not answered for so long that other processes may take this one for
// gone, and do its jobs, the work is ended, and begun again when the store has
// answered. Processes of the same machine see that this one is there, and are
// no reason to.
func (a *Heartbeat) Do(work func(context.Context) error) error {
	for {
		for a.isResting() && a.ctx.Err() == nil {
			_ = pause(a.ctx, min(fastBeat, a.Times.Beat)) // a context that ended is seen above
		}
		ctx, rest := context.WithCancelCause(a.ctx)
		a.setRest(rest)
		err := work(ctx)
		rested := errors.Is(context.Cause(ctx), errRests)
		rest(nil)
		if !rested || a.ctx.Err() != nil {
			return err
		}
	}
}

func (a *Heartbeat) isResting() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.resting
}

// setRest sets what ends the work that begins.
func (a *Heartbeat) setRest(rest context.CancelCauseFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rest = rest
	if a.resting {
		rest(errRests)
	}
}

// halt ends the work under way, until goOn.
func (a *Heartbeat) halt() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.resting = true
	if a.rest != nil {
		a.rest(errRests)
	}
}

// goOn lets the work begin again.
func (a *Heartbeat) goOn() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.resting = false
}

// beat says that the process is there, and does what comes of the answer.
func (a *Heartbeat) beat() {
	limit := a.Times.Lease - a.silent()
	if limit <= 0 { // late already
		limit = a.Times.Lease
	}
	ctx, cancel := context.WithTimeout(a.ctx, limit)
	defer cancel()
	b, err := a.Store.Beat(ctx, a.Survey, a.ID, time.Now())
	if err == nil {
		a.answered(b)
		err = a.reclaimJobs(ctx, b.Others)
	}
	if err != nil && a.ctx.Err() == nil {
		a.unanswered(err)
	}
}

// unanswered is what comes of a heartbeat, or of what follows one, that was not
// stored.
func (a *Heartbeat) unanswered(err error) {
	silent := a.silent()
	if silent >= a.Times.Lease && a.unknown {
		a.halt()
	}
	a.next = min(fastBeat, a.Times.Beat)
	switch {
	case silent >= a.Times.Silence:
		a.cancel(err)
	case store.Late(err):
		if a.Late != nil {
			a.Late(silent)
		}
	default:
		if a.refused++; a.refused >= refusals || a.refused > 1 && silent >= a.Times.Lease {
			a.cancel(err)
			return
		}
		a.next = a.Times.Beat
	}
}

// answered is what comes of the answer to a heartbeat.
func (a *Heartbeat) answered(b store.Beat) {
	switch {
	case b.Cancelled:
		a.cancel(ErrCancelled)
		return
	case !a.Lead && b.State != survey.StateRunning:
		a.cancel(ErrPaused)
		return
	case a.Lead && b.Leader != "" && b.Leader != a.ID:
		a.cancel(fmt.Errorf("another process has taken the lead, because this one was silent: %w", ErrLed))
		return
	}
	a.seen.Store(time.Now().UnixNano())
	a.refused = 0
	a.others.Store(int64(len(b.Others)))
	a.next = a.Times.Beat
	if slices.ContainsFunc(b.Others, func(w store.Worker) bool { return w.Divisor == 0 }) {
		a.next = min(fastBeat, a.Times.Beat) // somebody waits for others to make room
	}
	if len(b.Others) > 0 {
		a.helped.Store(true)
	}
	if !a.unknown {
		a.unknown = slices.ContainsFunc(b.Others, func(w store.Worker) bool { return processStateOf(w.ID) == unknown })
	}
	before := a.divisor
	if a.divisor = b.Divisor; b.Divisor > 0 && b.Divisor != before {
		a.Share(b.Divisor)
	}
	switch {
	case before > 0 && (b.Forgotten || b.Divisor == 0):
		a.halt() // its jobs are others' now
		a.next = min(fastBeat, a.Times.Beat)
	case b.Divisor > 0:
		a.goOn()
	}
}

// reclaimJobs gives back the jobs of processes that are gone.
func (a *Heartbeat) reclaimJobs(ctx context.Context, others []store.Worker) error {
	now := time.Now()
	for _, w := range others {
		before, known := a.watched[w.ID]
		switch state := processStateOf(w.ID); {
		case state == gone || known && state == unknown && w.Beats == before.beats && now.Sub(before.at) > goneAfter:
			if err := Bury(ctx, a.Store, a.Survey, w.ID); err != nil {
				return err
			}
			delete(a.watched, w.ID)
		case !known || w.Beats != before.beats:
			a.watched[w.ID] = watched{w.Beats, now}
		}
	}
	return nil
}

// Bury gives back the jobs of a process that is gone, and forgets it.
func Bury(ctx context.Context, db *store.Store, surveyID, id string) error {
	return db.Update(ctx, "looking after survey "+surveyID+" in", func(tx *store.Tx) error {
		return errors.Join(tx.Release(ctx, id), tx.RemoveWorker(ctx, id))
	})
}

// silent is for how long the store has not answered.
func (a *Heartbeat) silent() time.Duration { return time.Since(time.Unix(0, a.seen.Load())) }

// Healthy is nil when the store has answered lately.
func (a *Heartbeat) Healthy() error {
	if silent := a.silent(); silent > a.Times.Lease {
		return fmt.Errorf("the store last answered %s ago", silent.Round(time.Second))
	}
	return nil
}

// Others is how many other processes work on the survey.
func (a *Heartbeat) Others() int64 { return a.others.Load() }

// Helped is whether another process was seen at work on the survey.
func (a *Heartbeat) Helped() bool { return a.helped.Load() }

// End stops going along and leaves the survey to the others. err is what the
// work returned; End returns why it ended.
func (a *Heartbeat) End(err error) error {
	if cause := context.Cause(a.ctx); cause != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = cause
	}
	a.cancel(nil)
	a.wg.Wait()
	a.leave()
	return err
}

// leave takes the process off the survey. Where the store cannot be told, the
// others find out.
func (a *Heartbeat) leave() {
	ids.Delete(a.ID)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), survey.BeatEvery)
	defer cancel()
	_ = a.Store.Update(ctx, "leaving survey "+a.Survey+" in", func(tx *store.Tx) error {
		err := errors.Join(tx.Release(ctx, a.ID), tx.RemoveWorker(ctx, a.ID))
		if a.Lead && err == nil {
			_, err = tx.Lead(ctx, a.Survey, "", a.ID)
		}
		return err
	})
}

// pause waits, or returns the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
