package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"leadglass/internal/survey"
)

// AppendRecords stores records in one transaction: all of them or, on an
// error, none. A record of a target that the survey has a record of already
// replaces it, so a target that was looked at twice counts once.
func (s *Store) AppendRecords(ctx context.Context, records []survey.Record) error {
	if len(records) == 0 {
		return nil
	}
	return s.Update(ctx, "storing findings in", func(t *Tx) error { return t.AppendRecords(ctx, records) })
}

// AppendRecords is that of the store, within the transaction.
func (t *Tx) AppendRecords(ctx context.Context, records []survey.Record) error {
	if len(records) == 0 {
		return nil
	}
	insert, err := t.SQL.PrepareContext(ctx, `INSERT INTO records
		(survey_id, target, port, host, verdict, grade, country, finding, sketch)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (survey_id, target, port) DO UPDATE SET
		host = excluded.host, verdict = excluded.verdict, grade = excluded.grade,
		country = excluded.country, finding = excluded.finding, sketch = excluded.sketch`)
	if err != nil {
		return err
	}
	defer insert.Close()
	facts, err := t.SQL.PrepareContext(ctx, `INSERT INTO facts (survey_id, target, port, facts)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (survey_id, target, port) DO UPDATE SET facts = excluded.facts`)
	if err != nil {
		return err
	}
	defer facts.Close()
	for i := range records {
		if err := t.store.appendRecord(ctx, insert, facts, &records[i], t.fresh); err != nil {
			return err
		}
	}
	return addTexts(ctx, t.SQL, t.fresh)
}

// appendRecord stores one record, and adds to fresh what its checks say of
// themselves where that is not stored yet.
func (s *Store) appendRecord(ctx context.Context, insert, insertFacts *sql.Stmt, r *survey.Record, fresh map[string]checkTexts) error {
	f := &r.Finding
	key, err := KeyOfRecord(r)
	if err != nil {
		return err
	}
	if err := f.Verdict.Validate(); err != nil {
		return fmt.Errorf("finding on %s: %w", key.Target, err)
	}
	text, err := s.compact(f, fresh)
	if err != nil {
		return fmt.Errorf("finding on %s: %w", key.Target, err)
	}
	facts, err := json.Marshal(survey.FactsOf(r))
	if err != nil {
		return fmt.Errorf("facts of the finding on %s: %w", key.Target, err)
	}
	country := ""
	if f.Owner != nil {
		country = f.Owner.Country
	}
	if _, err := insert.ExecContext(ctx, r.SurveyID, key.Target, key.Port, f.Target.Host,
		string(f.Verdict), string(f.Grade), country, string(text), r.StudySketch); err != nil {
		return err
	}
	_, err = insertFacts.ExecContext(ctx, r.SurveyID, key.Target, key.Port, string(facts))
	return err
}

// Records streams the records of a survey, in the order of their targets'
// text, as they were when the iteration began; memory does not grow with
// their number. An error ends the stream. The context must live as long as
// the iteration.
func (s *Store) Records(ctx context.Context, surveyID string) iter.Seq2[survey.Record, error] {
	return s.records(ctx, surveyID, "")
}

// records streams the records that a further condition holds for; its
// arguments count from $2.
func (s *Store) records(ctx context.Context, surveyID, condition string, args ...any) iter.Seq2[survey.Record, error] {
	return func(yield func(survey.Record, error) bool) {
		rows, err := s.read.QueryContext(ctx, "SELECT port, finding, sketch FROM records WHERE survey_id = $1 "+
			condition+" ORDER BY target, port", append([]any{surveyID}, args...)...)
		if err != nil {
			yield(survey.Record{}, s.explain("reading", err))
			return
		}
		defer rows.Close()
		// Reading the text of findings takes longer than all else that is done
		// with them. It is done ahead, on all processors.
		ahead := make(chan chan readRecord, 4*runtime.GOMAXPROCS(0))
		stop := make(chan struct{})
		var workers sync.WaitGroup
		workers.Go(func() { s.readAhead(ctx, rows, surveyID, ahead, stop, &workers) })
		defer workers.Wait()
		defer close(stop)
		for next := range ahead {
			r := <-next
			if r.err != nil {
				yield(survey.Record{}, s.explain("reading", r.err))
				return
			}
			if !yield(r.record, nil) {
				return
			}
		}
	}
}

// readRecord is a record, or why it could not be read.
type readRecord struct {
	record survey.Record
	err    error
}

// unread is a record of which the finding is still text, and where it goes.
type unread struct {
	record survey.Record
	text   []byte
	to     chan<- readRecord
}

// readAhead sends a channel for each of the rows, in their order, on which the
// record will come, until the rows or stop end. How many are on their way is
// what ahead holds.
func (s *Store) readAhead(ctx context.Context, rows *sql.Rows, surveyID string, ahead chan<- chan readRecord, stop <-chan struct{}, workers *sync.WaitGroup) {
	defer close(ahead)
	texts := make(chan unread, cap(ahead))
	defer close(texts)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for u := range texts {
				var err error
				u.record.Finding, err = s.expand(ctx, u.text)
				u.to <- readRecord{record: u.record, err: err}
			}
		})
	}
	send := func() (chan readRecord, bool) {
		next := make(chan readRecord, 1)
		select {
		case ahead <- next:
			return next, true
		case <-stop:
			return nil, false
		}
	}
	for rows.Next() {
		u := unread{record: survey.Record{SurveyID: surveyID}}
		err := rows.Scan(&u.record.RequestedPort, &u.text, &u.record.StudySketch)
		next, ok := send()
		if !ok {
			return
		}
		if err != nil {
			next <- readRecord{err: err}
			return
		}
		u.to = next
		texts <- u // a worker takes it: none waits for anything but texts
	}
	if err := rows.Err(); err != nil {
		if next, ok := send(); ok {
			next <- readRecord{err: err}
		}
	}
}

// KnownTargets returns the targets that the survey has a record of, or that are
// to be examined: a sweep passes over them.
func (s *Store) KnownTargets(ctx context.Context, surveyID string) (map[Key]struct{}, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT target, port FROM records WHERE survey_id = $1
		UNION ALL SELECT target, port FROM pending_hosts WHERE survey_id = $1`, surveyID)
	if err != nil {
		return nil, s.explain("reading", err)
	}
	defer rows.Close()
	known := make(map[Key]struct{})
	for rows.Next() {
		var k Key
		if err := rows.Scan(&k.Target, &k.Port); err != nil {
			return nil, s.explain("reading", err)
		}
		known[k] = struct{}{}
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("reading", err)
	}
	return known, nil
}
