package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"leadglass/internal/survey"
)

// AddCaseEvents stores what a person did about systems: all of it or, on an
// error, nothing. The error for a system that no survey has a record of has
// ErrNotFound in its chain.
func (s *Store) AddCaseEvents(ctx context.Context, events ...survey.CaseEvent) error {
	return s.inTx(ctx, "marking a system in", func(tx *sql.Tx) error {
		for _, e := range events {
			var known bool
			if err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM records WHERE target = $1", e.Target).Scan(&known); err != nil {
				return err
			}
			if !known {
				return fmt.Errorf("a record of %s %w", e.Target, ErrNotFound)
			}
			until := ""
			if !e.Until.IsZero() {
				until = formatTime(e.Until)
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO case_events (target, number, mark, at, person, note, until, tag)
				SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, $7 FROM case_events WHERE target = $1`,
				e.Target, string(e.Mark), formatTime(e.At), e.By, e.Note, until, e.Tag); err != nil {
				return err
			}
		}
		return nil
	})
}

// CaseEvents streams what people did about systems, the steps of disclosures
// among it, in the order of the targets' bytes and then of time. A target that is
// not empty restricts it to one.
func (s *Store) CaseEvents(ctx context.Context, target string) iter.Seq2[survey.CaseEvent, error] {
	return streamed(ctx, s, `SELECT target, mark, at, person, note, until, tag, '', '', number FROM case_events WHERE $1 = '' OR target = $1
		UNION ALL SELECT DISTINCT y.target, CASE e.state WHEN 'sent' THEN 'notified' ELSE e.state END, e.at, '', e.note, '', '', d.recipient, d.survey_id, e.number
		FROM disclosure_systems y JOIN disclosures d ON d.id = y.disclosure_id JOIN disclosure_events e ON e.disclosure_id = d.id
		WHERE $1 = '' OR y.target = $1
		ORDER BY 1, 3, 10`, []any{target}, func(rows *sql.Rows) (e survey.CaseEvent, err error) {
		var at, until string
		var number int
		if err := rows.Scan(&e.Target, &e.Mark, &at, &e.By, &e.Note, &until, &e.Tag, &e.Recipient, &e.Survey, &number); err != nil {
			return e, err
		}
		if e.At, err = parseTime(at); err == nil && until != "" {
			e.Until, err = parseTime(until)
		}
		return e, err
	})
}

// streamed streams the rows of a query.
func streamed[T any](ctx context.Context, s *Store, query string, args []any, scan func(*sql.Rows) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := s.read.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, s.explain("reading", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				yield(none, s.explain("reading", err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, s.explain("reading", err))
		}
	}
}

// AddRecheck stores the examination of one system on the authority of the survey
// of the record, and returns it with its ID.
func (s *Store) AddRecheck(ctx context.Context, r *survey.Record, at time.Time, by string) (survey.Recheck, error) {
	out := survey.Recheck{SurveyID: r.SurveyID, At: at.UTC().Round(0), By: by, Facts: survey.FactsOf(r), Finding: &r.Finding}
	key, err := KeyOfRecord(r)
	if err != nil {
		return out, err
	}
	finding, err := json.Marshal(&r.Finding)
	facts, err2 := json.Marshal(out.Facts)
	if err := errors.Join(err, err2); err != nil {
		return out, fmt.Errorf("finding on %s: %w", key.Target, err)
	}
	err = s.inTx(ctx, "storing a recheck in", func(tx *sql.Tx) error {
		for taken := true; taken; {
			out.ID = "recheck-" + NewID(at)
			if err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM rechecks WHERE id = $1", out.ID).Scan(&taken); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO rechecks (id, survey_id, target, at, person, finding, facts)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, out.ID, out.SurveyID, key.Target, formatTime(at), by, string(finding), string(facts))
		return err
	})
	return out, err
}

// Rechecks streams the rechecks, in the order of their targets' bytes and then of
// time. A target that is not empty restricts it to one.
func (s *Store) Rechecks(ctx context.Context, target string) iter.Seq2[survey.Recheck, error] {
	return streamed(ctx, s, "SELECT id, survey_id, at, person, facts, finding FROM rechecks WHERE $1 = '' OR target = $1 ORDER BY target, at, id", []any{target},
		func(rows *sql.Rows) (r survey.Recheck, err error) {
			var at string
			var facts, finding []byte
			if err := rows.Scan(&r.ID, &r.SurveyID, &at, &r.By, &facts, &finding); err != nil {
				return r, err
			}
			if r.At, err = parseTime(at); err == nil {
				err = errors.Join(readJSON(facts, &r.Facts, "list of facts"), readJSON(finding, &r.Finding, "finding of a recheck"))
			}
			return r, err
		})
}

// FactsOf streams the facts of a survey: as Facts does, or, of a survey of a
// version that did not keep them, from its records.
func (s *Store) FactsOf(ctx context.Context, v *survey.Survey) iter.Seq2[survey.Facts, error] {
	if v.Coverage != nil {
		return s.Facts(ctx, v.ID)
	}
	return func(yield func(survey.Facts, error) bool) {
		for r, err := range s.Records(ctx, v.ID) {
			if !yield(survey.FactsOf(&r), err) || err != nil {
				return
			}
		}
	}
}
