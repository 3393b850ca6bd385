package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"leadglass/internal/survey"
)

// SaveSweep stores how far the sweep of a survey is.
func (s *Store) SaveSweep(ctx context.Context, surveyID string, sweep survey.Sweep) error {
	return s.inTx(ctx, "storing the sweep's position in", func(tx *sql.Tx) error {
		text, err := sweepText(&sweep)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "UPDATE surveys SET sweep = $2 WHERE id = $1", surveyID, text)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, fmt.Errorf("survey %s %w", surveyID, ErrNotFound))
		}
		return nil
	})
}

func sweepText(v *survey.Sweep) (sql.NullString, error) {
	if v == nil {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(v)
	return sql.NullString{String: string(text), Valid: true}, err
}

func readSweep(text sql.NullString) (*survey.Sweep, error) {
	if !text.Valid {
		return nil, nil
	}
	v := new(survey.Sweep)
	if err := json.Unmarshal([]byte(text.String), v); err != nil {
		return nil, fmt.Errorf("the stored state of a sweep: %w (%w)", err, errDamaged)
	}
	return v, nil
}
