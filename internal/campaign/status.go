package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// StatusSchema names the JSON of Status.
const StatusSchema = "leadglass.survey-status/1"

// Status is how far a survey in the store is, and who works on it.
type Status struct {
	Schema string        `json:"schema"`
	Survey survey.Survey `json:"survey"`
	Status survey.Status `json:"status"`
	// SeenAt is when the survey's process was last seen at work.
	SeenAt      time.Time `json:"seen_at,omitzero"`
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	// Records is how many targets there are results of, Verdicts of each
	// verdict.
	Records int64 `json:"records"`
	// Workers is how many processes work on the survey, Waiting how many hosts were
	// found and are still to be examined; both are absent for none.
	Workers  int                      `json:"workers,omitempty"`
	Waiting  int64                    `json:"waiting,omitempty"`
	Verdicts map[survey.Verdict]int64 `json:"verdicts"`
}

// Open is how many of the records are of archives that are freely accessible.
func (s *Status) Open() (n int64) {
	for verdict, records := range s.Verdicts {
		if verdict.FreelyAccessible() {
			n += records
		}
	}
	return n
}

// StatusOf reads the status of a survey from its store.
func StatusOf(ctx context.Context, db *store.Store, v survey.Survey) (Status, error) {
	r, err := db.Run(ctx, v.ID)
	if err != nil {
		return Status{}, err
	}
	s := Status{Schema: StatusSchema, Survey: v, Status: survey.StatusOf(v, r.SeenAt, r.CancelledAt, time.Now()),
		SeenAt: r.SeenAt, CancelledAt: r.CancelledAt, Verdicts: r.Verdicts}
	for _, n := range r.Verdicts {
		s.Records += n
	}
	if s.Status == survey.StatusFinished || s.Status == survey.StatusCancelled {
		return s, nil
	}
	workers, err := db.Workers(ctx, v.ID)
	if err != nil {
		return Status{}, err
	}
	for _, w := range workers {
		if time.Since(w.SeenAt) < survey.SilentAfter {
			s.Workers++
		}
	}
	s.Waiting, err = db.Waiting(ctx, v.ID)
	return s, err
}

// cancelPoll is how often Cancel reads the store while it waits.
const cancelPoll = 500 * time.Millisecond

// Cancel ends a survey for good, whichever process works on it, and waits until
// that process has stopped, for at most wait. The status is "cancelling" where
// it has not. A survey that has finished is a *Refusal. id is the survey's ID
// or name.
func Cancel(ctx context.Context, db *store.Store, id string, wait time.Duration) (Status, error) {
	v, err := db.Survey(ctx, id)
	if err != nil {
		return Status{}, err
	}
	if err := db.Cancel(ctx, v.ID, time.Now()); errors.Is(err, store.ErrFinished) {
		return Status{}, refuse(fmt.Errorf("survey %s has finished: there is nothing to cancel", v.ID))
	} else if err != nil {
		return Status{}, err
	}
	for deadline := time.Now().Add(wait); ; {
		if v, err = db.Survey(ctx, v.ID); err != nil {
			return Status{}, err
		}
		s, err := StatusOf(ctx, db, v)
		if err != nil || s.Status != survey.StatusCancelling || time.Now().After(deadline) {
			return s, err
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(cancelPoll):
		}
	}
}
