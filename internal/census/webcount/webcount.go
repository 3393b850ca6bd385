// Package webcount answers how much one open archive holds as far as its web
// services say: by routes that give nothing but numbers, and, where there are
// none and no DICOM query is answered either, by paging through QIDO-RS
// (PS3.18 10.6).
//
// An answer of QIDO-RS holds names of patients whether they are asked for or
// not (PS3.18 table 10.6.3-3). It is read in a stream, in one fixed buffer
// that is cleared afterwards; what leaves the buffer are numbers, dates for
// sums, and keyed hashes of study instance UIDs. The package opens no
// connection: it is given a function that makes one request. How a number is
// proved is written up in docs/census.md.
package webcount

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"leadglass/internal/privacy"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// Do makes one request to the archive's host, and bounds the time of the request.
type Do func(context.Context, *http.Request) (*http.Response, error)

// The limits used where Options leaves them 0.
const (
	DefaultMaxTime     = 110 * time.Second
	DefaultMaxRequests = 2_000
	DefaultMaxStudies  = 250_000
	DefaultMaxBody     = 32 << 20
)

// The page sizes of QIDO-RS: some servers refuse a limit above 200, others give
// no more than 1,000 at once.
const (
	firstPage   = 100
	leastPage   = 50
	largestPage = 1000
)

// Options say what to ask, and within which limits.
type Options struct {
	// Do follows no redirect; Follow follows those that dicomweb.Follows permits,
	// and may be nil.
	Do, Follow Do
	// Base is the scheme, host and port of the web server.
	Base url.URL
	// Root is the path of the DICOMweb root that answers searches for studies:
	// "/dicom-web"; empty where none is known.
	Root string
	// Numbers are the number-only routes that the archive may have.
	Numbers []products.Numbers
	// ListsEmptyDates: the archive is known to list studies with an empty date in a
	// range of dates that is open to the past.
	ListsEmptyDates bool
	// Routes names the retrieval routes found open: "WADO-RS"… Without one no
	// image is accessible. RoutesUnknown says why they could not be told.
	Routes        []survey.Route
	RoutesUnknown string
	// SketchKey keys the hashes of study instance UIDs.
	SketchKey privacy.Key

	// MaxTime, MaxRequests and MaxStudies bound a count; MaxBody bounds one
	// answer in bytes.
	MaxTime                 time.Duration
	MaxRequests, MaxStudies int64
	MaxBody                 int64

	// Now and Sleep replace the clock in tests.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration)
}

func (o Options) withDefaults() Options {
	if o.MaxTime <= 0 {
		o.MaxTime = DefaultMaxTime
	}
	if o.MaxRequests <= 0 {
		o.MaxRequests = DefaultMaxRequests
	}
	if o.MaxStudies <= 0 {
		o.MaxStudies = DefaultMaxStudies
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	o.Root = strings.TrimRight(o.Root, "/")
	return o
}

// Result is what was counted.
type Result struct {
	Counts survey.Counts
	// Sketch is a keyed sketch of the studies seen, as privacy.Sketch.Bytes;
	// nil when none was seen.
	Sketch []byte
	// Requests is how many requests were made.
	Requests int64
	// Incomplete says what was left undone because a limit was reached or the
	// archive stopped answering; empty when nothing was.
	Incomplete string
}

// get requests a path of the server by do.
func (o *Options) get(ctx context.Context, do Do, path string, query url.Values, header http.Header) (*http.Response, error) {
	u := url.URL{Scheme: o.Base.Scheme, Host: o.Base.Host, Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = header
	return do(ctx, req)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// accessible is the number of images that an open route hands out, of a count
// of those linked that are at hand.
func (o *Options) accessible(atHand survey.Count) survey.Count {
	switch {
	case o.RoutesUnknown != "":
		return survey.UnknownCount(o.RoutesUnknown)
	case len(o.Routes) == 0:
		return survey.ExactCount(0, "no open retrieval route")
	}
	return atHand
}
