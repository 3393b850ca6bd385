package webcount_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/census/webcount"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// canary marks every identifying text of the fake archive.
const canary = "CANARY"

// archive is a QIDO-RS server with the manners that tests need. It has no
// socket: do calls it.
type archive struct {
	dates []string // study dates, "" for none
	// cut is at which length every list ends, over all pages, without a word.
	cut int
	// pageCap is how many studies a page has at most.
	pageCap int
	// maxLimit is the largest limit that is not refused with 400.
	maxLimit int
	// The parameters that are ignored.
	noLimit, noOffset, noDates bool
	// textDates compares dates as text, an empty one included.
	textDates bool
	// onlyDated answers nothing to a search that names no date.
	onlyDated bool
	// total and warning state the number in headers.
	total, warning bool
	// vague warns of more studies without a number.
	vague bool
	// shuffle gives each answer another order.
	shuffle bool
	// noCounts leaves (0020,1208) out; asText writes numbers as strings.
	noCounts, asText bool
	// extra is JSON of more attributes in each study.
	extra string
	// fail answers this status to every request from the n-th on.
	fail, failFrom int
	// over is how many studies a search may find before status declines it, also
	// a search that asks for fewer of them.
	over, status int
	// slash redirects to the path with a slash behind it, plainOnly refuses
	// includefield with a status, jsonOnly knows application/json alone, packed
	// sends gzip, partial says 206 where there is more, nameless finds nothing
	// where no name is matched.
	slash, jsonOnly, packed, partial, nameless bool
	plainOnly                                  int
	// exactly is the only Accept that is not answered with declined. encoding is
	// the content encoding that bodies come in: unless the request names those it
	// reads, where that is "br". xml sends lists in XML. moved redirects to another
	// path. bom sends a byte order mark before the list.
	exactly, encoding string
	declined          int
	xml, moved, bom   bool
	// numbers are the documents of other paths.
	numbers map[string]string

	requests int
	identity int // studies that went over the wire
	paths    []string
}

// follow is do with redirects followed.
func (a *archive) follow(ctx context.Context, r *http.Request) (*http.Response, error) {
	resp, err := a.do(ctx, r)
	if err != nil || resp.Header.Get("Location") == "" {
		return resp, err
	}
	next, err := r.URL.Parse(resp.Header.Get("Location"))
	if err != nil {
		return nil, err
	}
	again := r.Clone(ctx)
	again.URL = next
	return a.do(ctx, again)
}

// deflated is text as RFC 1951 has it, in the wrapping of RFC 1950 if wrapped is set.
func deflated(text string, wrapped bool) []byte {
	var b bytes.Buffer
	var w io.WriteCloser = zlib.NewWriter(&b)
	if !wrapped {
		w, _ = flate.NewWriter(&b, flate.DefaultCompression)
	}
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// evenly are n dates spread over two years, of which some studies have none.
func evenly(n, none int) []string {
	var dates []string
	day := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		if i >= n-none {
			dates = append(dates, "")
			continue
		}
		dates = append(dates, day.AddDate(0, 0, i*730/n).Format("20060102"))
	}
	return dates
}

func (a *archive) options() webcount.Options {
	return webcount.Options{Do: a.do, Follow: a.follow, Base: url.URL{Scheme: "http", Host: "127.0.0.1:8042"}, Root: "/dicom-web",
		Routes: []survey.Route{"WADO-RS"}, SketchKey: privacy.KeyFrom([16]byte{1}),
		Sleep: func(context.Context, time.Duration) {}}
}

func (a *archive) do(_ context.Context, r *http.Request) (*http.Response, error) {
	a.requests++
	a.paths = append(a.paths, r.URL.Path)
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
	switch body, known := a.numbers[r.URL.Path]; {
	case known:
		resp.Body = io.NopCloser(strings.NewReader(body))
		return resp, nil
	case a.slash && strings.HasSuffix(r.URL.Path, "/studies"):
		resp.StatusCode = 301
		resp.Header.Set("Location", r.URL.Path+"/?"+r.URL.RawQuery)
		return resp, nil
	case a.moved && !strings.HasPrefix(r.URL.Path, "/elsewhere"):
		resp.StatusCode = 307
		resp.Header.Set("Location", "/elsewhere/studies?"+r.URL.RawQuery)
		return resp, nil
	case a.exactly != "" && r.Header.Get("Accept") != a.exactly:
		resp.StatusCode = a.declined
		return resp, nil
	case !strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/studies"):
		resp.StatusCode = 404
		return resp, nil
	case a.fail != 0 && a.requests >= a.failFrom:
		resp.StatusCode = a.fail
		return resp, nil
	}
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	offset, _ := strconv.Atoi(q.Get("offset"))
	if a.maxLimit > 0 && limit > a.maxLimit {
		resp.StatusCode = 400
		return resp, nil
	}
	switch {
	case a.plainOnly > 0 && q.Has("includefield"):
		resp.StatusCode = a.plainOnly
		return resp, nil
	case a.jsonOnly && !strings.Contains(r.Header.Get("Accept"), "application/json"):
		resp.StatusCode = 406
		return resp, nil
	case a.nameless && q.Get("PatientName") == "":
		resp.StatusCode = 204
		return resp, nil
	}
	matches := a.matches(q.Get("StudyDate"), q.Get("StudyTime"))
	all := len(matches)
	if a.status > 0 && all > a.over {
		resp.StatusCode = a.status
		return resp, nil
	}
	if a.cut > 0 {
		matches = matches[:min(len(matches), a.cut)]
	}
	if !a.noOffset {
		matches = matches[min(offset, len(matches)):]
	}
	if a.pageCap > 0 {
		limit = min(limit, a.pageCap)
	}
	if !a.noLimit {
		matches = matches[:min(limit, len(matches))]
	}
	if a.total {
		resp.Header.Set("X-Total-Count", strconv.Itoa(all))
	}
	if rest := all - offset - len(matches); a.warning && rest > 0 {
		resp.Header.Set("Warning", fmt.Sprintf(`299 pacs:8080 "There are %d additional results that can be requested"`, rest))
	}
	if a.vague && all > offset+len(matches) {
		resp.Header.Set("Warning", "299 {+service}: There are additional results that can be requested.")
	}
	if len(matches) == 0 {
		resp.StatusCode = 204
		return resp, nil
	}
	if a.partial && all > offset+len(matches) {
		resp.StatusCode = 206
	}
	body := a.list(matches)
	if a.xml {
		resp.Header.Set("Content-Type", `multipart/related; type="application/dicom+xml"; boundary=b`)
		body = "--b\r\nContent-Type: application/dicom+xml\r\n\r\n<NativeDicomModel/>\r\n--b--"
	}
	if a.bom {
		body = "\ufeff" + body
	}
	if a.encoding != "" && (a.encoding != "br" || r.Header.Get("Accept-Encoding") == "") {
		resp.Header.Set("Content-Encoding", a.encoding)
		body = string(deflated(body, a.encoding == "deflate"))
	}
	if a.packed {
		resp.Header.Set("Content-Encoding", "gzip")
		body = string(pack(body))
	}
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

// matches are the numbers of the studies of a range of dates and times; the
// time of day of study i is i seconds, modulo a day.
func (a *archive) matches(dates, times string) (found []int) {
	from, to, isRange := strings.Cut(dates, "-")
	if !isRange {
		to = from
	}
	for i, d := range a.dates {
		switch {
		case a.onlyDated && dates == "":
			continue
		case dates == "" || a.noDates:
		case d == "" && (!a.textDates || from != ""):
			continue
		case from != "" && d < from || to != "" && d > to:
			continue
		case times != "":
			clock := fmt.Sprintf("%02d%02d%02d", i/3600%24, i/60%60, i%60)
			first, last, _ := strings.Cut(times, "-")
			if first != "" && clock < first || last != "" && clock > last {
				continue
			}
		}
		found = append(found, i)
	}
	if a.shuffle && len(found) > 0 {
		by := a.requests * 7 % len(found)
		found = slices.Concat(found[by:], found[:by])
	}
	return found
}

func (a *archive) list(numbers []int) string {
	var b strings.Builder
	b.WriteString("[")
	for n, i := range numbers {
		if n > 0 {
			b.WriteString(",\n")
		}
		a.identity++
		fmt.Fprintf(&b, `{"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"%s^%d"}]},`, canary, i)
		if d := a.dates[i]; d != "" {
			fmt.Fprintf(&b, `"00080020":{"Value":["%s"],"vr":"DA"},`, d)
		} else {
			b.WriteString(`"00080020":{"vr":"DA"},`)
		}
		switch {
		case a.noCounts:
		case a.asText:
			b.WriteString(`"00201208":{"vr":"IS","Value":["3"]},`)
		default:
			b.WriteString(`"00201208":{"vr":"IS","Value":[3]},`)
		}
		b.WriteString(a.extra)
		fmt.Fprintf(&b, `"0020000D":{"vr":"UI","Value":["2.25.%d"]}}`, i+1)
	}
	b.WriteString("]")
	return b.String()
}

// pack makes a gzip member with a file name.
func pack(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name, z.Extra = "studies.json", []byte("extra")
	if _, err := z.Write([]byte(text)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
