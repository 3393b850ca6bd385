package campaign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"leadglass/internal/discover"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// recordUnresolved records that names of the scope led to no address, so that
// what was asked for and not surveyed is in the report.
func (c *Campaign) recordUnresolved(ctx context.Context, run *Run, unresolved map[string]error) error {
	if len(unresolved) == 0 {
		return nil
	}
	known, err := run.Store.KnownTargets(ctx, run.SurveyID)
	if err != nil {
		return err
	}
	var records []survey.Record
	for _, name := range slices.Sorted(maps.Keys(unresolved)) {
		why := unresolved[name]
		c.note(Noted, run.SurveyID, "%v; it was not surveyed", why)
		host := survey.Candidate{Host: name}
		record := run.NotReached(host, discover.Found{Err: why})
		if _, ok := known[store.KeyOf(host)]; !ok { // else it is in the progress already
			run.Progress.Add(record.Finding)
		}
		records = append(records, record)
	}
	return run.Store.AppendRecords(ctx, records)
}

// recordGivenUp records that hosts were found and could not be examined, because
// this program failed at it again and again. It returns how many.
func (c *Campaign) recordGivenUp(ctx context.Context, run *Run, each func(survey.Record) error) (int, error) {
	left, err := run.Store.Abandoned(ctx, run.SurveyID)
	if err != nil || len(left) == 0 {
		return 0, err
	}
	why := errors.New("it was found, but this program failed to examine it; --log-level warn says how")
	var records []survey.Record
	for _, f := range left {
		records = append(records, run.NotReached(f.Candidate, discover.Found{Err: why}))
	}
	if err := run.Store.AppendRecords(ctx, records); err != nil {
		return 0, err
	}
	for _, r := range records {
		run.Progress.Add(r.Finding)
		if err := each(r); err != nil {
			return 0, err
		}
	}
	return len(left), nil
}

// recordsBefore adds the hosts of earlier runs of a survey to the progress, so
// that it and the summary are those of the whole survey, and calls each for them.
func recordsBefore(ctx context.Context, db *store.Store, id string, p *Progress, each func(survey.Record) error) error {
	for r, err := range db.Records(ctx, id) {
		if err != nil {
			return fmt.Errorf("reading what survey %s has done: %w", id, err)
		}
		p.Add(r.Finding)
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}
