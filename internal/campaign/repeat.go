package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/jobs"
	"leadglass/internal/scope"
	"leadglass/internal/store"
)

// LeastEvery is the shortest time from one survey to the next: archives are not
// to be counted more often.
const LeastEvery = time.Hour

// Repeat surveys again and again, each so long after the last was due, until ctx
// ends. name names the series; load reads the scope, before each survey, because
// it may have been changed. each is given how a survey ended; its error ends the
// survey as a failed one. A survey that was interrupted is resumed. The error is
// how the last survey ended, where it did not come to its end.
func (c *Campaign) Repeat(ctx context.Context, name string, every time.Duration, load func() (*scope.Scope, error), o Options, each func(Result, error) error) error {
	if every < LeastEvery {
		return refuse(fmt.Errorf("%s is less than %s; archives are not surveyed more often", every, LeastEvery))
	}
	s, err := load()
	if err != nil {
		return err
	}
	if name == "" {
		name = s.Name
	}
	db, err := store.Open(ctx, c.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	var interrupted error
	p := &jobs.Periodic{Store: db, Name: name + "\n" + s.Authority.Organisation, Every: every, Log: c.Log,
		Do: func(ctx context.Context, due time.Time) error {
			err := c.once(ctx, name, name+" "+due.Format("2006-01-02 15:04"), load, o, each)
			if ctx.Err() != nil {
				interrupted = err
			}
			return err
		},
		Next: func(at time.Time) {
			if at.IsZero() {
				c.note(Waiting, "", "the survey is at work in another process; this one waits")
				return
			}
			c.note(Waiting, "", "the next survey of %s begins at %s", name, at.UTC().Format("2006-01-02 15:04:05 UTC"))
		}}
	if err := p.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	c.note(Noted, "", "no more surveys are made until `leadglass survey --every` runs again")
	return interrupted
}

// once makes one of the surveys, or resumes it. What is wrong with it is an
// event; an error is returned where trying again may help.
func (c *Campaign) once(ctx context.Context, series, name string, load func() (*scope.Scope, error), o Options, each func(Result, error) error) error {
	s, err := load()
	if err == nil {
		o.Name, o.Resume = name, true
		var r Result
		r, err = c.Run(ctx, s, o)
		if errors.Is(err, ErrNoneToResume) && !errors.Is(err, ErrWasCancelled) {
			o.Resume, o.Series = false, series
			r, err = c.Run(ctx, s, o)
		}
		err = each(r, err)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	c.Events.Event(Event{Kind: Failed, Text: err.Error(), Err: err})
	var refusal *Refusal
	var ended *EndedError
	var config *scope.ConfigError
	if errors.As(err, &refusal) || errors.As(err, &config) || errors.As(err, &ended) && ended.How != Stopped {
		return nil
	}
	return err
}
