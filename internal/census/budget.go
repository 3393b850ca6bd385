package census

import (
	"fmt"
	"math"

	"leadglass/dicom"
	"leadglass/internal/survey"
)

// estimateSource is the route of an estimate.
const estimateSource = "c-find-study by days"

// estimates are the estimates of images that go with one of studies.
type estimates struct{ images, accessible survey.Count }

// estimate estimates what a limit kept from being counted, from days chosen at
// random; false when too few could be counted. listed is the length of the
// whole list as far as it came: shorter lists are not cut.
func (c *counter) estimate(why string, listed int64) bool {
	if c.noRanges || c.resume == nil || c.ctx.Err() != nil {
		return false
	}
	c.resume()
	c.t.left += c.o.MaxResponses / 2
	c.link.most = c.o.MaxQueries
	seen := c.t.sums()
	// Years that hardly any study is of are counted, the others sampled.
	first, last := dicom.DateOf(1995, 1, 1), c.today()
	if from, to, ok := c.t.days.span(); ok {
		first, last = min(first, dicom.DateOf(from.year(), 1, 1)), max(last, to.dicom())
	}
	s := newSweeper(c, answer{})
	s.longest[dateShape] = listed
	s.visit(window{from: firstDay, to: dayOf(first) - 1})
	s.visit(window{from: dayOf(last) + 1, to: lastDay})
	outside := tallyOf{s.total.studies, s.total.images, s.total.accessible}
	days := newDaySample(first, last, c.t.left-c.t.left/10, c.o.Seed)
	for !s.done() {
		i, d, ok := days.next()
		if !ok {
			break
		}
		before := s.total
		s.visit(window{from: dayOf(d), to: dayOf(d)})
		if s.done() {
			break // the day was not counted to its end
		}
		days.add(i, tallyOf{s.total.studies - before.studies, s.total.images - before.images, s.total.accessible - before.accessible})
	}
	c.out.incomplete = why
	if days.asked < int64(len(days.strata)) || s.ignored != "" {
		return false
	}
	why = fmt.Sprintf("%s; estimated from %d days chosen at random, without studies that have no date", why, days.asked)
	make := func(what func(tallyOf) int64, seen int64) survey.Count {
		e := days.estimate(what)
		extra := float64(what(outside))
		low := max(seen, int64(math.Floor(e.low+extra)))
		mid := max(low, int64(math.Round(e.mid+extra)))
		return survey.EstimateOf(mid, low, max(mid, int64(math.Ceil(e.high+extra))), confidence, estimateSource, why)
	}
	c.out.sums = seen
	c.out.studies = make(func(t tallyOf) int64 { return t.studies }, seen.studies)
	c.out.estimate = &estimates{
		images:     make(func(t tallyOf) int64 { return t.images }, seen.images),
		accessible: make(func(t tallyOf) int64 { return t.accessible }, seen.accessible),
	}
	return true
}
