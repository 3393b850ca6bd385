package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/jobs"
	"leadglass/internal/store"
)

// leastEvery is the shortest time from one survey to the next: archives are not
// to be counted more often.
const leastEvery = time.Hour

// every surveys again and again until it is interrupted.
func (c *surveyCommand) every(ctx context.Context, a *app) error {
	switch {
	case c.Resume:
		return usage(errors.New("--every goes on with a survey that was interrupted by itself; leave --resume out"))
	case c.Every < leastEvery:
		return usage(fmt.Errorf("--every %s is less than %s; archives are not surveyed more often", c.Every, leastEvery))
	}
	s, err := c.scope()
	if err != nil {
		return err
	}
	name := c.Name
	if name == "" {
		name = s.Name
	}
	db, err := store.Open(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	var interrupted error // how the last survey ended, where it did not come to its end
	p := &jobs.Periodic{Store: db, Name: name + "\n" + s.Authority.Organisation, Every: c.Every, Log: a.log,
		Do: func(ctx context.Context, due time.Time) error {
			err := c.once(ctx, a, name, name+" "+due.Format("2006-01-02 15:04"))
			if ctx.Err() != nil {
				interrupted = err
			}
			return err
		},
		Next: func(at time.Time) {
			if at.IsZero() {
				a.note("the survey is at work in another process; this one waits")
				return
			}
			a.note("the next survey of %s begins at %s", name, moment(at))
		}}
	if err := p.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	a.note("no more surveys are made until `leadglass survey --every` runs again")
	return interrupted
}

// once makes one of the surveys, or goes on with it. What is wrong with it is
// said; an error is returned where trying again may help.
func (c *surveyCommand) once(ctx context.Context, a *app, series, name string) error {
	s, err := c.scope() // anew: it may have been changed, or be over
	if err == nil {
		err = c.survey(ctx, a, s, c.options(name, true))
		if errors.Is(err, errNoneToResume) && !errors.Is(err, errWasCancelled) {
			o := c.options(name, false)
			o.series = series
			err = c.survey(ctx, a, s, o)
		}
	}
	var exit *exitError
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &exit) && (exit.code == exitUsage || exit.code == exitIncomplete):
		a.fail(err)
		return nil
	}
	a.fail(err)
	return err
}
