package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 3

var (
	// ErrBodyLimit: the body is longer than the limit. What was read before it
	// is the body's beginning.
	ErrBodyLimit = errors.New("body longer than the limit")
	// ErrRedirects: the host redirects too often.
	ErrRedirects = errors.New("too many redirects")
)

// HTTPOptions are how a host is asked over HTTP. Zero fields take defaults.
type HTTPOptions struct {
	// Names are host names that stand for this host in URLs, beside its
	// address: those that were resolved to it.
	Names []string
	// TLS is the configuration for https; by default certificates are not
	// verified, as in DialTLS.
	TLS *tls.Config
	// UserAgent is sent where a request has none; default "Leadglass".
	UserAgent string
	// Timeout bounds a request with its redirects and its body; default 10 s.
	Timeout time.Duration
	// MaxBody bounds a body in bytes; default 1 MiB.
	MaxBody int64
	// MaxHeader bounds a response's headers in bytes; default 64 KiB.
	MaxHeader int64
	// ReadAhead bounds what is taken from the connection beyond the headers
	// before the body is read, in bytes; default 4 KiB, at least 16. Under TLS
	// a record is the least.
	ReadAhead int
}

func (o HTTPOptions) withDefaults() HTTPOptions {
	if o.TLS == nil {
		o.TLS = &tls.Config{InsecureSkipVerify: true}
	}
	if o.UserAgent == "" {
		o.UserAgent = "Leadglass"
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.MaxHeader <= 0 {
		o.MaxHeader = 64 << 10
	}
	return o
}

// HTTPClient returns a client that talks to this host and to nobody else: the
// host of every URL, redirects included, must be the host's address or one of
// the names of o, and every connection goes to the host's address without
// another resolution. Anything else fails with ErrOutOfScope, also where it
// would lie in the scope: a redirect to another host is that host's business,
// to be asked through its own Host. The response with the redirect comes with
// the error, its body closed.
//
// At most 3 redirects are followed, credentials in a redirect are dropped, and
// there are no proxies, no cookies and no decompression. Only GET, HEAD and
// OPTIONS without a body are sent. Each request has its own connection, which
// ends with the response's body; a body that is not closed occupies the host.
//
// What the host sends can hold values of patients, also in the header and in
// the path of a redirect. All of it is overwritten when the body is closed: the
// strings of a response's header are good until then, and zeros afterwards. In
// URLs a constant stands for the path of a redirect; the header has the path
// that was asked for in the end, as LandingField.
func (h *Host) HTTPClient(o HTTPOptions) *http.Client {
	o = o.withDefaults()
	names := make([]string, 0, len(o.Names))
	for _, n := range o.Names {
		names = append(names, strings.TrimSuffix(strings.ToLower(n), "."))
	}
	own := &ownHost{host: h, names: names}
	own.redirect.own = own
	base := &exchanger{own: own, tls: o.TLS, handshake: h.gate.opt.ConnectTimeout, maxHeader: o.MaxHeader, readAhead: o.ReadAhead}
	return &http.Client{
		Timeout:   o.Timeout,
		Transport: &transport{own: own, opt: o, base: base},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return ErrRedirects
			}
			req.Header.Del("Referer")
			if err := own.check(req.URL); err != nil {
				return err
			}
			own.redirect.followed = true
			return nil
		},
	}
}

// ownHost is the rule that an HTTP client stays with its host.
type ownHost struct {
	host     *Host
	names    []string
	redirect redirect
}

func (o *ownHost) check(u *url.URL) error {
	name := strings.TrimSuffix(u.Hostname(), ".")
	if o.known(name) != "" {
		return nil
	}
	err := fmt.Errorf("%w: the URL's host %.100q is not %s", ErrOutOfScope, name, o.host.addr)
	o.host.gate.noteRefused(&o.host.own, name, err)
	return err
}

// requestContext is the key under which a request's context travels to dial:
// http.Transport dials with a context that outlives a cancelled request.
type requestContext struct{}

func (o *ownHost) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if of, ok := ctx.Value(requestContext{}).(context.Context); ok {
		ctx = of
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialing for HTTP: %w", err)
	}
	if err := o.check(&url.URL{Host: net.JoinHostPort(host, service)}); err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("dialing for HTTP: %w", err)
	}
	return o.host.Dial(ctx, uint16(port))
}

// transport bounds the responses of the transport below.
type transport struct {
	own  *ownHost
	opt  HTTPOptions
	base http.RoundTripper
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.own.check(req.URL); err != nil {
		return nil, err
	}
	ctx := req.Context()
	req = req.Clone(context.WithValue(ctx, requestContext{}, ctx))
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", t.opt.UserAgent)
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{body: resp.Body, left: t.opt.MaxBody}
	return resp, nil
}

// limitedBody reads left bytes and then tells a longer body from one that ends
// there.
type limitedBody struct {
	body io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.left <= 0 {
		var one [1]byte
		n, err := b.body.Read(one[:])
		if n > 0 {
			return 0, ErrBodyLimit
		}
		return 0, err
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	return n, err
}

func (b *limitedBody) Close() error { return b.body.Close() }
