package webcount

import (
	"fmt"
	"math"

	"leadglass/dicom"
	"leadglass/internal/survey"
)

// undatedLost is why a count that went by dates is a lower bound.
const undatedLost = "studies without a date lie in no range of dates, and whether there are more of them is unknown"

// prove finds out whether a list that came to its end is whole. Some archives
// cut their lists without a word, and for any offset: over all pages they give
// their limit and one more. So the days are divided into ranges with less than the list has, and of each the
// study after the last that is known is asked for: were the list cut, one
// range would have it. An answer that is as expected holds no study, so that
// the proof costs the archive's patients nothing but the controls, one study
// for each range, which show that the archive honours dates and offsets.
func (c *counter) prove() (cut bool, p proof) {
	known, undated := int64(len(c.seen)), c.sums.undated
	ranges := c.ranges(known)
	if ranges == nil { // all on one day, or without a date
		return survey.CouldBeLimit(known), proof{}
	}
	// Before the first day lies nothing, unless the archive compares dates as
	// text: then those without one come before all others.
	shown := false
	before := c.ask(ranges[0], 1, 0)
	if before.studies > 0 && before.fresh == 0 && before.dateless > 0 {
		shown = true
		before = c.ask(ranges[0], 1, undated)
	}
	if done, cut, p := unexpected(before); done {
		return cut, p
	}
	for _, w := range ranges[1:] {
		expected := c.sums.in(w)
		if expected == 0 {
			continue
		}
		control := c.ask(w, 1, expected-1)
		switch {
		case control.fresh > 0:
			return true, proof{}
		case control.why != "":
			return false, proof{why: control.why}
		case control.inside != 1:
			return false, proof{why: "the list was not confirmed: the archive does not list studies by ranges of dates and offsets"}
		}
		if done, cut, p := unexpected(c.ask(w, 1, expected)); done {
			return cut, p
		}
	}
	if undated > 0 && !shown && survey.CouldBeLimit(known) {
		return false, proof{why: undatedLost}
	}
	return false, proof{}
}

// unexpected judges an answer that should hold no study; done is false when it
// holds none.
func unexpected(a page) (done, cut bool, p proof) {
	switch {
	case a.inside > 0 || a.fresh > 0: // known or not, it is one more than there should be
		return true, true, proof{}
	case a.why != "":
		return true, false, proof{why: a.why}
	case a.studies != 0:
		return true, false, proof{why: "the list was not confirmed: the archive ignores the requested dates"}
	}
	return false, false, proof{}
}

// ranges divides all days: what lies before the first study, and then two or
// three ranges, each with fewer studies than the list has; nil where one day
// has all, or there is no day.
func (c *counter) ranges(known int64) []window {
	first, last, ok := c.sums.span()
	if !ok {
		return nil
	}
	half := c.sums.in(days(firstDay, lastDay)) / 2
	low := first // the day on which the first half of the studies ends
	for n := c.sums.days[low]; n < half && low < last; n += c.sums.days[low] {
		low++
	}
	all := []window{days(firstDay, first-1), days(first, low), days(low+1, lastDay)}
	if c.sums.in(all[1]) >= known && first < low {
		all = []window{all[0], days(first, low-1), days(low, low), all[2]}
	}
	for _, w := range all {
		if c.sums.in(w) >= known {
			return nil
		}
	}
	return all
}

// sweeper counts an archive in ranges of dates, each of which it can list.
type sweeper struct {
	*counter
	// cap is a length at which the archive cuts its lists, or below which it
	// does not: a shorter list is whole.
	cap int64
	// paging: the archive honours limits and offsets.
	paging bool
	// gaps is how many ranges could not be listed, why the first reason.
	gaps int64
	why  string
	// shown is how many studies without a date came in the first range.
	shown int64
	// inside is how many studies came in the windows that were accepted.
	inside int64
	// declined is how many windows were declined since the last answer.
	declined int
}

// sweep counts by ranges of dates what could not be listed as a whole.
func (c *counter) sweep(l listing) proof {
	s := &sweeper{counter: c, cap: max(l.studies, 1), paging: l.end == complete}
	if l.end == repeated {
		// Without offsets a list is whole where it is shorter than was asked
		// for, or than the longest that came.
		s.cap = l.first
		c.size = l.asked
	}
	if l.studies > int64(len(c.seen)) && s.paging {
		// Studies came twice: the order changes between pages, and only what
		// fits on one page is sure.
		s.paging, s.cap = false, l.asked
		c.size = l.asked
	}
	if c.declines { // and cuts no list
		s.cap, s.paging = math.MaxInt64, true
	}
	first, last, ok := c.sums.span()
	if !ok {
		first, last = dicom.DateOf(2000, 1, 1), dicom.DateOf(2000, 1, 1)
	}
	for i, w := range []window{days(firstDay, first-1), days(first, last), days(last+1, lastDay)} {
		if !s.visit(w, i == 0) {
			break
		}
	}
	switch {
	case c.spent():
		c.incomplete = c.limit()
		return proof{why: c.limit()}
	case s.why != "" && s.gaps > 1:
		return proof{why: fmt.Sprintf("%s (%d ranges of dates)", s.why, s.gaps)}
	case s.why != "":
		return proof{why: s.why}
	case c.unnamed > 0:
		return proof{why: fmt.Sprintf("%d answers name no study", c.unnamed)}
	case s.shown > 0 && s.shown >= c.sums.undated, c.o.ListsEmptyDates:
		return proof{}
	}
	return proof{why: undatedLost}
}

// visit counts a window, in parts where it is too long. false ends the sweep.
func (s *sweeper) visit(w window, open bool) bool {
	if s.spent() {
		return false
	}
	if s.paging && s.cap > 1 && !s.declines {
		// One study tells whether the list would reach the cap.
		p := s.ask(w, 1, s.cap-1)
		switch {
		case p.why != "":
			return s.gap(p.why)
		case p.studies > 0:
			return s.parts(w, open)
		}
	}
	l := s.list(w, pages{single: !s.paging, most: s.cap, part: true})
	switch {
	case l.end == stopped:
		return false
	case l.declined && s.declines:
		const most = 40 // more than from all days down to a second
		if s.declined++; s.declined > most {
			s.why = l.why + ", however small"
			return false
		}
		return s.parts(w, open)
	case l.end == refused:
		return s.gap(l.why)
	case l.studies > l.inside+l.dateless && l.inside*10 < l.studies*9:
		s.gap("the archive ignores the requested dates")
		return false
	case l.studies >= s.cap:
		return s.parts(w, open)
	case w.until == 0 && l.inside < s.sums.in(w):
		return s.gap("a range of dates lists fewer studies than are known of it")
	}
	s.declined = 0
	if open {
		s.shown += l.dateless
	}
	s.inside += l.inside
	return true
}

// parts counts the halves of a window.
func (s *sweeper) parts(w window, open bool) bool {
	halves := w.split()
	if halves == nil && s.declines {
		return s.gap("the archive declines to list the studies of one second")
	}
	if halves == nil {
		return s.gap(fmt.Sprintf("more studies in one second than the archive lists at once (%d)", s.cap))
	}
	before := s.inside
	for i, h := range halves {
		if !s.visit(h, open && i == 0) {
			return false
		}
	}
	if w.from == w.to && w.until == 0 && s.inside-before < s.sums.in(w) {
		return s.gap("studies of a day that is too long for one list have no time")
	}
	return true
}

// gap notes a window that could not be listed. A few do no harm; then the
// sweep ends.
func (s *sweeper) gap(why string) bool {
	const most = 5
	s.gaps++
	if s.why == "" {
		s.why = why
	}
	return s.gaps < most
}
