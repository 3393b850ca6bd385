package examine

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"leadglass/internal/census/webcount"
	"leadglass/internal/dicomweb"
	"leadglass/internal/gate"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// webAsked is how many web services of one host are asked for numbers.
const webAsked = 3

// webSide is a web service of the host by which its archive may be counted.
type webSide struct {
	service *survey.Service
	// root is the path of the DICOMweb root, empty where none is known; search: it
	// answers searches for studies.
	root   string
	search bool
	// numbers are the number-only routes that it may have.
	numbers []products.Numbers
}

// webSides are the web services by which the archive may be counted: those
// where a DICOMweb service was found, and products with number-only routes.
func (c *counter) webSides(f *survey.Finding) []webSide {
	var sides []webSide
	for i := range f.Services {
		s := &f.Services[i]
		open := s.DICOMweb != nil && s.DICOMweb.QIDO == survey.AccessOpen
		if s.Protocol != survey.ProtocolHTTP || s.HTTP == nil || refuses(s) && !open || len(sides) == webAsked {
			continue
		}
		side := webSide{service: s}
		if w := s.DICOMweb; w != nil {
			side.root, side.search = w.Root, w.QIDO == survey.AccessOpen
		} else if own := c.products.OwnRoots(s.Product.Guess(), nil); len(own) > 0 {
			side.root = own[0].Path
		}
		side.numbers = c.products.Numbers(s.Product.Guess(), side.root)
		if s.DICOMweb != nil || len(side.numbers) > 0 {
			sides = append(sides, side)
		}
	}
	return sides
}

// refuses reports whether the start page of a web service demands a login.
func refuses(s *survey.Service) bool {
	return s.HTTP.AuthRequired && (s.HTTP.Status == http.StatusUnauthorized || s.HTTP.Status == http.StatusForbidden)
}

// webCount is what a web service of the host is counted with.
func (c *counter) webCount(f *survey.Finding, side webSide) webcount.Options {
	scheme := "http"
	if side.service.TLS != nil {
		scheme = "https"
	}
	retrieval := f.Exposure().RetrievalOf(f.Services, side.service.Port)
	left, _ := c.gate.Remaining()
	client := c.client(gate.HTTPOptions{Timeout: c.timeouts.Query, MaxBody: webcount.DefaultMaxBody})
	next := client.CheckRedirect
	following := *client
	following.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if !dicomweb.Follows(req, via) {
			return http.ErrUseLastResponse
		}
		return next(req, via)
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return webcount.Options{
		Do:     func(_ context.Context, r *http.Request) (*http.Response, error) { return client.Do(r) },
		Follow: func(_ context.Context, r *http.Request) (*http.Response, error) { return following.Do(r) },
		Base:   url.URL{Scheme: scheme, Host: net.JoinHostPort(c.host(), strconv.Itoa(int(side.service.Port)))},
		Root:   side.root, Numbers: side.numbers,
		ListsEmptyDates: len(c.products.FactsOf(side.service).ListsEmptyDates) > 0, Routes: retrieval.Open, RoutesUnknown: retrieval.Why,
		SketchKey: c.key, MaxTime: max(left-left/countReserve, time.Millisecond),
	}
}

// numbers asks the number-only routes of the host's web services, and says
// which service answered; nil where none did.
func (c *counter) numbers(ctx context.Context, f *survey.Finding) (survey.Counts, *survey.Service) {
	for _, side := range c.webSides(f) {
		if counts, ok := webcount.Numbers(ctx, c.webCount(f, side)); ok {
			return counts, side.service
		}
	}
	return survey.Counts{}, nil
}

// search counts through QIDO-RS, by the first web service that answers it.
// Its answers hold what identifies patients, whether that is asked for or not;
// an authority that allows no sample of it is not made to see such answers.
// queried: a query was answered, and what it failed for says more.
func (c *counter) search(ctx context.Context, f *survey.Finding, queried bool) survey.Counts {
	counts := f.Counts
	for _, side := range c.webSides(f) {
		if !side.search {
			continue
		}
		if !c.scope.Allow.Sample {
			return survey.NotCounted("DICOMweb lists studies only with what identifies patients, of which the scope allows no sample")
		}
		r := webcount.QIDO(ctx, c.webCount(f, side))
		if _, ok := r.Counts.Studies.Int(); !ok {
			if !queried {
				counts = r.Counts
			}
			continue
		}
		counts = r.Counts
		c.sketch = r.Sketch
		if r.Incomplete != "" {
			incomplete(f, r.Incomplete)
		}
		break
	}
	return counts
}
