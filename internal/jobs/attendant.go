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

// A process that cannot tell the store that it is there ends its work before the
// others take it for gone and do that again.
const (
	lease     = 20 * time.Second
	goneAfter = survey.SilentAfter
	hurry     = 250 * time.Millisecond
)

// Attendant goes along with the work on a survey: it tells the store that the
// process is there, learns that the survey was cancelled, shares out the rates,
// and gives back what processes have left that are gone.
type Attendant struct {
	db         *store.Store
	survey, id string
	lead       bool
	share      func(divisor int)
	cancel     context.CancelCauseFunc
	ctx        context.Context
	wg         sync.WaitGroup
	seen       atomic.Int64 // when the store last answered, in Unix nanoseconds
	others     atomic.Int64
	helped     atomic.Bool
	divisor    int
	next       time.Duration // until the next beat
	watched    map[string]watched
}

// watched is another process, as it was last seen to do something.
type watched struct {
	beats int64
	at    time.Time
}

// Lead makes the process id the leader of a survey, of which there is one. Where
// another process was, it waits until it is known to be gone; the error for one
// that is not has ErrLed in its chain. waiting is called once when that takes a
// while.
func Lead(ctx context.Context, db *store.Store, surveyID, id string, waiting func()) error {
	for {
		before, err := db.Leader(ctx, surveyID)
		if err != nil {
			return err
		}
		if before != "" {
			if err := awaitEnd(ctx, db, surveyID, before, waiting); err != nil {
				return err
			}
		}
		var done bool
		err = db.Update(ctx, "beginning survey "+surveyID+" in", func(tx *store.Tx) error {
			done, err = tx.Lead(ctx, surveyID, id, before)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

// awaitEnd returns nil when a process is known to be gone.
func awaitEnd(ctx context.Context, db *store.Store, surveyID, id string, waiting func()) error {
	switch lifeOf(id) {
	case gone:
		return nil
	case alive:
		return fmt.Errorf("survey %s: %w", surveyID, ErrLed)
	}
	first, begun := int64(-1), time.Now()
	for {
		all, err := db.Workers(ctx, surveyID)
		if err != nil {
			return err
		}
		beats := int64(-1)
		for _, w := range all {
			if w.ID == id {
				beats = w.Beats
			}
		}
		switch {
		case beats < 0 || time.Since(begun) > goneAfter:
			return nil
		case first < 0:
			first = beats
			waiting()
		case beats != first:
			return fmt.Errorf("survey %s: %w", surveyID, ErrLed)
		}
		if err := pause(ctx, survey.BeatEvery/2); err != nil {
			return err
		}
	}
}

// Attend begins to go along with a survey, for the process id, which leads it or
// not. It returns when the process may begin, with a context that ends when ctx
// does, when the survey is cancelled or interrupted, and when the store is lost.
// share is told by how much the rates of the scope are to be divided, before
// Attend returns and whenever it changes. End must be called.
func Attend(ctx context.Context, db *store.Store, surveyID, id string, lead bool, share func(divisor int)) (context.Context, *Attendant, error) {
	a := &Attendant{db: db, survey: surveyID, id: id, lead: lead, share: share, watched: map[string]watched{}}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	a.seen.Store(time.Now().UnixNano())
	for a.beat(); a.divisor == 0 && a.ctx.Err() == nil; a.beat() {
		_ = pause(a.ctx, hurry) // a context that ended is seen above
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

// beat says that the process is there, and does what comes of the answer.
func (a *Attendant) beat() {
	ctx, cancel := context.WithTimeout(a.ctx, lease-a.silent())
	defer cancel()
	b, err := a.db.Beat(ctx, a.survey, a.id, time.Now())
	switch {
	case err != nil:
		a.cancel(err)
		return
	case b.Cancelled:
		a.cancel(ErrCancelled)
		return
	case !a.lead && b.State != survey.StateRunning:
		a.cancel(ErrPaused)
		return
	}
	a.seen.Store(time.Now().UnixNano())
	a.others.Store(int64(len(b.Others)))
	a.next = survey.BeatEvery
	if slices.ContainsFunc(b.Others, func(w store.Worker) bool { return w.Divisor == 0 }) {
		a.next = hurry // somebody waits for others to make room
	}
	if len(b.Others) > 0 {
		a.helped.Store(true)
	}
	if b.Divisor != a.divisor {
		a.divisor = b.Divisor
		if b.Divisor > 0 {
			a.share(b.Divisor)
		}
	}
	if err := a.bury(ctx, b.Others); err != nil {
		a.cancel(err)
	}
}

// bury gives back the jobs of processes that are gone.
func (a *Attendant) bury(ctx context.Context, others []store.Worker) error {
	now := time.Now()
	for _, w := range others {
		before, known := a.watched[w.ID]
		switch life := lifeOf(w.ID); {
		case life == gone || known && life == unknown && w.Beats == before.beats && now.Sub(before.at) > goneAfter:
			if err := Bury(ctx, a.db, a.survey, w.ID); err != nil {
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
func (a *Attendant) silent() time.Duration { return time.Since(time.Unix(0, a.seen.Load())) }

// Healthy is nil when the store has answered lately.
func (a *Attendant) Healthy() error {
	if silent := a.silent(); silent > lease {
		return fmt.Errorf("the store last answered %s ago", silent.Round(time.Second))
	}
	return nil
}

// Others is how many other processes work on the survey.
func (a *Attendant) Others() int64 { return a.others.Load() }

// Helped is whether another process was seen at work on the survey.
func (a *Attendant) Helped() bool { return a.helped.Load() }

// End stops going along and leaves the survey to the others. err is what the
// work returned; End returns why it ended.
func (a *Attendant) End(err error) error {
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
func (a *Attendant) leave() {
	ids.Delete(a.id)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), survey.BeatEvery)
	defer cancel()
	_ = a.db.Update(ctx, "leaving survey "+a.survey+" in", func(tx *store.Tx) error {
		err := errors.Join(tx.Release(ctx, a.id), tx.RemoveWorker(ctx, a.id))
		if a.lead && err == nil {
			_, err = tx.Lead(ctx, a.survey, "", a.id)
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
