package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/survey"
)

// Cancel cancels the survey for good, at the time now: whoever works on it
// learns it by Beat. One that nobody works on, because its process has been
// silent for survey.SilentAfter, is interrupted by it. A survey that was
// cancelled stays so from the first time. The error for a survey that has
// finished has ErrFinished in its chain.
func (s *Store) Cancel(ctx context.Context, surveyID string, now time.Time) error {
	return s.inTx(ctx, "cancelling survey "+surveyID+" in", func(tx *sql.Tx) error {
		var state string
		err := tx.QueryRowContext(ctx, "SELECT state FROM surveys WHERE id = $1", surveyID).Scan(&state)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("survey %s %w", surveyID, ErrNotFound)
		case err != nil:
			return err
		case survey.State(state) == survey.StateFinished:
			return ErrFinished
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO runs (survey_id, cancelled_at) VALUES ($1, $2)
			ON CONFLICT (survey_id) DO UPDATE SET cancelled_at = coalesce(runs.cancelled_at, excluded.cancelled_at)`,
			surveyID, formatTime(now))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE surveys SET state = $2 WHERE id = $1 AND state = $3
			AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.survey_id = surveys.id AND seen_at > $4)`,
			surveyID, string(survey.StateInterrupted), string(survey.StateRunning), formatTime(now.Add(-survey.SilentAfter)))
		return err
	})
}

// ErrFinished is in the chain of the error for cancelling a survey that has
// finished.
var ErrFinished = errors.New("it has finished")

// Run is what is known of the work on a survey.
type Run struct {
	// SeenAt is when its leader was last seen at work; zero when never.
	SeenAt time.Time
	// CancelledAt is when it was cancelled; zero when it was not.
	CancelledAt time.Time
	// Verdicts are how many records there are of each verdict.
	Verdicts map[survey.Verdict]int64
}

// Run returns what is known of the work on a survey.
func (s *Store) Run(ctx context.Context, surveyID string) (Run, error) {
	r := Run{Verdicts: make(map[survey.Verdict]int64)}
	var seen, cancelled sql.NullString
	err := s.read.QueryRowContext(ctx, "SELECT seen_at, cancelled_at FROM runs WHERE survey_id = $1", surveyID).Scan(&seen, &cancelled)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Run{}, s.explain("reading", err)
	}
	for _, f := range []struct {
		text sql.NullString
		time *time.Time
	}{{seen, &r.SeenAt}, {cancelled, &r.CancelledAt}} {
		if !f.text.Valid {
			continue
		}
		if *f.time, err = parseTime(f.text.String); err != nil {
			return Run{}, s.explain("reading", err)
		}
	}
	rows, err := s.read.QueryContext(ctx, "SELECT verdict, count(*) FROM records WHERE survey_id = $1 GROUP BY verdict", surveyID)
	if err != nil {
		return Run{}, s.explain("reading", err)
	}
	defer rows.Close()
	for rows.Next() {
		var verdict string
		var n int64
		if err := rows.Scan(&verdict, &n); err != nil {
			return Run{}, s.explain("reading", err)
		}
		r.Verdicts[survey.Verdict(verdict)] = n
	}
	if err := rows.Err(); err != nil {
		return Run{}, s.explain("reading", err)
	}
	return r, nil
}
