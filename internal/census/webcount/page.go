package webcount

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"leadglass/dicom"
	"leadglass/internal/jsonscan"
	"leadglass/internal/peer"
)

// window is the part of an archive that a search asks for: studies of some
// days, or of one day and some seconds. The zero window is the whole archive.
type window struct {
	// from and to are the first and last day; a window that begins at firstDay
	// or ends at lastDay is open.
	from, to dicom.Date
	dated    bool
	// second and until are the first second and the one after the last, on a
	// window of one day; 0 and 0 for the whole day.
	second, until int
}

const secondsADay = 24 * 3600

// firstDay and lastDay lie before and after all studies.
var (
	firstDay = dicom.DateOf(1800, 1, 1)
	lastDay  = dicom.DateOf(2200, 12, 31)
)

func days(from, to dicom.Date) window { return window{from: from, to: to, dated: true} }

// holds reports whether a study lies in the window, as far as its date says.
func (w window) holds(s study) bool {
	return !w.dated || s.dated && (s.date >= w.from || w.from == firstDay) && (s.date <= w.to || w.to == lastDay)
}

// dates is the value of Study Date that asks for the window (PS3.4 C.2.2.2.5).
func (w window) dates() string {
	switch {
	case w.from == w.to:
		return w.from.String()
	case w.from == firstDay && w.to == lastDay:
		return "19000101-"
	case w.from == firstDay:
		return "-" + w.to.String()
	case w.to == lastDay:
		return w.from.String() + "-"
	}
	return w.from.String() + "-" + w.to.String()
}

// times is the value of Study Time that asks for the window. Neighbours share
// a second, so that no fraction of one falls between them.
func (w window) times() string {
	clock := func(s int) string { return fmt.Sprintf("%02d%02d%02d", s/3600, s/60%60, s%60) }
	switch {
	case w.second == 0:
		return "-" + clock(w.until)
	case w.until == secondsADay:
		return clock(w.second) + "-"
	}
	return clock(w.second) + "-" + clock(w.until)
}

// split halves a window; nil when it is one second.
func (w window) split() []window {
	cut := func(at dicom.Date) []window { return []window{days(w.from, at), days(at+1, w.to)} }
	early, late := dicom.DateOf(1950, 1, 1), dicom.DateOf(2050, 1, 1)
	switch {
	case w.until == 0 && w.from < early && w.to > early: // hardly anything lies there
		return cut(early)
	case w.until == 0 && w.to > late && w.from < late:
		return cut(late)
	case w.until == 0 && w.from < w.to:
		return cut(w.from + (w.to-w.from)/2)
	case w.until == 0:
		w.until = secondsADay
	}
	if w.until-w.second <= 1 {
		return nil
	}
	a, b := w, w
	a.until = w.second + (w.until-w.second)/2
	b.second = a.until
	return []window{a, b}
}

// page is one answer of QIDO-RS.
type page struct {
	// studies is how many came, fresh how many were not known, inside how many
	// of them lie in the window, dateless how many have no date.
	studies, fresh, inside, dateless int64
	// order is a hash of the studies and their order: two answers that are the
	// same have the same.
	order uint64
	// total is how many studies there are, as the archive states, or -1; more
	// that it says there are more than on this page, perhaps without a number.
	total int64
	more  bool
	// rest: total lacks the studies of this page.
	rest bool
	// status is the HTTP status, 0 where none came.
	status int
	// why says why the answer could not be used; empty where it could.
	why string
	// moved: the answer is a redirect.
	moved bool
	// packed: the body has a content encoding that is not read.
	packed bool
	// short: the answer was not read to its end.
	short bool
}

// reasonStudies is why a count ended at Options.MaxStudies.
const reasonStudies = "the limit on studies was reached"

// tooMuch reports whether a status may mean that a search asks for more than
// the archive is willing to look for, so that a smaller one may be answered
// (413, whatever the limit, by some).
func tooMuch(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// request makes one request for a page.
func (c *counter) request(w window, limit, offset int64) page {
	query := url.Values{"limit": {strconv.FormatInt(limit, 10)}, "offset": {strconv.FormatInt(offset, 10)}}
	if !c.form.plain {
		query["includefield"] = []string{"00080020", "00080056", "00201208"}
	}
	if c.named {
		query.Set("PatientName", "*")
	}
	if w.dated {
		query.Set("StudyDate", w.dates())
		if w.until != 0 {
			query.Set("StudyTime", w.times())
		}
	}
	c.pause()
	c.requests++
	begun := c.o.Now()
	resp, err := c.o.get(c.ctx, c.form.do(&c.o), c.form.path(c.o.Root), query, c.form.header())
	if err != nil {
		return page{total: -1, why: "no answer: " + c.explain(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	p := page{total: -1, status: resp.StatusCode}
	p.stated(resp.Header, offset)
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent: // the latter before 2017, for a list that was cut
		p.more = p.more || resp.StatusCode == http.StatusPartialContent
		c.take(&p, w, resp)
	case http.StatusNoContent:
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		p.moved = true // it may be the same path with a slash
		p.why = "the archive redirects the search to elsewhere"
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		p.why = fmt.Sprintf("the archive lists studies in no form of JSON (status %d)", resp.StatusCode)
	default:
		p.why = fmt.Sprintf("the archive refuses the search with status %d", resp.StatusCode)
	}
	p.settle()
	c.took = c.o.Now().Sub(begun)
	return p
}

// take reads the studies of an answer.
func (c *counter) take(p *page, w window, resp *http.Response) {
	enough := false
	if inXML(resp.Header.Get("Content-Type")) {
		p.why = "the archive lists studies in XML, which is not read"
		return
	}
	body, err := c.unpacker.unpack(resp.Body, resp.Header.Get("Content-Encoding"))
	if err != nil {
		p.why, p.short, p.packed = c.explain(err), true, errors.Is(err, errPacked)
		return
	}
	defer c.unpacker.wipe()
	n, err := c.reader.read(body, c.o.MaxBody, func(s study) bool {
		if int64(len(c.seen)) >= c.o.MaxStudies || c.ctx.Err() != nil {
			enough = true
			return false
		}
		c.count(p, w, s)
		return true
	})
	p.studies = n
	switch {
	case enough && c.ctx.Err() != nil:
		p.why, p.short = c.limit(), true
	case enough:
		p.why, p.short = reasonStudies, true
	case err != nil:
		p.why, p.short = "an answer could not be read: "+c.explain(err), true
	}
}

// count takes one study.
func (c *counter) count(p *page, w window, s study) {
	if !s.named {
		c.unnamed++
		return
	}
	p.order = p.order*0x9E3779B97F4A7C15 + s.hash
	if !s.dated {
		p.dateless++
	} else if w.holds(s) {
		p.inside++
	}
	if _, known := c.seen[s.hash]; known {
		return
	}
	p.fresh++
	c.seen[s.hash] = struct{}{}
	c.sketch.AddHash(s.hash)
	c.sums.add(s)
}

// stated reads how many studies there are from the headers: X-Total-Count,
// which some servers send, and the warning of PS3.18 8.3.4.4, whose number is that
// of the results after this page. offset and, later, the studies of the page
// come before them.
func (p *page) stated(h http.Header, offset int64) {
	if v := h.Get("X-Total-Count"); len(v) < 20 {
		p.total = number([]byte(v))
	}
	for _, v := range h.Values("Warning") {
		_, rest, ok := strings.Cut(v, "299 ")
		if !ok || !strings.Contains(rest, "additional results") {
			continue
		}
		p.more = true
		for _, word := range strings.Fields(rest) {
			if n := number([]byte(word)); n >= 0 && p.total < 0 {
				p.total = n + offset
				p.rest = true
			}
		}
	}
}

// settle makes total that of all studies.
func (p *page) settle() {
	if p.rest {
		p.total, p.rest = p.total+p.studies, false
	}
}

// explain says what went wrong without any words of the peer.
func (c *counter) explain(err error) string {
	for _, known := range []error{jsonscan.ErrNotJSON, errNotStudies, errEncoding, errPacked, jsonscan.ErrDepth, jsonscan.ErrTooLong, jsonscan.ErrCutShort} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return peer.DuringHTTP(c.ctx, err).String()
}

// pause leaves the archive as much time between requests as it took for the
// last one, half a second at most.
func (c *counter) pause() {
	if c.took > 0 {
		c.o.Sleep(c.ctx, min(c.took, 500*time.Millisecond))
	}
}
