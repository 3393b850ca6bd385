package campaign_test

import (
	"testing"

	"leadglass/internal/campaign"
	"leadglass/internal/survey"
)

// TestSumsSayHowGoodTheyAre: a sum with an unknown part or of a survey that is not
// whole is a lower bound, and the qualities of images count like those of studies.
func TestSumsSayHowGoodTheyAre(t *testing.T) {
	exact, unknown := survey.ExactCount(5, ""), survey.Count{Quality: survey.UnknownQuality}
	for name, c := range map[string]struct {
		counts                      survey.Counts
		studies, images, accessible survey.Quality
		inPart                      int64
	}{
		"exact":              {survey.Counts{Studies: exact, ImagesLinked: exact, ImagesAccessible: exact}, survey.Exact, survey.Exact, survey.Exact, 0},
		"accessible unknown": {survey.Counts{Studies: exact, ImagesLinked: exact, ImagesAccessible: unknown}, survey.Exact, survey.Exact, survey.LowerBound, 1},
		"images bounded":     {survey.Counts{Studies: exact, ImagesLinked: survey.AtLeast(5, "", "a cap"), ImagesAccessible: exact}, survey.Exact, survey.LowerBound, survey.Exact, 1},
		"studies estimated":  {survey.Counts{Studies: survey.EstimateOf(5, 3, 9, 0.95, "", ""), ImagesLinked: exact, ImagesAccessible: exact}, survey.Estimated, survey.Exact, survey.Exact, 1},
	} {
		var p campaign.Progress
		p.Add(survey.Finding{Verdict: survey.OpenImages, Counts: c.counts})
		if a, b, d := p.OfStudies.Of(true), p.OfImages.Of(true), p.OfAccessible.Of(true); a != c.studies || b != c.images || d != c.accessible || p.CountedInPart.Load() != c.inPart {
			t.Errorf("%s: %s, %s, %s, %d in part", name, a, b, d, p.CountedInPart.Load())
		}
		if q := p.OfStudies.Of(false); q != survey.LowerBound {
			t.Errorf("%s: of a survey that is not whole %s", name, q)
		}
	}
}
