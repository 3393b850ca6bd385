package webcount

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"leadglass/dicom"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// source is the route of the counts made here.
const source = "qido-rs"

// statedSource is the route of a number that headers of an answer stated.
const statedSource = "qido-rs headers"

// counter is one count under way.
type counter struct {
	ctx      context.Context
	o        Options
	reader   reader
	unpacker unpacker
	// answered: a search was answered. named: any patient's name is matched.
	answered, named bool
	// form is how searches are written.
	form form
	// declines: the archive refuses searches that find too much.
	declines bool
	deadline time.Time
	// took is how long the last request took, requests how many were made.
	took     time.Duration
	requests int64
	// size is the limit of the next page.
	size int64
	// largest is the largest limit to ask for, allowed the largest that was
	// not refused.
	largest, allowed int64
	// longest is the longest page that came.
	longest int64
	// seen are the hashes of the studies counted; a study that comes twice is
	// counted once. Two are taken for one with a chance of n²/2⁶⁴.
	seen   map[uint64]struct{}
	sketch *privacy.Sketch
	sums   sums
	// unnamed is how many data sets came without a study instance UID.
	unnamed int64
	// incomplete says which limit, or which failure, ended the count.
	incomplete string
}

// sums are the totals of the studies seen.
type sums struct {
	images, atHand int64
	// unusable is how many studies state no number of images.
	unusable int64
	// undated is how many have no date.
	undated int64
	days    map[dicom.Date]int64
}

func (t *sums) add(s study) {
	switch {
	case s.images < 0:
		t.unusable++
	case s.away:
		t.images += s.images
	default:
		t.images += s.images
		t.atHand += s.images
	}
	if !s.dated {
		t.undated++
		return
	}
	t.days[s.date]++
}

// in is how many studies of a window of whole days are known.
func (t *sums) in(w window) (n int64) {
	for d, of := range t.days {
		if w.holds(study{dated: true, date: d}) {
			n += of
		}
	}
	return n
}

// span is the first and the last day with studies, inside the open ends.
func (t *sums) span() (first, last dicom.Date, ok bool) {
	for d := range t.days {
		if !ok || d < first {
			first = d
		}
		if !ok || d > last {
			last = d
		}
		ok = true
	}
	return max(first, firstDay+1), min(max(last, firstDay+1), lastDay-1), ok
}

// QIDO counts the studies of Options.Root by paging through them. It is the
// last resort, for an archive that answers no DICOM query and has no
// number-only route: each answer holds what identifies patients. What goes
// wrong with the archive is part of the result, not an error.
func QIDO(ctx context.Context, o Options) Result {
	o = o.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, o.MaxTime)
	defer cancel()
	c := &counter{ctx: ctx, o: o, size: firstPage, largest: largestPage, deadline: o.Now().Add(o.MaxTime),
		seen: map[uint64]struct{}{}, sketch: privacy.NewSketch(), sums: sums{days: map[dicom.Date]int64{}}}
	c.reader.key = o.SketchKey
	defer c.reader.scan.Wipe()
	quality := c.all()
	return c.result(quality)
}

// proof is what a count came to.
type proof struct {
	// none: there is no number at all, for the reason why.
	none bool
	// why says why the number is a lower bound; empty when it is exact.
	why string
	// total is how many studies there are as the archive states, where not all
	// of them were listed; 0 where it states nothing.
	total int64
}

// all counts the whole archive.
func (c *counter) all() proof {
	l := c.list(window{}, pages{})
	byDate := l.end == complete && l.studies == 0
	if byDate { // some archives answer only what names something
		l = c.list(days(firstDay, lastDay), pages{})
	}
	if byDate && l.end == complete && l.studies == 0 { // or any patient's name
		byDate, c.named = false, true
		if l = c.list(window{}, pages{}); l.end == complete && l.studies == 0 {
			return proof{}
		}
		if l.end == refused && len(c.seen) == 0 {
			return proof{why: "the list is empty, but one for any patient's name failed: " + l.why}
		}
	}
	p := c.judge(l)
	if byDate && p.why == "" {
		p.why = "the archive lists only studies that are requested by date"
	}
	return p
}

// judge finds out what a list of the whole archive is worth.
func (c *counter) judge(l listing) proof {
	known := int64(len(c.seen))
	switch {
	case l.declined && c.ask(days(c.today(), c.today()), 1, 0).why == "":
		c.declines = true
		return c.sweep(l)
	case l.end == refused && known == 0:
		return proof{none: true, why: l.why}
	case l.end == stopped || l.end == refused:
		c.incomplete = l.why
		return proof{why: l.why, total: l.total}
	case l.end == complete && c.unnamed > 0:
		return proof{why: fmt.Sprintf("%d answers name no study", c.unnamed)}
	case l.end == complete && l.total == l.studies && l.studies == known:
		return proof{} // the archive says itself how many there are
	case l.end == complete && !l.more && l.total <= l.studies && l.studies == known:
		if cut, p := c.prove(); !cut {
			return p
		}
	}
	return c.sweep(l)
}

// today is the date of the clock.
func (c *counter) today() dicom.Date {
	y, m, d := c.o.Now().UTC().Date()
	return dicom.DateOf(y, m, d)
}

// spent reports whether a limit of the count is reached.
func (c *counter) spent() bool {
	return c.ctx.Err() != nil || c.requests >= c.o.MaxRequests || int64(len(c.seen)) >= c.o.MaxStudies ||
		!c.o.Now().Before(c.deadline)
}

// limit names the limit that was reached.
func (c *counter) limit() string {
	switch {
	case int64(len(c.seen)) >= c.o.MaxStudies:
		return reasonStudies
	case c.requests >= c.o.MaxRequests:
		return "the limit on requests was reached"
	}
	return "the limit on time was reached"
}

// end says how a list ended.
type end uint8

const (
	// complete: the archive had no more to list.
	complete end = iota
	// repeated: the archive lists the same again for another offset.
	repeated
	// refused: the archive refused a page, or its answer could not be read.
	refused
	// stopped: a limit of ours was reached.
	stopped
)

// listing is what the list of a window came to.
type listing struct {
	end end
	// studies is how many came, inside and dateless as in page.
	studies, inside, dateless int64
	// total is how many there are as the archive states, or -1.
	total int64
	// more: the last page said that there are more.
	more bool
	// first is how many the first page held, asked how many it was to hold.
	first, asked int64
	// declined: nothing came because the search may ask for too much.
	declined bool
	why      string
}

// pages says how a window is listed.
type pages struct {
	// single asks for one page alone, of an archive that ignores
	// offsets.
	single bool
	// most ends the list where it becomes this long; 0 is no end.
	most int64
	// part: the window is part of what was listed before, so that its studies
	// may be known.
	part bool
}

// list lists a window page by page. The end is a page without a study: a
// shorter page may be all that the archive gives at once. Only where a longer
// page came before, a shorter one is taken for the last.
func (c *counter) list(w window, how pages) (l listing) {
	l.total = -1
	var before uint64
	for {
		if c.spent() {
			l.end, l.why = stopped, c.limit()
			return l
		}
		size := c.size
		p := c.ask(w, size, l.studies)
		if p.status == http.StatusBadRequest && size > leastPage {
			c.size = max(c.allowed, leastPage) // Microsoft's server refuses larger limits
			c.largest, size = c.size, c.size
			p = c.ask(w, size, l.studies)
		}
		if p.why == "" {
			c.allowed = max(c.allowed, size)
		}
		if l.studies == 0 {
			l.first, l.asked = p.studies, size
		}
		l.total = max(l.total, p.total)
		switch {
		case p.why != "" && !p.short:
			l.end, l.why = refused, p.why
			l.declined = l.studies == 0 && tooMuch(p.status)
			return l
		case l.studies > 0 && p.studies > 0 && (p.order == before || p.fresh == 0 && !how.part):
			l.end = repeated
			return l
		}
		l.studies, l.inside, l.dateless = l.studies+p.studies, l.inside+p.inside, l.dateless+p.dateless
		l.more = p.studies > 0 && p.more || p.studies == 0 && l.more
		last := how.part && p.studies < size && p.studies < c.longest
		c.longest = max(c.longest, p.studies)
		switch {
		case p.short:
			l.end, l.why = refused, p.why
			if c.spent() {
				l.end = stopped
			}
			return l
		case p.studies == 0, l.studies == l.total, how.single, last, how.most > 0 && l.studies >= how.most:
			return l
		}
		if before != 0 { // two pages of one size tell whether offsets are honoured
			c.resize(p.studies)
		}
		before = p.order
	}
}

// resize chooses the size of the next page by how long the last one took.
func (c *counter) resize(got int64) {
	switch {
	case got >= c.size && c.took < 300*time.Millisecond:
		c.size = min(2*c.size, c.largest)
	case c.took > 2*time.Second:
		c.size = max(c.size/2, leastPage)
	}
}

// result puts the outcome into the form of a finding.
func (c *counter) result(p proof) Result {
	r := Result{Requests: c.requests, Incomplete: c.incomplete}
	if p.none {
		r.Counts = survey.NotCounted(p.why)
		return r
	}
	of := func(n int64, why string) survey.Count {
		if why == "" {
			return survey.ExactCount(n, source)
		}
		return survey.AtLeast(n, source, why)
	}
	why := p.why
	if why == "" && c.sums.unusable > 0 {
		why = fmt.Sprintf("%d studies come without a usable number of images", c.sums.unusable)
	}
	studies := of(int64(len(c.seen)), p.why)
	if p.total > int64(len(c.seen)) {
		studies = survey.ExactCount(p.total, statedSource)
	}
	r.Counts = survey.Counts{
		Studies:      studies,
		ImagesLinked: of(c.sums.images, why),
		Patients:     survey.UnknownCount("QIDO-RS lists patients only with what identifies them"),
	}
	r.Counts.ImagesAccessible = c.o.accessible(of(c.sums.atHand, why))
	if len(c.seen) == 0 {
		return r
	}
	r.Counts.Years = c.sums.years(c.o.Now().UTC().Year())
	if b, err := c.sketch.Bytes(); err == nil {
		r.Sketch = b
	}
	return r
}

// years is the number of studies by year; "none" without a usable date,
// "other" for years that no study can be of.
func (t *sums) years(now int) map[string]int64 {
	m := map[string]int64{}
	for d, n := range t.days {
		switch y := d.Year(); {
		case y < 1970 || y > now+1:
			m["other"] += n
		default:
			m[strconv.Itoa(y)] += n
		}
	}
	if t.undated > 0 {
		m["none"] = t.undated
	}
	return m
}
