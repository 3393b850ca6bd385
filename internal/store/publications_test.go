package store_test

import (
	"context"
	"slices"
	"testing"

	"leadglass/internal/survey"
)

// testPublications: a survey has one threshold, which its first publication
// fixes; surveys keep the order of theirs.
func testPublications(t *testing.T, e engine) {
	ctx := context.Background()
	s := open(t, e.empty(t))
	var ids []string
	for _, name := range []string{"one", "two", "three"} {
		v, err := s.CreateSurvey(ctx, survey.Survey{Name: name, StartedAt: started})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	for i, step := range []struct {
		least     int64
		of        []string
		otherwise int64
	}{
		{1, ids[1:2], 0}, {3, ids[1:2], 0}, {3, ids[:2], 0}, {4, ids[1:2], 3}, {1, ids[1:2], 3},
		{5, ids[1:], 3}, // and nothing is kept of the third
		{5, ids[2:], 0},
	} {
		kept, err := s.Publish(ctx, step.least, step.of...)
		if err != nil {
			t.Fatal(err)
		}
		if kept == nil && step.otherwise != 0 || kept != nil && kept.MinCount != step.otherwise {
			t.Errorf("step %d: %+v, want %d", i, kept, step.otherwise)
		}
	}
	got, err := s.Publications(ctx)
	if want := []survey.Publication{{SurveyID: ids[1], MinCount: 3}, {SurveyID: ids[0], MinCount: 3}, {SurveyID: ids[2], MinCount: 5}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("publications %+v, %v, want %+v", got, err, want)
	}
}
