package identify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"leadglass/internal/identify/products"
	"leadglass/internal/survey"
)

const (
	// maxPage and maxDocument bound what is read of a page and of a JSON
	// document, in bytes.
	maxPage     = 256 << 10
	maxDocument = 64 << 10
	maxIcon     = 256 << 10
	// maxRedirects is how many redirects are followed, all on the same host
	// and port.
	maxRedirects = 3
	// maxRequests is how many pages and documents are asked for at most, the
	// start page and the icon included; redirects come on top.
	maxRequests = 8
)

// HTTPOptions say whom HTTP talks to and what it knows.
type HTTPOptions struct {
	// Host is the address, or the name to be used in Host and in TLS.
	Host string
	// Products are the fingerprints; without them nothing is recognised.
	Products *products.Table
	// BudgetErr is as in Options.
	BudgetErr error
}

// web is the work on one HTTP port.
type web struct {
	client   *http.Client
	base     url.URL
	opt      HTTPOptions
	service  survey.Service
	requests int
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
	w := &web{client: &limited, opt: o, service: survey.Service{
		Port: port, Protocol: survey.ProtocolUnknown, Product: products.Unknown(), SOPClasses: []string{},
		CalledAETitle: survey.CalledAETitle{Policy: survey.UnknownTitle}},
		base: url.URL{Scheme: scheme, Host: net.JoinHostPort(strings.Trim(o.Host, "[]"), strconv.Itoa(int(port)))}}
	start, login, err := w.page(ctx, "/")
	if err != nil {
		w.service.Outcome, w.service.Detail = httpOutcome(ctx, err, o.BudgetErr)
		return w.service
	}
	w.service.Protocol, w.service.Outcome = survey.ProtocolHTTP, survey.Answered
	w.service.HTTP = &survey.HTTP{Status: start.Status,
		AuthRequired: login || start.Status == http.StatusUnauthorized || start.Status == http.StatusForbidden}
	w.service.HTTP.Shape = shape(start.Body)
	if !w.recognise(ctx, start, w.service.HTTP.AuthRequired) {
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

// get asks for a path and returns the answer with at most limit bytes of its
// body.
func (w *web) get(ctx context.Context, path string, limit int64) (*http.Response, []byte, error) {
	if w.requests >= maxRequests {
		return nil, nil, errRequests
	}
	w.requests++
	u := w.base
	u.Path = path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "text/html,application/json;q=0.5,*/*;q=0.1")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil && isBudget(err, w.opt.BudgetErr) {
		return nil, nil, err
	}
	return resp, body, nil // a page cut short is still a page
}

// page asks for a path and reads what fingerprints ask for.
func (w *web) page(ctx context.Context, path string) (page *products.Page, login bool, err error) {
	resp, body, err := w.get(ctx, path, maxPage)
	if err != nil {
		return nil, false, err
	}
	page = &products.Page{Path: path, Landing: path, Status: resp.StatusCode,
		Realms: realms(resp.Header.Values("WWW-Authenticate")), Header: resp.Header}
	if resp.Request != nil && resp.Request.URL != nil {
		page.Landing = resp.Request.URL.Path
	}
	login = readPage(body, page)
	return page, login, nil
}

// recognise compares a page with the fingerprints and notes the product.
func (w *web) recognise(ctx context.Context, page *products.Page, login bool) bool {
	if w.opt.Products.NeedsFavicon(page) {
		if resp, icon, err := w.get(ctx, iconPath(page.Body), maxIcon); err == nil && resp.StatusCode == http.StatusOK && len(icon) > 0 {
			page.Favicon = faviconHash(icon)
		}
	}
	match, ok := w.opt.Products.HTTP(page)
	if !ok {
		return false
	}
	s := &w.service
	s.Product, s.HTTP.Page = match.Product, match.Page
	if page.Path == "/" || match.Login || login {
		s.HTTP.AuthRequired = s.HTTP.AuthRequired || match.Login || login
	} else {
		s.HTTP.AuthRequired = false // that page opened without a login
	}
	s.HTTP.Viewer = match.Viewer
	return true
}

// wellKnown looks at the pages besides the start page on which products show
// themselves.
func (w *web) wellKnown(ctx context.Context) {
	const reserve = 1 // for a document of the product
	for _, path := range w.opt.Products.Paths(w.service.Port, "", maxRequests) {
		if w.requests >= maxRequests-reserve || ctx.Err() != nil {
			return
		}
		page, login, err := w.page(ctx, path)
		if err != nil {
			if isBudget(err, w.opt.BudgetErr) {
				return
			}
			continue
		}
		if page.Status == http.StatusNotFound {
			continue
		}
		if w.recognise(ctx, page, login || page.Status == http.StatusUnauthorized || page.Status == http.StatusForbidden) {
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

// document reads one JSON document; of its keys only those that the table
// names are decoded, the rest is skipped.
func (w *web) document(ctx context.Context, api products.API) (version string, port uint16, ok bool) {
	resp, body, err := w.get(ctx, api.Path, maxDocument)
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", 0, false
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(body, &all) != nil {
		return "", 0, false
	}
	keys := map[string]any{}
	for k, raw := range all {
		var v any
		if api.Wanted(k) && json.Unmarshal(raw, &v) == nil {
			keys[k] = v
		}
	}
	clear(body)
	return api.Read(keys)
}

// httpOutcome is outcome for a port that gave no HTTP answer.
func httpOutcome(ctx context.Context, err, budget error) (survey.Outcome, string) {
	o, detail := outcome(ctx, err, budget)
	switch {
	case o == survey.OverBudget || o == survey.Refused || o == survey.Mute:
	case strings.Contains(err.Error(), "malformed HTTP"):
		return survey.Foreign, "unknown"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return survey.Foreign, "no tls"
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || o == survey.Closed && !strings.HasPrefix(detail, "tls"):
		return survey.Closed, "closed or reset after the request"
	}
	return o, detail
}
