package store

import (
	"context"
	"database/sql"
	"errors"

	"leadglass/internal/survey"
)

// Publications returns of which surveys documents of the public edition were
// made, in the order of the first of each.
func (s *Store) Publications(ctx context.Context) ([]survey.Publication, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT survey_id, min_count FROM publications ORDER BY place")
	if err != nil {
		return nil, s.explain("reading", err)
	}
	defer rows.Close()
	var all []survey.Publication
	for rows.Next() {
		var p survey.Publication
		if err := rows.Scan(&p.SurveyID, &p.MinCount); err != nil {
			return nil, s.explain("reading", err)
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}

// Publish keeps that a document of the public edition is made of each of the
// surveys, with this least number of archives behind a cell, and returns nil; or
// it returns a publication that was made with another number, and keeps nothing.
// A number of 1, with which nothing is withheld, gives way to any other.
func (s *Store) Publish(ctx context.Context, minCount int64, surveyIDs ...string) (otherwise *survey.Publication, err error) {
	err = s.inTx(ctx, "keeping what is published in", func(tx *sql.Tx) error {
		otherwise = nil
		for _, id := range surveyIDs {
			var kept int64
			err := tx.QueryRowContext(ctx, "SELECT min_count FROM publications WHERE survey_id = $1", id).Scan(&kept)
			switch {
			case errors.Is(err, sql.ErrNoRows):
			case err != nil:
				return err
			case kept > 1 && kept != minCount:
				otherwise = &survey.Publication{SurveyID: id, MinCount: kept}
				return nil
			}
		}
		for _, id := range surveyIDs {
			if _, err := tx.ExecContext(ctx, `INSERT INTO publications (survey_id, place, min_count)
				VALUES ($1, (SELECT coalesce(max(place), 0) + 1 FROM publications), $2)
				ON CONFLICT (survey_id) DO UPDATE SET min_count = excluded.min_count`, id, minCount); err != nil {
				return err
			}
		}
		return nil
	})
	return otherwise, err
}
