package identify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"leadglass/internal/jsonscan"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

const (
	// maxPage and maxDocument bound what is read of a page and of a JSON
	// document, in bytes.
	maxPage     = 256 << 10
	maxDocument = 64 << 10
	maxIcon     = maxPage
	// maxRedirects is how many redirects are followed, all on the same host
	// and port.
	maxRedirects = 3
	// maxRequests is how many pages and documents are asked for at most, the
	// start page and the icon included; redirects come on top.
	maxRequests = 12
	// maxViewerPaths is how many paths are looked at for a viewer.
	maxViewerPaths = 3
)

// HTTPOptions say whom HTTP talks to and what it knows.
type HTTPOptions struct {
	// Host is the address, or the name to be used in Host and in TLS.
	Host string
	// Products are the fingerprints; without them nothing is recognised.
	Products *products.Table
	// LandingField is the name under which the client puts the path that was
	// asked for in the end, redirects included, into a response's header.
	LandingField string
}

// web is the work on one HTTP port.
type web struct {
	client   *http.Client
	base     url.URL
	opt      HTTPOptions
	service  survey.Service
	requests int
	// connected: the port accepted a connection.
	connected bool
	page      *document // the page or document being read
}

// HTTP finds out what the web pages of a port are: by the start page, by the
// pages on which products are known to show themselves, and by the documents
// that the table allows to be read. client is limited to the host by its
// maker; scheme is "http" or "https". Of the pages nothing is kept but the
// names of the fingerprints that fit. What TLS showed is left to the caller.
func HTTP(ctx context.Context, port uint16, client *http.Client, scheme string, o HTTPOptions) survey.Service {
	limited := *client
	limited.CheckRedirect = sameHost(client.CheckRedirect)
	limited.Jar = nil
	w := &web{client: &limited, opt: o, page: newDocument(), service: survey.Service{
		Port: port, Protocol: survey.ProtocolUnknown, Product: products.Unknown(), SOPClasses: []string{},
		CalledAETitle: survey.CalledAETitle{Policy: survey.UnknownTitle}},
		base: url.URL{Scheme: scheme, Host: net.JoinHostPort(strings.Trim(o.Host, "[]"), strconv.Itoa(int(port)))}}
	defer w.page.wipe()
	start, err := w.look(ctx, "/", "/")
	if err != nil {
		w.service.Outcome, w.service.Detail = httpOutcome(ctx, err)
		if w.service.Outcome == survey.Silent && w.connected { // it may send, but never a whole answer
			w.service.Outcome, w.service.Detail = survey.Mute, "no whole HTTP answer came in time"
		}
		return w.service
	}
	w.service.Protocol, w.service.Outcome = survey.ProtocolHTTP, survey.Answered
	w.service.HTTP = &survey.HTTP{Status: start.status, AuthRequired: start.guarded(), Shape: start.shape}
	if !w.recognise(ctx, "/", start) {
		w.wellKnown(ctx)
	}
	w.documents(ctx)
	return w.service
}

// sameHost follows at most maxRedirects redirects on the same scheme, host and
// port, and where next agrees; any other answer is taken as it is.
func sameHost(next func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		if len(via) > maxRedirects || req.URL.Scheme != first.Scheme || !strings.EqualFold(req.URL.Host, first.Host) {
			return http.ErrUseLastResponse
		}
		req.Header.Del("Referer")
		if next != nil {
			return next(req, via)
		}
		return nil
	}
}

var errRequests = errors.New("as many requests made as are allowed")

// get asks for a path and reads at most limit bytes of the body into the
// document's memory, which judge may read while it runs; everything is
// overwritten afterwards.
func (w *web) get(ctx context.Context, path string, limit int, judge func(*http.Response)) error {
	if w.requests >= maxRequests {
		return errRequests
	}
	w.requests++
	u := w.base
	u.Path = path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { w.connected = true }}))
	req.Header.Set("Accept", "text/html,application/json;q=0.5,*/*;q=0.1")
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	defer w.page.wipe()
	n, err := io.ReadFull(resp.Body, w.page.buffer[:limit])
	w.page.body = w.page.buffer[:n]
	if isBudget(err) {
		return err
	}
	judge(resp) // a page cut short is still a page
	return nil
}

// seen is what is kept of a page: nothing of its text.
type seen struct {
	status int
	features
	// match is the product that the page shows, where it shows one; byIcon are
	// those that its icon may show.
	match   products.PageMatch
	matched bool
	// directory is that of the page, as survey.HTTP.PagePath.
	directory string
	byIcon    []products.IconMatch
}

// guarded reports whether the page asks for a login.
func (s seen) guarded() bool {
	return s.login || s.status == http.StatusUnauthorized || s.status == http.StatusForbidden
}

// look asks for a page and compares it with the fingerprints of pages at the path
// as.
func (w *web) look(ctx context.Context, path, as string) (seen, error) {
	var found seen
	err := w.get(ctx, path, maxPage, func(resp *http.Response) {
		page := &products.Page{Path: as, Landing: resp.Header.Get(w.opt.LandingField), Status: resp.StatusCode,
			Realms: realms(resp.Header.Values("WWW-Authenticate")), Header: resp.Header}
		found.status = resp.StatusCode
		found.directory = directory(cmp.Or(page.Landing, path))
		w.page.toUTF8()
		found.features = w.page.read(page)
		found.match, found.matched = w.opt.Products.HTTP(page)
		found.byIcon = w.opt.Products.HTTPByIcon(page)
	})
	return found, err
}

// recognise notes the product that a page shows, by its icon too where that
// may show more.
func (w *web) recognise(ctx context.Context, path string, page seen) bool {
	if len(page.byIcon) > 0 {
		var hash int32
		err := w.get(ctx, page.icon, maxIcon, func(resp *http.Response) {
			if resp.StatusCode == http.StatusOK && len(w.page.body) > 0 {
				hash = faviconHash(w.page.body)
			}
		})
		if err == nil && hash != 0 {
			page.match, page.matched = products.WithIcon(page.match, page.byIcon, hash)
		}
	}
	if !page.matched {
		return false
	}
	s, match := &w.service, page.match
	s.Product, s.HTTP.Page = match.Product, match.Page
	if path == "/" || match.Login || page.guarded() {
		s.HTTP.AuthRequired = s.HTTP.AuthRequired || match.Login || page.guarded()
	} else {
		s.HTTP.AuthRequired = false // that page opened without a login
	}
	s.HTTP.Viewer, s.HTTP.PagePath = match.Viewer, page.directory
	return true
}

// directory is that of a page's path, with a slash at its end; empty for the root
// of the server, and for a path that has more than letters, figures and what goes
// with them: where a redirect leads to is up to the peer.
func directory(path string) string {
	const longest = 80
	path = path[:strings.LastIndexByte(path, '/')+1]
	if path == "/" || len(path) > longest || strings.Contains(path, "..") || strings.ContainsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/-_.~", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return ""
	}
	return strings.Clone(path)
}

// wellKnown looks at the pages besides the start page on which products show
// themselves.
func (w *web) wellKnown(ctx context.Context) {
	const reserve = 1 // for a document of the product
	known := w.opt.Products.Paths(w.service.Port, "", maxRequests)
	viewers := w.opt.Products.ViewerPaths(maxViewerPaths)
	for i, path := range slices.Concat(known, viewers) {
		if w.requests >= maxRequests-reserve || ctx.Err() != nil {
			return
		}
		as := path
		if i >= len(known) { // a viewer is there as at the root of a server of its own
			as = "/"
		}
		page, err := w.look(ctx, path, as)
		if err != nil {
			if isBudget(err) {
				return
			}
			continue
		}
		if page.status != http.StatusNotFound && w.recognise(ctx, path, page) {
			return
		}
	}
}

// documents reads the version, and the DICOM port, that the product's own
// interface names: first of the product that was recognised; where none was,
// of every product whose document that is.
func (w *web) documents(ctx context.Context) {
	s := &w.service
	if s.HTTP.Status == http.StatusUnauthorized || s.HTTP.Status == http.StatusForbidden {
		return // a door that is shut is not tried again
	}
	for _, name := range w.opt.Products.WithAPI(s.Product.Name) {
		for _, api := range w.opt.Products.APIs(name) {
			version, port, ok := w.document(ctx, api)
			if !ok {
				continue
			}
			if s.Product.Confidence == survey.UnknownConf {
				s.Product = survey.Product{Name: name, Confidence: survey.Certain, Evidence: []string{}}
			}
			s.Product.Evidence = append(s.Product.Evidence, products.EvidenceAPI)
			s.Product.Confidence = survey.Certain
			if version != "" {
				s.Product.Version = &version
			}
			s.HTTP.DICOMPort = port
			return
		}
	}
}

// document reads one JSON document; of its members only those that the table
// names are looked at.
func (w *web) document(ctx context.Context, api products.API) (version string, port uint16, ok bool) {
	d := api.Begin()
	err := w.get(ctx, api.Path, maxDocument, func(resp *http.Response) {
		ok = resp.StatusCode == http.StatusOK && jsonscan.Object(bytes.NewReader(w.page.body), maxDocument+1, d.Want, d.Value) == nil
	})
	if err != nil || !ok {
		return "", 0, false
	}
	return d.Read()
}
