package campaign

import (
	"context"
	"fmt"
	"iter"

	"leadglass/internal/survey"
	"leadglass/internal/suspect"
)

// Records are the findings of a survey in a store.
type Records interface {
	AppendRecords(ctx context.Context, records []survey.Record) error
	Records(ctx context.Context, surveyID string) iter.Seq2[survey.Record, error]
}

// Compare compares all findings of a survey with each other and stores those
// whose suspicion changes by it; it returns how many. It goes by the findings
// alone, so that it comes out the same however often the survey was
// interrupted, and may be repeated.
func Compare(ctx context.Context, store Records, surveyID string) (changed int, err error) {
	fleet := suspect.NewFleet()
	for r, err := range store.Records(ctx, surveyID) {
		if err != nil {
			return 0, err
		}
		fleet.Add(&r.Finding)
	}
	var batch []survey.Record
	flush := func() error {
		err := store.AppendRecords(ctx, batch)
		changed += len(batch)
		batch = batch[:0]
		return err
	}
	for r, err := range store.Records(ctx, surveyID) {
		if err != nil {
			return changed, err
		}
		if !fleet.Judge(&r.Finding) {
			continue
		}
		if batch = append(batch, r); len(batch) == saveMost {
			if err := flush(); err != nil {
				return changed, fmt.Errorf("saving suspicions: %w", err)
			}
		}
	}
	if err := flush(); err != nil {
		return changed, fmt.Errorf("saving suspicions: %w", err)
	}
	return changed, nil
}
