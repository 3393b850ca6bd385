package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"leadglass/internal/survey"
)

// SavePart stores how far a part of a survey's sweep is, from 1.
func (t *Tx) SavePart(ctx context.Context, surveyID string, part int, s survey.Sweep) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("the state of a sweep: %w", err)
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO sweeps (survey_id, part, state) VALUES ($1, $2, $3)
		ON CONFLICT (survey_id, part) DO UPDATE SET state = excluded.state`, surveyID, part, string(text))
	return err
}

// Parts are the states of the parts of a survey's sweep, the first first; none
// for a survey that has finished, or that never had any.
func (s *Store) Parts(ctx context.Context, surveyID string) ([]survey.Sweep, error) {
	all, err := parts(ctx, s.read.QueryContext, surveyID)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}

// query is that of a database or of a transaction.
type query func(ctx context.Context, statement string, args ...any) (*sql.Rows, error)

func parts(ctx context.Context, query query, surveyID string) ([]survey.Sweep, error) {
	return readAll[survey.Sweep](ctx, query, "state of a sweep", "SELECT state FROM sweeps WHERE survey_id = $1 ORDER BY part", surveyID)
}

// readAll reads the values that a statement selects, each as JSON in a column by
// itself. what names one of them, for messages.
func readAll[T any](ctx context.Context, query query, what, statement string, args ...any) ([]T, error) {
	rows, err := query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var text []byte
		var v T
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if err := readJSON(text, &v, what); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// AddCandidate stores a host that a part of the survey tries whatever its sweep
// finds. One that is there already keeps its part, and gets the ports.
func (t *Tx) AddCandidate(ctx context.Context, surveyID string, part int, c survey.Candidate) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("a candidate: %w", err)
	}
	k := KeyOf(c)
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO candidates (survey_id, target, port, part, candidate) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (survey_id, target, port) DO UPDATE SET candidate = excluded.candidate`,
		surveyID, k.Target, k.Port, part, string(text))
	return err
}

// Candidates are the hosts that a part of a survey is to try.
func (s *Store) Candidates(ctx context.Context, surveyID string, part int) ([]survey.Candidate, error) {
	all, err := readAll[survey.Candidate](ctx, s.read.QueryContext, "candidate",
		"SELECT candidate FROM candidates WHERE survey_id = $1 AND part = $2 ORDER BY target, port", surveyID, part)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}

// AddPending stores a host that is to be examined. added is false where it is
// there already, or has a record: then nothing is stored.
func (t *Tx) AddPending(ctx context.Context, surveyID string, f survey.Found) (added bool, err error) {
	text, err := json.Marshal(f)
	if err != nil {
		return false, fmt.Errorf("a host that was found: %w", err)
	}
	k := KeyOf(f.Candidate)
	res, err := t.SQL.ExecContext(ctx, `INSERT INTO pending_hosts (survey_id, target, port, found) SELECT $1, $2, $3, $4
		WHERE NOT EXISTS (SELECT 1 FROM records WHERE survey_id = $1 AND target = $2 AND port = $3)
		ON CONFLICT (survey_id, target, port) DO NOTHING`, surveyID, k.Target, k.Port, string(text))
	return changed(res, err)
}

// Pending is a host that is to be examined; stale says that what is known of it
// is old (see MarkStale). The error for one that is not to be examined, or not any
// more, has ErrNotFound in its chain.
func (s *Store) Pending(ctx context.Context, surveyID string, k Key) (f survey.Found, stale bool, err error) {
	var text []byte
	err = s.read.QueryRowContext(ctx, "SELECT found, stale FROM pending_hosts WHERE survey_id = $1 AND target = $2 AND port = $3",
		surveyID, k.Target, k.Port).Scan(&text, &stale)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return f, false, fmt.Errorf("a host that is to be examined: %w", ErrNotFound)
	case err == nil:
		err = readJSON(text, &f, "host that was found")
	}
	if err != nil {
		return f, false, s.explain("reading", err)
	}
	return f, stale, nil
}

// Abandoned are the hosts that are to be examined, those included whose jobs were
// given up.
func (s *Store) Abandoned(ctx context.Context, surveyID string) ([]survey.Found, error) {
	all, err := readAll[survey.Found](ctx, s.read.QueryContext, "host that was found",
		"SELECT found FROM pending_hosts WHERE survey_id = $1 ORDER BY target, port", surveyID)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}

// MarkStale marks what is known of the hosts that are to be examined as old.
func (t *Tx) MarkStale(ctx context.Context, surveyID string) error {
	_, err := t.SQL.ExecContext(ctx, "UPDATE pending_hosts SET stale = true WHERE survey_id = $1", surveyID)
	return err
}

// Claim removes a host that was examined; false where another process has.
func (t *Tx) Claim(ctx context.Context, surveyID string, k Key) (was bool, err error) {
	return changed(t.SQL.ExecContext(ctx, "DELETE FROM pending_hosts WHERE survey_id = $1 AND target = $2 AND port = $3", surveyID, k.Target, k.Port))
}

// Waiting is how many hosts of a survey are to be examined.
func (s *Store) Waiting(ctx context.Context, surveyID string) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM pending_hosts WHERE survey_id = $1", surveyID).Scan(&n)
	if err != nil {
		return 0, s.explain("reading", err)
	}
	return n, nil
}

// EndWork removes what is kept only while a survey is under way. What its
// sweeps came to is kept with the survey.
func (t *Tx) EndWork(ctx context.Context, surveyID string) error {
	parts, err := parts(ctx, t.SQL.QueryContext, surveyID)
	if err != nil {
		return err
	}
	if len(parts) > 0 {
		text, err := sweepText(survey.JoinSweeps(parts))
		if err != nil {
			return err
		}
		if _, err := t.SQL.ExecContext(ctx, "UPDATE surveys SET sweep = $2 WHERE id = $1", surveyID, text); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		"DELETE FROM sweeps WHERE survey_id = $1", "DELETE FROM candidates WHERE survey_id = $1", "DELETE FROM pending_hosts WHERE survey_id = $1",
		"DELETE FROM claims WHERE survey_id = $1",
		"UPDATE runs SET sketch_key = NULL, leader = NULL WHERE survey_id = $1",
	} {
		if _, err := t.SQL.ExecContext(ctx, statement, surveyID); err != nil {
			return err
		}
	}
	return nil
}

// readJSON reads a value that this program stored.
func readJSON(text []byte, into any, what string) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("a stored %s: %w (%w)", what, err, errDamaged)
	}
	return nil
}

// changed reports whether a statement changed a row.
func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
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
