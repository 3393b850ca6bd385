package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"leadglass/internal/survey"
)

// NewID makes the ID of a survey that starts at t: the time in UTC to the
// second, and four random hexadecimal digits. IDs sort by start time.
func NewID(t time.Time) string {
	var b [2]byte
	rand.Read(b[:]) // never fails
	return t.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// CreateSurvey stores a new survey and returns it as stored. An empty ID and
// an empty state are filled in; the start time must be set.
func (s *Store) CreateSurvey(ctx context.Context, v survey.Survey) (survey.Survey, error) {
	if v.StartedAt.IsZero() {
		return v, errors.New("creating a survey: it has no start time")
	}
	if v.State == "" {
		v.State = survey.StateRunning
	}
	v.StartedAt = v.StartedAt.UTC().Round(0)
	named := v.ID != ""
	sources, err := formatSources(v.Sources)
	if err != nil {
		return v, err
	}
	coverage, err := coverageText(v)
	if err != nil {
		return v, err
	}
	err = s.inTx(ctx, "creating a survey in", func(tx *sql.Tx) error {
		for taken := true; taken; {
			if !named {
				v.ID = NewID(v.StartedAt)
			}
			if err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM surveys WHERE id = $1", v.ID).Scan(&taken); err != nil {
				return err
			}
			if taken && named {
				return fmt.Errorf("a survey %s is there already", v.ID)
			}
		}
		sweep, err := sweepText(v.Sweep)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO surveys
			(id, name, authority_organisation, authority_contact, authority_reference, scope,
			 simulated, version, started_at, finished_at, state, probed, addresses, sources, coverage, sweep)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			v.ID, v.Name, v.Authority.Organisation, v.Authority.Contact, v.Authority.Reference, v.Scope,
			v.Simulated, v.Version, formatTime(v.StartedAt), finished(v), string(v.State), v.Probed, v.Addresses, sources, coverage, sweep)
		return err
	})
	return v, err
}

// UpdateSurvey stores how the survey with v's ID stands: state, finishing time,
// addresses, coverage, and the sources of its attributions. What was ordered
// (name, authority, scope, start) is not changed, nor is what AddProbed counts.
func (s *Store) UpdateSurvey(ctx context.Context, v survey.Survey) error {
	return s.Update(ctx, "updating survey "+v.ID+" in", func(t *Tx) error { return t.UpdateSurvey(ctx, v) })
}

// UpdateSurvey is that of the store, within the transaction.
func (t *Tx) UpdateSurvey(ctx context.Context, v survey.Survey) error {
	sources, err := formatSources(v.Sources)
	if err != nil {
		return err
	}
	coverage, err := coverageText(v)
	if err != nil {
		return err
	}
	there, err := changed(t.SQL.ExecContext(ctx, `UPDATE surveys
		SET state = $2, finished_at = $3, addresses = $4, sources = $5, coverage = $6 WHERE id = $1`,
		v.ID, string(v.State), finished(v), v.Addresses, sources, coverage))
	if err == nil && !there {
		err = fmt.Errorf("survey %s %w", v.ID, ErrNotFound)
	}
	return err
}

// AddProbed adds to how many pairs of an address and a port were contacted.
func (t *Tx) AddProbed(ctx context.Context, surveyID string, n int64) error {
	_, err := t.SQL.ExecContext(ctx, "UPDATE surveys SET probed = probed + $2 WHERE id = $1", surveyID, n)
	return err
}

// formatSources is the list as JSON, "" for none.
func formatSources(list []survey.Source) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", fmt.Errorf("the sources of a survey: %w", err)
	}
	return string(text), nil
}

func finished(v survey.Survey) sql.NullString {
	return sql.NullString{String: formatTime(v.FinishedAt), Valid: !v.FinishedAt.IsZero()}
}

const surveyColumns = `id, name, authority_organisation, authority_contact, authority_reference, scope,
	simulated, version, started_at, finished_at, state, probed, addresses, sources, coverage, sweep`

// coverageText is the coverage as it is stored; null for none.
func coverageText(v survey.Survey) (sql.NullString, error) {
	if v.Coverage == nil {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(v.Coverage)
	if err != nil {
		return sql.NullString{}, fmt.Errorf("the coverage of survey %s: %w", v.ID, err)
	}
	return sql.NullString{String: string(text), Valid: true}, nil
}

// Surveys returns all surveys, the newest first.
func (s *Store) Surveys(ctx context.Context) ([]survey.Survey, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+surveyColumns+" FROM surveys ORDER BY started_at DESC, id DESC")
	if err != nil {
		return nil, s.explain("reading", err)
	}
	defer rows.Close()
	var all []survey.Survey
	for rows.Next() {
		v, err := scanSurvey(rows)
		if err != nil {
			return nil, s.explain("reading", err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("reading", err)
	}
	for i := range all {
		if err := s.addParts(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// addParts puts the sweep of a survey under way together.
func (s *Store) addParts(ctx context.Context, v *survey.Survey) error {
	if v.State == survey.StateFinished {
		return nil
	}
	parts, err := s.Parts(ctx, v.ID)
	if err == nil && len(parts) > 0 {
		v.Sweep = survey.JoinSweeps(parts)
	}
	return err
}

// Survey returns the survey with that ID or, where no ID fits, the newest
// with that name; the newest of all for "". The error for none has
// ErrNotFound in its chain.
func (s *Store) Survey(ctx context.Context, idOrName string) (survey.Survey, error) {
	row := s.read.QueryRowContext(ctx, "SELECT "+surveyColumns+` FROM surveys
		WHERE $1 = '' OR id = $1 OR name = $1
		ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END, started_at DESC, id DESC LIMIT 1`, idOrName)
	v, err := scanSurvey(row)
	switch {
	case errors.Is(err, sql.ErrNoRows) && idOrName == "":
		return v, fmt.Errorf("the survey store %s holds no survey: %w; run `leadglass survey` first, or name another file with --store FILE", s.name, ErrNotFound)
	case errors.Is(err, sql.ErrNoRows):
		return v, fmt.Errorf("survey %q %w in the survey store %s; leave the name out for the last survey, or name another file with --store FILE", idOrName, ErrNotFound, s.name)
	case err != nil:
		return v, s.explain("reading", err)
	}
	return v, s.addParts(ctx, &v)
}

func scanSurvey(row interface{ Scan(...any) error }) (survey.Survey, error) {
	var v survey.Survey
	var started, state, sources string
	var finished, coverage, sweep sql.NullString
	err := row.Scan(&v.ID, &v.Name, &v.Authority.Organisation, &v.Authority.Contact, &v.Authority.Reference,
		&v.Scope, &v.Simulated, &v.Version, &started, &finished, &state, &v.Probed, &v.Addresses, &sources, &coverage, &sweep)
	if err != nil {
		return survey.Survey{}, err
	}
	if coverage.Valid {
		v.Coverage = new(survey.Coverage)
		if err := json.Unmarshal([]byte(coverage.String), v.Coverage); err != nil {
			return survey.Survey{}, fmt.Errorf("the stored coverage of survey %s: %w (%w)", v.ID, err, errDamaged)
		}
	}
	v.State = survey.State(state)
	if v.StartedAt, err = parseTime(started); err != nil {
		return survey.Survey{}, err
	}
	if v.Sweep, err = readSweep(sweep); err != nil {
		return survey.Survey{}, err
	}
	if finished.Valid {
		if v.FinishedAt, err = parseTime(finished.String); err != nil {
			return survey.Survey{}, err
		}
	}
	if sources != "" {
		if err := json.Unmarshal([]byte(sources), &v.Sources); err != nil {
			return survey.Survey{}, fmt.Errorf("the stored sources of survey %s: %w (%w)", v.ID, err, errDamaged)
		}
	}
	return v, nil
}
