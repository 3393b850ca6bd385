package examine

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// maxAssociations is how many associations a whole check takes at most.
const maxAssociations = 12

// species samples the species of the patients of an archive that answers
// queries, after it was counted, because the count says how to ask for little.
func (a *assessor) species(ctx context.Context, f *survey.Finding, queried []answering) assess.SpeciesSample {
	const mayTake = 2 // one, and one more where it is rejected for the moment
	if len(queried) == 0 || a.gate.Traffic().Associations+mayTake > maxAssociations {
		return assess.SpeciesSample{}
	}
	dates, ok := fewDates(&f.Counts)
	if !ok {
		return assess.SpeciesSample{}
	}
	q := queried[0]
	return assess.Species(ctx, a.session(f, &f.Services[q.service]), q.result.QueryModel(), dates)
}

// Limits of a sample: an archive that has to read a file for every study that
// matches shall not have to read many.
const (
	sampleAll  = 200 // studies: of so many, all may match
	sampleSome = 500 // studies that match by the count, about, where there are more
	daysOfYear = 365
)

// fewDates is a range of study dates that few of the counted studies are of;
// ok is false when the counts do not tell one.
func fewDates(c *survey.Counts) (dates string, ok bool) {
	studies, known := c.Studies.Int()
	switch {
	case !known || studies == 0:
		return "", false
	case studies <= sampleAll:
		return "", true
	}
	best, fewest := 0, int64(0)
	for text, n := range c.Years {
		year, err := strconv.Atoi(text)
		if err == nil && n > 0 && (best == 0 || n < fewest || n == fewest && year < best) {
			best, fewest = year, n
		}
	}
	if best == 0 {
		return "", false
	}
	days := int(min(daysOfYear, max(1, daysOfYear*sampleSome/fewest)))
	first := time.Date(best, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, (daysOfYear-days)/2)
	return fmt.Sprintf("%s-%s", first.Format("20060102"), first.AddDate(0, 0, days-1).Format("20060102")), true
}
