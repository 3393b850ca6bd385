package census

import (
	"fmt"

	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// sweeper counts an archive in windows that are made smaller until no answer
// is cut.
type sweeper struct {
	*counter
	// longest is the longest answer seen of each shape. A list that is cut
	// without notice is as long as the cap, and so no shorter than any other:
	// only answers that are shorter than another are taken as complete.
	longest [shapes]int64
	// density is the number of studies a day in the windows counted last.
	density float64
	wide    int64
	// take counts a response, light leaves out keys that only sums need.
	take  func(dimse.Match) bool
	light bool

	total sums
	// inside is the number of responses in their windows, duplicates that of
	// responses that repeated a study.
	inside, duplicates int64
	ignored            string // windows are not honoured, and why
	failed             string // the sweep ended early, and why
	cutDays            int64  // days whose studies were counted by time only
	dense              int64  // windows that could not be made smaller
	blind              int64  // windows whose answer held no study of theirs
	broken             int64  // windows without an answer
	declinedNow        int    // windows declined since the last answer
	overfull           bool   // a window had more studies than could be remembered
}

func newSweeper(c *counter, whole answer) *sweeper {
	s := &sweeper{counter: c, wide: 4, take: c.t.takeLeaf}
	if whole.end == broken {
		s.wide = 32 // every window that is too wide costs an association
	}
	return s
}

// countWindows counts in windows, after the whole list was cut.
func (c *counter) countWindows(whole answer) {
	listed := c.t.sums()
	s := newSweeper(c, whole)
	// What was listed shows where the studies lie.
	plan := c.t.days.plan(max(1, c.t.days.n/8))
	if len(plan) == 1 { // all days in one range begin in 1900, see dates
		plan = plan[0].cut(radiography)
	}
	for _, w := range plan {
		s.visit(w)
	}
	if s.total.studies < c.t.whole.studies && s.ignored == "" && !c.spent() {
		s.ignored = "the archive does not list studies by ranges of dates"
		s.daily()
	}
	sum := s.total
	sum.add(&c.t.datelessSums)
	if sum.studies < listed.studies { // windows lack what the list had
		sum = listed
	}
	c.t.duplicates = s.duplicates
	if c.o.Mode == ModeBudget && c.out.incomplete != "" && c.estimate(c.out.incomplete, 0) {
		return
	}
	reason := s.gap()
	if reason == "" {
		sum, reason = s.dateless(whole, sum)
	}
	if reason == "" {
		c.take(&sum, survey.ExactCount(sum.studies, source))
		return
	}
	if whole.end != complete {
		reason = whole.why + "; " + reason
	}
	c.take(&sum, survey.AtLeast(sum.studies, source, reason))
}

// gap says why the windows may lack studies, or is empty.
func (s *sweeper) gap() string {
	switch {
	case s.failed != "":
		return s.failed
	case s.ignored != "":
		return s.ignored
	case s.broken > 0:
		return fmt.Sprintf("%d date windows got no answer", s.broken)
	case s.blind > 0:
		return fmt.Sprintf("%d date windows list only studies that lie outside of them", s.blind)
	case s.dense > 0:
		return fmt.Sprintf("%d windows of one second are longer than the archive lists", s.dense)
	case s.cutDays > 0:
		return fmt.Sprintf("on %d days with more studies than the archive lists, those without a time cannot be seen", s.cutDays)
	case s.overfull:
		return "studies that are listed twice cannot be detected in lists this long"
	}
	return ""
}

// done reports whether the sweep should end.
func (s *sweeper) done() bool {
	switch {
	case s.failed != "" || s.ignored != "":
		return true
	case s.spent():
		s.failed = s.limit()
		s.out.incomplete = s.failed
	case s.overdone():
		s.failed = reasonOverdone
	case s.link.lost():
		s.failed = "the archive no longer answers"
		s.out.incomplete = s.failed
	}
	return s.failed != ""
}

// visit counts a window, in parts if need be.
func (s *sweeper) visit(w window) {
	if s.done() {
		return
	}
	s.t.leaf.reset()
	s.t.part = sums{}
	ans := s.ask(w)
	got := s.t.got
	if s.ignored != "" || s.failed != "" {
		return
	}
	shape := w.shape()
	short := ans.raw < smallestCap || ans.raw < s.longest[shape]
	s.longest[shape] = max(s.longest[shape], ans.raw)
	if ans.end == complete && short && !s.t.leaf.full {
		s.commit(w, got)
		return
	}
	if ans.end == stopped {
		s.commit(w, got)
		return
	}
	if w.shape() == dateShape && w.days() == 1 {
		s.countDay(w, ans, got)
		return
	}
	if !s.divides(w, got, ans) {
		s.blind++
		s.commit(w, got)
		return
	}
	parts := s.parts(w, ans)
	if len(parts) == 0 {
		s.dense++
		s.commit(w, got)
		return
	}
	for _, p := range parts {
		s.visit(p)
	}
}

// ask sends the query for a window, a second time if the association broke
// before anything came.
func (s *sweeper) ask(w window) answer {
	for attempt := 0; ; attempt++ {
		s.t.begin(w)
		ans := s.list(w.keys(s.extra, s.light), s.take)
		switch {
		case !s.t.tolerable():
			s.ignored = "the archive ignores the " + w.shape().String() + " of a query"
			s.noRanges = s.noRanges || w.shape() == dateShape
		case ans.end == declined && s.declines && s.fit(w):
			continue
		case s.unanswered(ans):
			s.failed = "it declines windows however small they are"
		case ans.end == refused || ans.end == declined && !s.declines:
			s.failed = ans.why
		case ans.end == broken && ans.raw == 0 && attempt == 0 && !s.link.lost():
			continue
		case ans.end == broken && ans.raw == 0:
			s.broken++
		}
		return ans
	}
}

// unanswered reports whether the archive declines windows however small they
// are: a path from all days down to a second has fewer, and where a few seconds
// were declined and nothing was ever listed, more of them show nothing.
func (s *sweeper) unanswered(ans answer) bool {
	const most = 40
	s.fitted = s.fitted || ans.raw > 0
	if ans.raw > 0 || ans.end == complete {
		s.declinedNow = 0
	} else if ans.end == declined || ans.end == cut {
		s.declinedNow++
	}
	return s.declinedNow > most || !s.fitted && s.dense > 2
}

// commit adds the window just counted to the total.
func (s *sweeper) commit(w window, got gotten) {
	s.total.add(&s.t.part)
	s.inside += got.inside
	s.duplicates += got.duplicates
	s.overfull = s.overfull || s.t.leaf.full
	s.known = max(s.known, s.total.studies)
	if w.shape() == dateShape {
		s.density = float64(got.inside) / float64(w.days())
	}
}

// divides reports whether the parts of a window may show more than its answer
// did: not where that held no study of the window. A broken answer holds none
// for another reason, and windows open to one side are cut at their corners.
func (c *counter) divides(w window, got gotten, ans answer) bool {
	_, corner := w.corner(dayOf(c.today()))
	return got.inside > 0 || ans.raw == 0 || w.shape() != dateShape || corner
}

// parts divides a window so that each part is likely to be short enough.
func (s *sweeper) parts(w window, ans answer) []window {
	if w.shape() == suffixShape {
		return w.suffixes()
	}
	n := s.wide
	length := ans.raw
	if length == 0 { // declined: as long as the longest that was not
		length = s.longest[dateShape]
	}
	if s.density > 0 && length > 0 {
		n = int64(s.density*float64(w.days())/(0.6*float64(length))) + 1
		n = max(2, min(n, 4*s.wide))
	}
	return w.split(n, dayOf(s.today()))
}

// countDay counts a day whose list was cut, or may have been, by time: what
// the day's list held and what its parts hold counts once.
func (s *sweeper) countDay(w window, whole answer, day gotten) {
	before := s.t.part.studies
	inside := s.cells(w.split(4, 0))
	found := s.t.part.studies - before
	if whole.end == complete && found == 0 && inside >= day.inside && !s.done() {
		s.commit(w, day) // the day's list was complete after all
		return
	}
	s.cutDays++
	if inside < day.inside || !s.t.sawTime {
		s.modalities(w)
	}
	s.commit(w, gotten{inside: s.t.part.studies, duplicates: 0})
}

// cells counts parts of a day into the same sums and the same set.
func (s *sweeper) cells(windows []window) (inside int64) {
	for _, w := range windows {
		if s.done() {
			return inside
		}
		ans := s.ask(w)
		got := s.t.got
		short := ans.raw < smallestCap || ans.raw < s.longest[timeShape]
		s.longest[timeShape] = max(s.longest[timeShape], ans.raw)
		if ans.end == complete && short {
			inside += got.inside
			continue
		}
		parts := w.split(4, 0)
		if len(parts) == 0 {
			s.dense++
			inside += got.inside
			continue
		}
		inside += s.cells(parts)
	}
	return inside
}

// modalities adds what the day holds of each modality, up to the cap.
func (s *sweeper) modalities(w window) {
	for i, m := range modalityCodes {
		if s.done() {
			return
		}
		if i == otherModality || s.t.part.modalities[i] == 0 {
			continue
		}
		w.modality = m.code
		s.ask(w)
	}
	if s.ignored != "" && !s.noRanges { // modality is optional
		s.ignored = ""
	}
}

// daily counts day by day an archive that knows single dates but no ranges,
// around the days that its list showed.
func (s *sweeper) daily() {
	const most = 4000 // queries
	s.total, s.inside, s.duplicates = sums{}, 0, 0
	first, last, ok := s.t.days.span()
	if !ok {
		return
	}
	why := s.ignored
	s.ignored = ""
	for d, n := first.dicom(), 0; dayOf(d) <= last && n < most; d, n = d+1, n+1 {
		s.visit(window{from: dayOf(d), to: dayOf(d)})
	}
	s.ignored = why
}

// dateless settles whether studies without a date are missing in sum, which
// holds all that have one. It asks by the last digits of the UID, which takes
// in every study where the archive understands it, and else for empty dates.
func (s *sweeper) dateless(whole answer, sum sums) (sums, string) {
	const most = 3000 // queries
	unseen := "the archive cuts its whole list, so studies without a date cannot be seen"
	if s.extra&datedExtra != 0 {
		unseen = "the archive answers only queries that name a date, so studies without one cannot be seen"
	}
	refused := false
	if s.extra&datedExtra == 0 && (s.longest[dateShape] == 0 || sum.studies/s.longest[dateShape] <= most/20) {
		dated := s.total
		u := newSweeper(s.counter, answer{})
		budget := s.link.queries + most
		for _, w := range (window{}).suffixes() {
			if s.link.queries > budget {
				break
			}
			u.visit(w)
		}
		if u.gap() == "" && u.total.studies >= dated.studies {
			all := u.total
			all.add(&s.t.datelessSums)
			return all, ""
		}
		refused = u.failed != "" && u.total.studies == 0
	}
	if !s.emptyDates(refused && whole.end == cut && s.o.ListsEmptyDates != nil && s.o.ListsEmptyDates(whole.final)) {
		return sum, unseen
	}
	sum = s.total
	sum.add(&s.t.datelessSums)
	return sum, ""
}

// emptyDates counts the studies with an empty date by an open range of dates,
// in archives that compare dates as text: there an empty date comes before
// "0". It reports whether it could. That dates are compared as text is seen by
// a range from "19" to "21", which is none of dates. An archive whose range
// lists a study without a date is believed; of one that lists none it must be
// known that it would have (docs/census.md).
func (s *sweeper) emptyDates(known bool) bool {
	if s.spent() || s.link.lost() {
		return false
	}
	s.t.begin(window{text: "19-21"})
	byText := false
	s.list(s.t.window.keys(s.extra, true), func(m dimse.Match) bool {
		s.t.takeCheck(m)
		byText = s.t.row.dated
		return false
	})
	if !byText || s.spent() {
		return false
	}
	s.t.leaf.reset()
	w := window{text: "-0"}
	s.t.begin(w)
	ans := s.list(w.keys(s.extra, false), s.t.takeLeaf)
	return ans.end == complete && s.t.got.inside == 0 && s.t.nameless == 0 &&
		(ans.raw < smallestCap || ans.raw < s.longest[dateShape]) &&
		(known || s.t.got.undated > 0)
}
