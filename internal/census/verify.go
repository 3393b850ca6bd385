package census

import (
	"fmt"

	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// verdict is what checking a whole list came to.
type verdict uint8

const (
	// proven: nothing is missing in the list (docs/census.md says under which
	// assumptions).
	proven verdict = iota
	// truncated: the archive holds studies that the list lacks.
	truncated
	// unproven: neither could be shown.
	unproven
)

// smallestCap is the length below which no list is taken to be cut without a
// word.
const smallestCap = 10

// check is the check of a whole list.
type check struct {
	*counter
	// limit is the length of the list: parts as long as it prove nothing.
	limit int64
	// marked is how many studies of the list were found again.
	marked    int64
	truncated bool
	// ranges: a range of dates that holds studies was answered with them.
	ranges bool
	why    string
}

// verify checks a list that ended with status 0000 by asking for the same
// studies again in parts. An archive that cuts lists at some length returns
// parts that are shorter than the list in full; so a part with a study that
// the list lacks, or parts that find everything again, decide.
func (c *counter) verify(ans answer) (verdict, string) {
	n := c.t.listed()
	if n == 0 {
		return proven, ""
	}
	if v, why, ok := c.confirm(ans); ok {
		return v, why
	}
	c.t.seen.unmark()
	if c.t.seen.full {
		return c.recount(ans)
	}
	v := &check{counter: c, limit: ans.raw}
	if v.small() {
		v.byDate()
		if v.truncated {
			return truncated, ""
		}
		return proven, ""
	}
	covers := []struct {
		ask func() bool
		// anew: earlier covers do not count towards this one.
		anew bool
	}{{v.byDate, true}, {v.byModality, false}, {v.bySuffix, true}}
	for i, cover := range covers {
		if cover.anew {
			v.reset()
		}
		whole := v.marked == n
		accepted := cover.ask()
		switch {
		case v.truncated:
			return truncated, ""
		case c.spent() && v.marked < n:
			c.out.incomplete = c.limit()
			return unproven, "the list was not checked to its end: " + c.limit()
		case accepted && v.marked == n && (i > 0 || !survey.CouldBeLimit(v.limit)):
			return proven, ""
		case !accepted && i == 1 && whole:
			// All found again by date, and modalities are optional.
			return proven, ""
		case !accepted:
			v.reset()
		}
	}
	return unproven, v.explain()
}

// small reports whether the list is shorter than any archive cuts lists. It is
// still looked at by date, but in no smaller parts.
func (v *check) small() bool { return v.limit < smallestCap }

func (v *check) reset() {
	v.t.seen.unmark()
	v.marked = 0
}

func (v *check) explain() string {
	if v.why == "" && v.t.dateless.n > 0 {
		v.why = fmt.Sprintf("%d studies have no date", v.t.dateless.n)
	}
	if v.why == "" {
		v.why = "the archive does not list them in parts"
	}
	return "a list cut without notice cannot be ruled out: " + v.why
}

// byDate asks for the studies of all days in windows.
func (v *check) byDate() bool {
	const parts = 8
	largest := int64(v.t.leaf.room())
	for _, w := range v.t.days.plan(max(1, min(v.limit/parts, largest))) {
		if _, ok := v.part(w); !ok {
			return false
		}
	}
	return v.small() || v.ranges || v.tryRange()
}

// tryRange finds out whether the archive answers ranges of dates at all, by
// one with studies of which it takes the first: where every window with
// studies was a single day, the empty ones show nothing.
func (v *check) tryRange() bool {
	first, last, ok := v.t.days.span()
	if !ok {
		return v.t.whole.studies == 0
	}
	if first == last {
		last++
	}
	v.t.begin(window{from: first, to: last})
	v.list(v.t.window.keys(v.extra, true), func(m dimse.Match) bool {
		return v.t.takeCheck(m) && v.t.got.inside == 0
	})
	if v.t.got.fresh > 0 {
		v.truncated = true
		return false
	}
	if v.t.got.inside == 0 {
		v.noRanges, v.why = true, "the archive does not list studies by ranges of dates"
	}
	return v.t.got.inside > 0
}

// byModality asks for the studies of each modality, whatever their date: for
// those without one.
func (v *check) byModality() bool {
	const common = 24
	for i, m := range modalityCodes {
		named := v.t.whole.modalities[i]+v.t.datelessSums.modalities[i] > 0
		if i == otherModality || !named && i > common {
			continue
		}
		if _, ok := v.part(window{modality: m.code}); !ok {
			if v.why == "" {
				v.why = "the archive does not list them by date or modality"
			}
			return false
		}
	}
	return true
}

// bySuffix asks for the studies by the last digits of their UID, which is
// beyond the standard but takes in every study.
func (v *check) bySuffix() bool {
	for _, w := range (window{}).suffixes() {
		if _, ok := v.part(w); !ok {
			return false
		}
	}
	return true
}

// part asks for a window and looks its studies up in the whole list. ok says
// that the answer is complete and holds what the list led us to expect; inside
// is the number of responses in the window.
func (v *check) part(w window) (inside int64, ok bool) {
	switch {
	case v.spent():
		return 0, false
	case v.overdone():
		v.why = reasonOverdone
		return 0, false
	}
	expected := v.t.expected(w)
	if expected >= v.limit && !v.small() {
		return v.smaller(w, expected)
	}
	v.t.begin(w)
	ans := v.list(w.keys(v.extra, true), v.t.takeCheck)
	got := v.t.got
	v.marked += got.marked
	switch {
	case got.fresh > 0:
		v.truncated = true
		return 0, false
	case !v.t.tolerable():
		v.why = "the archive ignores the " + w.shape().String() + " of a query"
		return 0, false
	case ans.end == refused || ans.end == declined || ans.end == stopped:
		v.why = ans.why
		return 0, false
	case ans.end == complete && ans.raw == 0 && expected > 0:
		v.why = "the archive finds nothing by " + w.shape().String()
		v.noRanges = v.noRanges || w.from != w.to
		return 0, false
	case ans.end == complete && ans.raw < v.limit && got.inside >= expected:
		v.ranges = v.ranges || w.from != w.to && got.inside > 0
		return got.inside, true
	case v.small():
		return got.inside, true
	case !v.divides(w, got, ans):
		v.why = "a range of dates lists only studies that lie outside of it"
		return 0, false
	}
	return v.smaller(w, max(expected, got.inside))
}

// smaller asks for the parts of a window that could not be accepted. Together
// they must hold as many studies as the window did.
func (v *check) smaller(w window, expected int64) (inside int64, ok bool) {
	parts := w.split(2, dayOf(v.today()))
	if len(parts) == 0 || v.link.lost() {
		v.why = "the archive cuts lists that cannot be divided further"
		return 0, false
	}
	for _, p := range parts {
		n, ok := v.part(p)
		if !ok {
			return 0, false
		}
		inside += n
	}
	if inside < expected {
		v.why = fmt.Sprintf("%d studies of one day have no time", expected-inside)
		return 0, false
	}
	return inside, true
}

// recount checks a list that is too long to be remembered: it is counted once
// more in windows, each short enough that what comes twice is noticed, and the
// sum must be that of the list.
func (c *counter) recount(ans answer) (verdict, string) {
	t := &c.t
	listed := t.listedDated
	undated := t.datelessSums.studies
	s := newSweeper(c, ans)
	s.longest[dateShape], s.longest[timeShape] = ans.raw, ans.raw
	target := max(1, min(ans.raw/8, int64(t.leaf.room())))
	for _, w := range t.days.plan(target) {
		s.visit(w)
	}
	switch {
	case s.inside > listed:
		return truncated, ""
	case s.gap() != "" || s.inside < listed:
		return unproven, "the list was not confirmed in windows: " + s.gap()
	}
	t.whole, t.duplicates = s.total, t.duplicates+s.duplicates
	if undated > 0 {
		return unproven, fmt.Sprintf("%d studies have no date, and the list is too long to check them", undated)
	}
	return proven, ""
}
