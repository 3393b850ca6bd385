package report_test

import (
	"strings"
	"testing"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// TestNotExaminedIsNoZero: targets that were not asked what they speak make the
// sums of a finished survey lower bounds, of all rows.
func TestNotExaminedIsNoZero(t *testing.T) {
	for _, left := range []bool{false, true} {
		a := report.NewAggregator(survey.Survey{State: survey.StateFinished})
		a.Add(survey.Record{Finding: survey.Finding{Verdict: survey.Open, Owner: &survey.Owner{Country: "AT"},
			Counts: survey.Counts{Studies: survey.ExactCount(7, ""), ImagesLinked: survey.ExactCount(9, ""), ImagesAccessible: survey.ExactCount(9, "")}}})
		f := survey.Finding{Verdict: survey.NotDICOM, Counts: survey.NotCounted("not examined")}
		if left {
			f.NotExamined = &survey.NotExamined{Network: "192.0.2.0/24", Examined: 16}
		}
		a.Add(survey.Record{Finding: f})
		got := a.Aggregate()
		for name, row := range map[string]report.Row{"total": got.Total, "AT": got.Countries["AT"], "without marks": got.Suspects.Rest, "marked": got.Suspects.Marked} {
			if row.StudyRecords.Part != left || row.ImagesLinked.Part != left || row.ImagesAccessible.Part != left {
				t.Errorf("not examined %v: the row %s is %+v", left, name, row)
			}
		}
		quality := survey.Exact
		if left {
			quality = survey.LowerBound
		}
		page := pageOf(t, report.Publish(got, 1))
		if said := strings.Contains(page, "numbers of systems and viewers are lower bounds"); said != left {
			t.Errorf("not examined %v: the caption says lower bounds: %v", left, said)
		}
		if public := report.Publish(got, 1); public.Totals.NumbersQuality != quality || strings.Contains(page, "at least 1 image archive") != left {
			t.Errorf("not examined %v: the numbers of archives are %s, want %s", left, public.Totals.NumbersQuality, quality)
		}
	}
}
