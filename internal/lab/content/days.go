package content

import "leadglass/dicom"

// weekday is how busy a day of the week is; index 0 is a Thursday, the day of
// dicom.Date 0.
var weekday = [7]int64{6, 6, 2, 1, 6, 7, 6}

// segment is a run of studies, numbered from base, spread over a range of
// days. The weight of a day is its weekday's times a factor that doubles over
// the range: archives grow.
type segment struct {
	base, n     int64
	first, last dicom.Date
	// total is the weight of the whole range.
	total   int64
	undated bool
}

func newSegment(base, n int64, first, last dicom.Date) segment {
	s := segment{base: base, n: n, first: first, last: last}
	s.total = s.weightBefore(last + 1)
	return s
}

func (s *segment) span() int64 { return int64(s.last-s.first) + 1 }

// weight is the weight of day d of the range.
func (s *segment) weight(d dicom.Date) int64 {
	return weekday[mod7(d)] * (s.span() + int64(d-s.first))
}

func mod7(d dicom.Date) int64 {
	m := int64(d) % 7
	if m < 0 {
		m += 7
	}
	return m
}

// weightBefore is the sum of weight over the days of the range before d, in
// closed form: the days of one weekday form an arithmetic progression.
func (s *segment) weightBefore(d dicom.Date) int64 {
	d = min(max(d, s.first), s.last+1)
	days := int64(d - s.first)
	var sum int64
	for r := range min(days, 7) {
		m := (days-r-1)/7 + 1 // days first+r, first+r+7, … before d
		arithmetic := m*(s.span()+r) + 7*(m*(m-1)/2)
		sum += weekday[mod7(s.first+dicom.Date(r))] * arithmetic
	}
	return sum
}

// at is how many studies of s lie before the day whose weightBefore is w.
func (s *segment) at(w int64) int64 { return s.n * w / s.total }

// Window is a range of study dates.
type Window struct {
	// From and To are inclusive.
	From, To dicom.Date
	// Undated includes the studies without a date.
	Undated bool
}

// The ends of the calendar as DICOM can write it.
var (
	FirstDate = dicom.DateOf(1, 1, 1)
	LastDate  = dicom.DateOf(9999, 12, 31)
)

// Everything is the window that holds every study.
func Everything() Window { return Window{From: FirstDate, To: LastDate, Undated: true} }

// Count is the number of studies in w. It costs no iteration.
func (a *Archive) Count(w Window) int64 {
	var n int64
	for i := range a.segments {
		from, to := a.segments[i].within(w)
		n += to - from
	}
	return n
}

// within returns the numbers of the studies of s in w: from inclusive, to
// exclusive.
func (s *segment) within(w Window) (from, to int64) {
	switch {
	case s.undated && w.Undated:
		return s.base, s.base + s.n
	case s.undated, w.To < s.first, w.From > s.last, w.To < w.From, s.n == 0:
		return s.base, s.base
	}
	return s.base + s.at(s.weightBefore(w.From)), s.base + s.at(s.weightBefore(w.To+1))
}

// Holds reports whether study s lies in w.
func (w Window) Holds(s *Study) bool {
	if !s.Dated {
		return w.Undated
	}
	return s.Date >= w.From && s.Date <= w.To
}
