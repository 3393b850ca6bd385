package content

import "leadglass/dicom"

// NoSecond is the Second of a study without date.
const NoSecond = -1

// Study is one study.
type Study struct {
	// Index numbers the studies of an archive from 0.
	Index int64
	// Dated is false for studies without date and time.
	Dated bool
	Date  dicom.Date
	// Second is the time of day in seconds.
	Second int
	// Images is at least 1.
	Images int64
	// Modality is an index of Modalities.
	Modality uint8
	// Online is false when the images cannot be retrieved at once.
	Online bool
}

// Series is the number of series of the study.
func (s *Study) Series() int64 {
	return min(s.Images, 1+int64(mix(0x5E41E5, uint64(s.Index))%4))
}

// SeriesImages is the number of images of series n, counted from 0.
func (s *Study) SeriesImages(n int64) int64 {
	k := s.Series()
	return s.Images*(n+1)/k - s.Images*n/k
}

// Times of day between which studies are made, in seconds.
const (
	opens  = 7 * 3600
	closes = 19 * 3600
)

// Cursor goes through studies in order of their numbers, which in a segment is
// the order of date and time. It allocates nothing.
type Cursor struct {
	a      *Archive
	window Window
	seg    int

	next, end int64 // numbers still to come of this segment
	// The day of study next-1: its studies are dayStart to dayEnd.
	day              dicom.Date
	weight           int64 // weightBefore(day+1)
	dayStart, dayEnd int64
	// The block of study next-1.
	part  *imagePart
	block block
}

// Cursor returns a cursor over the studies in w.
func (a *Archive) Cursor(w Window) Cursor {
	return Cursor{a: a, window: w, seg: -1}
}

// Next stores the next study in s; false at the end.
func (c *Cursor) Next(s *Study) bool {
	for c.next >= c.end {
		if !c.nextSegment() {
			return false
		}
	}
	i := c.next
	c.next++
	c.fill(i, s)
	return true
}

func (c *Cursor) nextSegment() bool {
	c.seg++
	if c.seg >= len(c.a.segments) {
		return false
	}
	seg := &c.a.segments[c.seg]
	c.next, c.end = seg.within(c.window)
	c.startDay(seg, max(c.window.From, seg.first))
	return true
}

// startDay sets the cursor to day d of seg.
func (c *Cursor) startDay(seg *segment, d dicom.Date) {
	if seg.undated || seg.n == 0 || c.next == c.end {
		return
	}
	before := seg.weightBefore(d)
	c.day, c.weight = d, before+seg.weight(d)
	c.dayStart, c.dayEnd = seg.base+seg.at(before), seg.base+seg.at(c.weight)
}

// fill stores study i, which must not lie before the cursor's day, in s.
func (c *Cursor) fill(i int64, s *Study) {
	seg := &c.a.segments[c.seg]
	s.Index = i
	if s.Dated = !seg.undated; s.Dated {
		for i >= c.dayEnd {
			c.day++
			c.weight += seg.weight(c.day)
			c.dayStart, c.dayEnd = c.dayEnd, seg.base+seg.at(c.weight)
		}
		s.Date = c.day
		n := c.dayEnd - c.dayStart
		const span = closes - opens
		jitter := int64(mix(c.a.spec.Seed^0x71ED, uint64(i)) % span)
		s.Second = opens + int((span*(i-c.dayStart)+jitter)/n)
	} else {
		s.Date, s.Second = 0, NoSecond
	}
	c.fillImages(i, s)
}

func (c *Cursor) fillImages(i int64, s *Study) {
	part := &c.a.online
	if s.Online = i >= part.base; !s.Online {
		part = &c.a.offline
	}
	j := i - part.base
	if b := j / blockSize; part != c.part || b != c.block.number {
		c.part, c.block = part, part.block(b)
	}
	s.Images = c.block.images(j % blockSize)
	s.Modality = c.block.modality(j % blockSize)
	if c.a.spec.QA {
		s.Modality = qaModality
	}
}

// Study returns study i in O(log days).
func (a *Archive) Study(i int64) (s Study, ok bool) {
	if i < 0 || i >= a.Studies() {
		return s, false
	}
	for k := range a.segments {
		seg := &a.segments[k]
		if i >= seg.base+seg.n {
			continue
		}
		c := Cursor{a: a, seg: k, next: i, end: i + 1}
		c.startDay(seg, seg.dayOf(i))
		c.fill(i, &s)
		return s, true
	}
	return s, false
}

// dayOf finds the day of study i by bisection.
func (s *segment) dayOf(i int64) dicom.Date {
	low, high := s.first, s.last
	for low < high {
		mid := low + (high-low)/2
		if s.base+s.at(s.weightBefore(mid+1)) > i {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}
