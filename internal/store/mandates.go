package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"leadglass/internal/survey"
)

// SaveMandate stores what bounds the survey, in the place of what was there: the
// caller has seen to it that nothing of that is lost.
func (t *Tx) SaveMandate(ctx context.Context, surveyID string, m survey.Mandate) error {
	pins, err := json.Marshal(m.Pins)
	if err != nil {
		return fmt.Errorf("the addresses of names: %w", err)
	}
	titles, err := json.Marshal(m.Titles)
	if err != nil {
		return fmt.Errorf("the called AE titles: %w", err)
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO mandates (survey_id, exclusions, pins, titles, seal) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (survey_id) DO UPDATE SET exclusions = excluded.exclusions, pins = excluded.pins, titles = excluded.titles, seal = excluded.seal`,
		surveyID, m.Exclusions, string(pins), string(titles), m.Seal)
	return err
}

// Mandate is what bounds the survey. The error for a survey of which that was not
// stored (yet) has ErrNotFound in its chain.
func (s *Store) Mandate(ctx context.Context, surveyID string) (survey.Mandate, error) {
	var m survey.Mandate
	var pins, titles []byte
	err := s.read.QueryRowContext(ctx, "SELECT exclusions, pins, titles, seal FROM mandates WHERE survey_id = $1", surveyID).
		Scan(&m.Exclusions, &pins, &titles, &m.Seal)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m, fmt.Errorf("what bounds survey %s: %w", surveyID, ErrNotFound)
	case err == nil:
		err = errors.Join(readJSON(pins, &m.Pins, "list of names"), readJSON(titles, &m.Titles, "list of AE titles"))
	}
	if err != nil {
		return m, s.explain("reading", err)
	}
	return m, nil
}

// AddExclusions stores that a process keeps to exclusions beside those of the
// mandate.
func (s *Store) AddExclusions(ctx context.Context, surveyID string, exclusions []byte) error {
	sum := sha256.Sum256(exclusions)
	return s.Update(ctx, "adding exclusions in", func(t *Tx) error {
		_, err := t.SQL.ExecContext(ctx, `INSERT INTO more_exclusions (survey_id, digest, exclusions) VALUES ($1, $2, $3)
			ON CONFLICT (survey_id, digest) DO NOTHING`, surveyID, hex.EncodeToString(sum[:]), exclusions)
		return err
	})
}

// MoreExclusions are those that AddExclusions stored.
func (s *Store) MoreExclusions(ctx context.Context, surveyID string) ([][]byte, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT exclusions FROM more_exclusions WHERE survey_id = $1 ORDER BY digest", surveyID)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	defer rows.Close()
	var all [][]byte
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, s.explain("reading", err)
		}
		all = append(all, b)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}
