package compare_test

import (
	"bytes"
	"strings"
	"testing"

	"leadglass/internal/compare"
	"leadglass/internal/survey"
)

// TestUnfinishedIsNoTotal: the figures of a survey that is not whole are lower
// bounds in a comparison and in a trend.
func TestUnfinishedIsNoTotal(t *testing.T) {
	for _, state := range []survey.State{survey.StateFinished, survey.StateInterrupted} {
		now := base(func(v *survey.Survey) { v.State = state })
		f, err := compare.NewFrame(base(nil), now, judge)
		if err != nil {
			t.Fatal(err)
		}
		sum := compare.NewComparison(f)
		c, _ := f.Target([]survey.Facts{at(104, "open")}, []survey.Facts{at(104, "open")})
		sum.Add(c)
		r := compare.Publish(sum, 1)
		quality := r.LikeForLike.StudyRecords.Now.Quality
		if before := r.InAll.StudyRecords.Before.Quality; before != survey.Exact || (quality == survey.Exact) != (state == survey.StateFinished) || r.InAll.StudyRecords.Now.Quality != quality {
			t.Errorf("%s: before %s, now %s", state, before, quality)
		}
		var b bytes.Buffer
		if err := compare.WriteText(&b, r, nil); err != nil || strings.Contains(b.String(), "≥ 100") == (state == survey.StateFinished) {
			t.Errorf("%s: %v\n%s", state, err, b.String())
		}
	}
}
