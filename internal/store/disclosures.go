package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"leadglass/internal/survey"
)

// ErrSent is in the chain of the error for a recipient who was sent a
// disclosure of the same survey already.
var ErrSent = errors.New("sent already")

// AddDisclosure stores a disclosure that was just prepared, and returns it
// with its ID. One of the same survey to the same recipient that was not sent
// is replaced; where one was sent, again must be set, otherwise the error has
// ErrSent in its chain.
func (s *Store) AddDisclosure(ctx context.Context, d survey.Disclosure, again bool) (survey.Disclosure, error) {
	if len(d.Events) != 1 || d.Events[0].State != survey.Prepared || len(d.Systems) == 0 {
		return d, errors.New("storing a disclosure: it has no systems, or other events than that it was prepared")
	}
	err := s.inTx(ctx, "storing a disclosure in", func(tx *sql.Tx) error {
		var sent, number int
		err := tx.QueryRowContext(ctx, `SELECT count(DISTINCT e.disclosure_id) FROM disclosures d
			JOIN disclosure_events e ON e.disclosure_id = d.id AND e.state = 'sent'
			WHERE d.survey_id = $1 AND d.recipient = $2`, d.SurveyID, d.Recipient).Scan(&sent)
		switch {
		case err != nil:
			return err
		case sent > 0 && !again:
			return fmt.Errorf("the disclosure of survey %s to %s was %w", d.SurveyID, d.Recipient, ErrSent)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM disclosures WHERE survey_id = $1 AND recipient = $2 AND id NOT IN
			(SELECT disclosure_id FROM disclosure_events WHERE state = 'sent')`, d.SurveyID, d.Recipient); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM disclosures WHERE survey_id = $1", d.SurveyID).Scan(&number); err != nil {
			return err
		}
		for taken := true; taken; {
			number++
			d.ID = fmt.Sprintf("%s/%d", d.SurveyID, number)
			if err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM disclosures WHERE id = $1", d.ID).Scan(&taken); err != nil {
				return err
			}
		}
		return insertDisclosure(ctx, tx, &d)
	})
	return d, err
}

func insertDisclosure(ctx context.Context, tx *sql.Tx, d *survey.Disclosure) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO disclosures
		(id, survey_id, recipient, email, channel, language, tlp, method, key_names, signed_by, file, sha256, answer_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		d.ID, d.SurveyID, d.Recipient, d.Email, d.Channel, d.Language, d.TLP, d.Method, strings.Join(d.Keys, " "),
		d.SignedBy, d.File, d.SHA256, formatTime(d.AnswerBy))
	if err != nil {
		return err
	}
	if err := insertEvent(ctx, tx, d.ID, 0, d.Events[0]); err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO disclosure_systems
		(disclosure_id, survey_id, target, port) VALUES ($1, $2, $3, $4)`)
	if err != nil {
		return err
	}
	for _, sys := range d.Systems {
		if _, err := insert.ExecContext(ctx, d.ID, d.SurveyID, sys.Target, sys.Port); err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	return insert.Close()
}

func insertEvent(ctx context.Context, tx *sql.Tx, id string, number int, e survey.DisclosureEvent) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO disclosure_events (disclosure_id, number, state, at, note)
		VALUES ($1, $2, $3, $4, $5)`, id, number, string(e.State), formatTime(e.At), e.Note)
	return err
}

// AddDisclosureEvent adds a step to the disclosure with that ID.
func (s *Store) AddDisclosureEvent(ctx context.Context, id string, e survey.DisclosureEvent) error {
	return s.inTx(ctx, "marking a disclosure in", func(tx *sql.Tx) error {
		var number int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM disclosure_events WHERE disclosure_id = $1", id).Scan(&number)
		switch {
		case err != nil:
			return err
		case number == 0:
			return fmt.Errorf("disclosure %s %w", id, ErrNotFound)
		}
		return insertEvent(ctx, tx, id, number, e)
	})
}

// Disclosures returns all disclosures with their events and systems, in the
// order in which they were prepared.
func (s *Store) Disclosures(ctx context.Context) ([]survey.Disclosure, error) {
	all, err := s.disclosures(ctx)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	return all, nil
}

func (s *Store) disclosures(ctx context.Context) ([]survey.Disclosure, error) {
	// One transaction, so that the three tables are of one moment.
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	var all []survey.Disclosure
	at := map[string]int{}
	err = eachRow(ctx, tx, `SELECT d.id, d.survey_id, d.recipient, d.email, d.channel, d.language, d.tlp, d.method,
		d.key_names, d.signed_by, d.file, d.sha256, d.answer_by FROM disclosures d
		JOIN disclosure_events e ON e.disclosure_id = d.id AND e.number = 0 ORDER BY e.at, d.id`, func(row *sql.Rows) error {
		var d survey.Disclosure
		var keys, answerBy string
		err := row.Scan(&d.ID, &d.SurveyID, &d.Recipient, &d.Email, &d.Channel, &d.Language, &d.TLP, &d.Method,
			&keys, &d.SignedBy, &d.File, &d.SHA256, &answerBy)
		if err != nil {
			return err
		}
		d.Keys = strings.Fields(keys)
		d.AnswerBy, err = parseTime(answerBy)
		at[d.ID] = len(all)
		all = append(all, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = eachRow(ctx, tx, "SELECT disclosure_id, state, at, note FROM disclosure_events ORDER BY disclosure_id, number", func(row *sql.Rows) error {
		var id, state, when string
		var e survey.DisclosureEvent
		if err := row.Scan(&id, &state, &when, &e.Note); err != nil {
			return err
		}
		var err error
		e.State = survey.DisclosureState(state)
		e.At, err = parseTime(when)
		all[at[id]].Events = append(all[at[id]].Events, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, eachRow(ctx, tx, "SELECT disclosure_id, target, port FROM disclosure_systems ORDER BY disclosure_id, target, port", func(row *sql.Rows) error {
		var id string
		var sys survey.DisclosedSystem
		if err := row.Scan(&id, &sys.Target, &sys.Port); err != nil {
			return err
		}
		all[at[id]].Systems = append(all[at[id]].Systems, sys)
		return nil
	})
}

func eachRow(ctx context.Context, tx *sql.Tx, query string, each func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// LastDisclosure returns the newest disclosure to a recipient, by organisation
// in any case of its letters; of one survey where surveyID is not empty. The
// error for none has ErrNotFound in its chain.
func (s *Store) LastDisclosure(ctx context.Context, recipient, surveyID string) (survey.Disclosure, error) {
	all, err := s.Disclosures(ctx)
	if err != nil {
		return survey.Disclosure{}, err
	}
	var names []string
	for i := len(all) - 1; i >= 0; i-- {
		if surveyID != "" && all[i].SurveyID != surveyID {
			continue
		}
		if strings.EqualFold(all[i].Recipient, strings.TrimSpace(recipient)) {
			return all[i], nil
		}
		if !slices.Contains(names, all[i].Recipient) {
			names = append(names, all[i].Recipient)
		}
	}
	if len(names) == 0 {
		return survey.Disclosure{}, fmt.Errorf("a disclosure to %q %w in the survey store %s: there is none; run `leadglass disclose prepare` first", recipient, ErrNotFound, s.name)
	}
	return survey.Disclosure{}, fmt.Errorf("a disclosure to %q %w in the survey store %s; prepared are those to %s", recipient, ErrNotFound, s.name, strings.Join(names, ", "))
}

// RecordsOf returns the records of one target, an address or a name, in a
// survey; none where it was not found.
func (s *Store) RecordsOf(ctx context.Context, surveyID, target string) ([]survey.Record, error) {
	var list []survey.Record
	for r, err := range s.records(ctx, surveyID, "AND target = $2", target) {
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// SurveysAfter returns the surveys that started later than t, the newest first.
func (s *Store) SurveysAfter(ctx context.Context, t time.Time) ([]survey.Survey, error) {
	all, err := s.Surveys(ctx)
	for i := range all {
		if !all[i].StartedAt.After(t) {
			return all[:i], err
		}
	}
	return all, err
}
