package webcount_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"leadglass/internal/census/webcount"
	"leadglass/internal/survey"
)

// TestQIDO counts archives of all manners. least is what a lower bound may be
// at least; 0 asks for an exact count.
func TestQIDO(t *testing.T) {
	oneDay := make([]string, 500)
	for i := range oneDay {
		oneDay[i] = "20200229"
	}
	for name, test := range map[string]struct {
		archive archive
		least   int64
		reason  string
	}{
		"plain":                          {archive: archive{dates: evenly(537, 0)}},
		"empty":                          {archive: archive{}},
		"one study":                      {archive: archive{dates: evenly(1, 0)}},
		"1,000 studies":                  {archive: archive{dates: evenly(1000, 0)}},
		"10,000 studies":                 {archive: archive{dates: evenly(10_000, 0)}},
		"without dates":                  {archive: archive{dates: evenly(537, 12)}},
		"without dates, as text":         {archive: archive{dates: evenly(1000, 12), textDates: true}},
		"no dates at all":                {archive: archive{dates: evenly(37, 37)}},
		"without dates, of a set length": {archive: archive{dates: evenly(1000, 12)}, least: 1000, reason: "without a date"},
		"numbers as text":                {archive: archive{dates: evenly(300, 0), asText: true}},
		"attributes in sequences": {archive: archive{dates: evenly(300, 0),
			extra: `"00081111":{"vr":"SQ","Value":[{"0020000D":{"vr":"UI","Value":["2.25.7"]},"00201208":{"vr":"IS","Value":[900]}}]},`}},
		"small pages":                  {archive: archive{dates: evenly(537, 0), pageCap: 7}},
		"limit of 200":                 {archive: archive{dates: evenly(1537, 0), maxLimit: 200}},
		"limit of 60":                  {archive: archive{dates: evenly(537, 0), maxLimit: 60}},
		"stated total":                 {archive: archive{dates: evenly(1000, 100), total: true}},
		"warnings":                     {archive: archive{dates: evenly(1000, 0), warning: true}},
		"warnings without a number":    {archive: archive{dates: evenly(1000, 0), vague: true}},
		"cut at 500, said vaguely":     {archive: archive{dates: evenly(1000, 0), vague: true, cut: 500}, least: 1000, reason: "without a date"},
		"cut at 100":                   {archive: archive{dates: evenly(1000, 0), cut: 100}, least: 1000, reason: "without a date"},
		"cut at 100, as text":          {archive: archive{dates: evenly(1000, 20), cut: 100, textDates: true}},
		"cut at 101, some without":     {archive: archive{dates: evenly(1000, 20), cut: 101}, least: 980, reason: "without a date"},
		"cut on one day":               {archive: archive{dates: oneDay, cut: 90, textDates: true}, least: 500, reason: "without a date"},
		"cut on one day of its length": {archive: archive{dates: oneDay[:400], cut: 400}, least: 400, reason: "without a date"},
		"no limit":                     {archive: archive{dates: evenly(777, 0), noLimit: true}},
		"no offset":                    {archive: archive{dates: evenly(777, 0), noOffset: true}, least: 777, reason: "without a date"},
		"no limit, no offset":          {archive: archive{dates: evenly(777, 0), noLimit: true, noOffset: true}, least: 777, reason: "without a date"},
		"no offset, no dates":          {archive: archive{dates: evenly(777, 0), noOffset: true, noDates: true}, least: 100, reason: "ignores the requested dates"},
		"no dates":                     {archive: archive{dates: evenly(777, 0), noDates: true}, least: 777, reason: "ignores the requested dates"},
		"another order each time":      {archive: archive{dates: evenly(777, 0), shuffle: true}, least: 700, reason: "without a date"},
		"only by date":                 {archive: archive{dates: evenly(777, 0), onlyDated: true}, least: 777, reason: "only studies that are requested by date"},
		"fails later":                  {archive: archive{dates: evenly(777, 0), fail: 503, failFrom: 3}, least: 100, reason: "status 503"},
	} {
		t.Run(name, func(t *testing.T) {
			a := test.archive
			r := webcount.QIDO(t.Context(), a.options())
			show(t, r, time.Now())
			t.Logf("%d studies went over the wire", a.identity)
			n := int64(len(a.dates))
			if test.reason == "" {
				want(t, "studies", r.Counts.Studies, survey.ExactCount(n, "qido-rs"))
				want(t, "images", r.Counts.ImagesLinked, survey.ExactCount(3*n, "qido-rs"))
				want(t, "images accessible", r.Counts.ImagesAccessible, survey.ExactCount(3*n, "qido-rs"))
				return
			}
			got, _ := r.Counts.Studies.Int()
			if r.Counts.Studies.Quality != survey.LowerBound || got < test.least || got > n || !strings.Contains(r.Counts.Studies.Reason, test.reason) {
				t.Errorf("studies %v (%s); want a lower bound from %d, because of %q", r.Counts.Studies, r.Counts.Studies.Reason, test.least, test.reason)
			}
			if r.Counts.ImagesLinked.Quality != survey.LowerBound {
				t.Errorf("images %v", r.Counts.ImagesLinked)
			}
		})
	}
}

// TestNoCounts: without (0020,1208) nothing is said of images.
func TestNoCounts(t *testing.T) {
	a := archive{dates: evenly(37, 0), noCounts: true}
	r := webcount.QIDO(t.Context(), a.options())
	want(t, "studies", r.Counts.Studies, survey.ExactCount(37, "qido-rs"))
	want(t, "images", r.Counts.ImagesLinked, survey.AtLeast(0, "qido-rs", "x"))
}

// TestRoutes: without an open route no image is accessible.
func TestRoutes(t *testing.T) {
	a := archive{dates: evenly(37, 0)}
	o := a.options()
	o.Routes = nil
	want(t, "none", webcount.QIDO(t.Context(), o).Counts.ImagesAccessible, survey.ExactCount(0, "no open retrieval route"))
	o.RoutesUnknown = "not asked"
	want(t, "unknown", webcount.QIDO(t.Context(), o).Counts.ImagesAccessible, survey.UnknownCount("not asked"))
}

// TestLimits: a limit ends a count with a lower bound, and a total that the
// archive states is taken.
func TestLimits(t *testing.T) {
	for name, change := range map[string]func(*webcount.Options){
		"requests": func(o *webcount.Options) { o.MaxRequests = 4 },
		"studies":  func(o *webcount.Options) { o.MaxStudies = 450 },
		"time": func(o *webcount.Options) {
			at := time.Now()
			o.Now = func() time.Time { at = at.Add(5 * time.Second); return at }
		},
	} {
		a := archive{dates: evenly(20_000, 0)}
		o := a.options()
		change(&o)
		r := webcount.QIDO(t.Context(), o)
		if n, _ := r.Counts.Studies.Int(); r.Counts.Studies.Quality != survey.LowerBound || n < 100 || n >= 20_000 ||
			!strings.Contains(r.Counts.Studies.Reason, "limit on "+name) || r.Incomplete == "" {
			t.Errorf("%s: studies %v (%s), incomplete %q", name, r.Counts.Studies, r.Counts.Studies.Reason, r.Incomplete)
		}
		a.total = true
		r = webcount.QIDO(t.Context(), o)
		want(t, name, r.Counts.Studies, survey.ExactCount(20_000, "qido-rs headers"))
		if r.Counts.ImagesLinked.Quality != survey.LowerBound {
			t.Errorf("%s: images %v", name, r.Counts.ImagesLinked)
		}
	}
}

// endless is a body without an end.
type endless struct {
	begin, repeat string
	at            int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.begin)
	e.begin = e.begin[n:]
	for ; n < len(p); n++ {
		p[n] = e.repeat[e.at%len(e.repeat)]
		e.at++
	}
	return n, nil
}

func (e *endless) Close() error { return nil }

// TestHostile: what is no answer gives no number, and what has no end is left.
func TestHostile(t *testing.T) {
	study := `{"0020000D":{"vr":"UI","Value":["2.25.1"]}},`
	for name, body := range map[string]io.ReadCloser{
		"endless string":   &endless{begin: `[{"00100010":{"vr":"PN","Value":["`, repeat: canary},
		"endless key":      &endless{begin: `[{"`, repeat: canary},
		"endless number":   &endless{begin: `[{"00201208":{"vr":"IS","Value":[`, repeat: "9"},
		"endless white":    &endless{begin: `[`, repeat: " "},
		"endless depth":    &endless{begin: `[{"00100010":`, repeat: `[`},
		"endless objects":  &endless{begin: ``, repeat: `[{"a":`},
		"endless studies":  &endless{begin: `[`, repeat: study},
		"no JSON":          io.NopCloser(strings.NewReader("<html>" + canary)),
		"a number":         io.NopCloser(strings.NewReader("17")),
		"an object":        io.NopCloser(strings.NewReader(`{"error":"` + canary + `"}`)),
		"cut short":        io.NopCloser(strings.NewReader(`[{"0020000D":{"vr":"UI","Value":["2.25`)),
		"strings":          io.NopCloser(strings.NewReader(`["` + canary + `"]`)),
		"wrong types":      io.NopCloser(strings.NewReader(`[{"0020000D":[["2.25.1"]],"00201208":{"Value":{"a":3}},"00080020":"20200101"}]`)),
		"broken UID":       io.NopCloser(strings.NewReader(`[{"0020000D":{"vr":"UI","Value":["` + canary + `"]}}]`)),
		"two texts":        io.NopCloser(strings.NewReader(`[] []`)),
		"mismatched close": io.NopCloser(strings.NewReader(`[{]}`)),
	} {
		t.Run(name, func(t *testing.T) {
			a := archive{}
			o := a.options()
			o.MaxBody, o.MaxRequests = 4<<20, 50
			first := true
			o.Do = func(_ context.Context, r *http.Request) (*http.Response, error) {
				resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, Request: r}
				if !first && !strings.HasPrefix(name, "endless") {
					resp.StatusCode, resp.Body = 204, http.NoBody
				}
				first = false
				return resp, nil
			}
			r := webcount.QIDO(t.Context(), o)
			show(t, r, time.Now())
			if n, ok := r.Counts.Studies.Int(); r.Counts.Studies.Quality == survey.Exact || ok && n > 1 {
				t.Errorf("studies %v", r.Counts.Studies)
			}
			if text := fmt.Sprintf("%+v %s", r, r.Counts.Studies.Reason); strings.Contains(text, canary) {
				t.Errorf("the result holds bytes of the answer: %s", text)
			}
		})
	}
}

// TestErrors: an error of the connection is told without its words.
func TestErrors(t *testing.T) {
	a := archive{}
	o := a.options()
	o.Do = func(context.Context, *http.Request) (*http.Response, error) { return nil, errors.New(canary) }
	r := webcount.QIDO(t.Context(), o)
	if r.Counts.Studies.Quality != survey.UnknownQuality || strings.Contains(r.Counts.Studies.Reason, canary) {
		t.Errorf("studies %v (%s)", r.Counts.Studies, r.Counts.Studies.Reason)
	}
	if _, ok := webcount.Numbers(t.Context(), o); ok {
		t.Error("numbers without an answer")
	}
}
