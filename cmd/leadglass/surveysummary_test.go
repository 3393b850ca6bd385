package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"leadglass/internal/campaign"
	"leadglass/internal/survey"
)

// TestSummarySaysWhatIsABound: a figure with an unknown part is "at least", and a
// survey that is not whole has no exact total.
func TestSummarySaysWhatIsABound(t *testing.T) {
	for _, c := range []struct {
		state    survey.State
		text     []string
		accurate survey.Quality
	}{
		{survey.StateFinished, []string{"studies            40\n", "images linked      80\n", "images accessible  at least 0 (counted in part: 1 archive)\n"}, survey.Exact},
		{survey.StateInterrupted, []string{"studies            at least 40\n", "images linked      at least 80\n"}, survey.LowerBound},
	} {
		p := &campaign.Progress{}
		p.Add(survey.Finding{Verdict: survey.Open, Counts: survey.Counts{Studies: survey.ExactCount(40, ""),
			ImagesLinked: survey.ExactCount(80, ""), ImagesAccessible: survey.Count{Quality: survey.UnknownQuality}}})
		for _, asJSON := range []bool{false, true} {
			var out, notes bytes.Buffer
			v := newSurveyView(&app{out: &out, err: &notes}, asJSON)
			if err := v.summary(campaign.Result{Survey: survey.Survey{State: c.state}, Totals: p}, campaign.Options{Simulated: true}); err != nil {
				t.Fatal(err)
			}
			if asJSON {
				var s surveySummary
				if err := json.Unmarshal(out.Bytes(), &s); err != nil || s.StudiesQuality != c.accurate || s.ImagesQuality != c.accurate || s.AccessibleQuality != survey.LowerBound {
					t.Errorf("%s: %v in %s", c.state, err, out.String())
				}
				continue
			}
			for _, want := range c.text {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s: no %q in\n%s", c.state, want, out.String())
				}
			}
		}
	}
}

// TestStatusLineSaysWhatIsABound: the line of a running survey qualifies its sums.
func TestStatusLineSaysWhatIsABound(t *testing.T) {
	for _, c := range []struct {
		images survey.Count
		want   string
	}{
		{survey.ExactCount(80, ""), "studies 40, images linked 80"},
		{survey.AtLeast(80, "", "capped"), "studies 40, images linked at least 80"},
		{survey.EstimateOf(80, 70, 90, 0.95, "", "sampled"), "studies 40, images linked about 80"},
	} {
		p := &campaign.Progress{}
		p.Add(survey.Finding{Verdict: survey.Open, Counts: survey.Counts{Studies: survey.ExactCount(40, ""), ImagesLinked: c.images, ImagesAccessible: c.images}})
		if got := progressLine(p, 0, 0); !strings.HasSuffix(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
