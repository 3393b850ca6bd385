package jobs

import (
	"context"
	"fmt"
	"time"

	"leadglass/internal/store"
	"leadglass/internal/survey"
)

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
	switch processStateOf(id) {
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
