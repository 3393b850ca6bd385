package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"leadglass/internal/survey"
)

// Worker is a process that works on a survey.
type Worker struct {
	ID string
	// Beats counts the calls of Beat.
	Beats int64
	// Divisor is by how many it divides the rates of the scope; 0 while it waits
	// for the others to know of it.
	Divisor int
	// SeenAt is the time of its last beat, by its own clock.
	SeenAt time.Time
}

// Beat is what a worker learns by Beat.
type Beat struct {
	Cancelled bool
	State     survey.State
	// Leader is the process that leads the survey, "" where none does.
	Leader string
	// Forgotten: the store did not know of the worker, because it is new, or
	// because another took it for gone and gave its jobs back.
	Forgotten bool
	// Divisor is by how many the worker has to divide the rates of the scope from
	// now on; 0 means that it may not send anything yet.
	Divisor int
	// Others are the other workers of the survey, gone ones included until they
	// are removed.
	Others []Worker
}

// Beat notes that worker id is at work on the survey at the time now.
//
// It shares the rates out: a worker begins when all others divide the scope's
// rates by a number that counts it, so that at no time they exceed them
// together. All beats of a survey are one after the other.
func (s *Store) Beat(ctx context.Context, surveyID, id string, now time.Time) (Beat, error) {
	var b Beat
	err := s.inTx(ctx, "looking after survey "+surveyID+" in", func(tx *sql.Tx) error {
		b = Beat{Forgotten: true}
		var state string
		var leader sql.NullString
		// The statement locks the row of the survey until the end of the
		// transaction, which puts the beats in a row.
		err := tx.QueryRowContext(ctx, `INSERT INTO runs (survey_id) VALUES ($1)
			ON CONFLICT (survey_id) DO UPDATE SET seen_at = CASE WHEN runs.leader = $2 THEN $3 ELSE runs.seen_at END
			RETURNING cancelled_at IS NOT NULL, leader, (SELECT state FROM surveys WHERE id = $1)`, surveyID, id, formatTime(now)).Scan(&b.Cancelled, &leader, &state)
		if err != nil {
			return err
		}
		b.State, b.Leader = survey.State(state), leader.String
		all, err := workers(ctx, tx.QueryContext, surveyID)
		if err != nil {
			return err
		}
		begun := false
		for _, w := range all {
			if w.ID == id {
				begun, b.Forgotten = w.Divisor > 0, false
			} else {
				b.Others = append(b.Others, w)
			}
		}
		n := len(b.Others) + 1
		// Another one that waits sends nothing, and will count this one.
		if begun || !slices.ContainsFunc(b.Others, func(w Worker) bool { return w.Divisor > 0 && w.Divisor < n }) {
			b.Divisor = n
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO workers (id, survey_id, beats, divisor, seen_at) VALUES ($1, $2, 1, $3, $4)
			ON CONFLICT (id) DO UPDATE SET survey_id = excluded.survey_id, beats = workers.beats + 1, divisor = excluded.divisor, seen_at = excluded.seen_at`,
			id, surveyID, b.Divisor, formatTime(now))
		return err
	})
	return b, err
}

// Workers are the processes that work on a survey.
func (s *Store) Workers(ctx context.Context, surveyID string) ([]Worker, error) {
	all, err := workers(ctx, s.read.QueryContext, surveyID)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}

func workers(ctx context.Context, query query, surveyID string) ([]Worker, error) {
	rows, err := query(ctx, "SELECT id, beats, divisor, seen_at FROM workers WHERE survey_id = $1 ORDER BY id", surveyID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Worker
	for rows.Next() {
		var w Worker
		var seen string
		if err := rows.Scan(&w.ID, &w.Beats, &w.Divisor, &seen); err != nil {
			return nil, err
		}
		if w.SeenAt, err = parseTime(seen); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// RemoveWorker removes a worker that has ended, or is known to be gone, and gives
// back the names that it has claimed.
func (t *Tx) RemoveWorker(ctx context.Context, id string) error {
	if _, err := t.SQL.ExecContext(ctx, "DELETE FROM claims WHERE worker = $1", id); err != nil {
		return err
	}
	_, err := t.SQL.ExecContext(ctx, "DELETE FROM workers WHERE id = $1", id)
	return err
}

// Leader is the process that leads the survey, "" where none has.
func (s *Store) Leader(ctx context.Context, surveyID string) (string, error) {
	var id sql.NullString
	err := s.read.QueryRowContext(ctx, "SELECT leader FROM runs WHERE survey_id = $1", surveyID).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", s.explain("reading", err)
	}
	return id.String, nil
}

// Lead makes id the leader of the survey in the place of before, "" for none.
// It reports false where somebody else has become the leader meanwhile.
func (t *Tx) Lead(ctx context.Context, surveyID, id, before string) (bool, error) {
	return changed(t.SQL.ExecContext(ctx, `INSERT INTO runs (survey_id, leader) VALUES ($1, $2)
		ON CONFLICT (survey_id) DO UPDATE SET leader = excluded.leader WHERE coalesce(runs.leader, '') = $3`, surveyID, id, before))
}

// SketchKey is the key of the survey's sketches, which is candidate where there
// is none yet. It is removed by EndWork.
func (s *Store) SketchKey(ctx context.Context, surveyID string, candidate [16]byte) (key [16]byte, err error) {
	err = s.inTx(ctx, "beginning survey "+surveyID+" in", func(tx *sql.Tx) error {
		var stored []byte
		err := tx.QueryRowContext(ctx, `INSERT INTO runs (survey_id, sketch_key) VALUES ($1, $2)
			ON CONFLICT (survey_id) DO UPDATE SET sketch_key = coalesce(runs.sketch_key, excluded.sketch_key)
			RETURNING sketch_key`, surveyID, candidate[:]).Scan(&stored)
		if err == nil && copy(key[:], stored) != len(key) {
			err = errDamaged
		}
		return err
	})
	return key, err
}
