package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"leadglass/internal/discover"
	"leadglass/internal/pipeline"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// recordUnresolved records that names of the scope led to no address, so that
// what was asked for and not surveyed is in the report.
func (a *app) recordUnresolved(ctx context.Context, run *pipeline.Run, unresolved map[string]error) error {
	var records []survey.Record
	for _, name := range slices.Sorted(maps.Keys(unresolved)) {
		why := unresolved[name]
		a.note("leadglass: %v; it was not surveyed", why)
		c := survey.Candidate{Host: name}
		result := run.Unreachable(c, discover.Found{Err: why})
		if run.Done == nil || !run.Done(c) { // else it is in the progress already
			run.Progress.Add(result.Finding)
		}
		records = append(records, survey.Record{SurveyID: run.SurveyID, Finding: result.Finding})
	}
	if len(records) == 0 {
		return nil
	}
	if err := run.Saver.AppendRecords(ctx, records); err != nil {
		return fmt.Errorf("saving results: %w", err)
	}
	return nil
}

// recordsBefore adds the hosts of earlier runs of a survey to the progress, so
// that it and the summary are those of the whole survey.
func recordsBefore(ctx context.Context, db *store.Store, id string, p *pipeline.Progress) error {
	for r, err := range db.Records(ctx, id) {
		if err != nil {
			return fmt.Errorf("reading what survey %s has done: %w", id, err)
		}
		p.Add(r.Finding)
	}
	return nil
}
