package gate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"leadglass/internal/survey"
)

// ErrNotListed: a host is not one of the services.
var ErrNotListed = errors.New("not in the list of services")

// ServiceOptions say which services may be asked, and how often. Zero fields
// take defaults; without Hosts nothing is let out.
type ServiceOptions struct {
	// Hosts are the services, as "name" for port 443 or "name:port". Nothing
	// that a service answers adds to them.
	Hosts []string
	// Local admits services at addresses that are not public: a mirror within
	// one's own network. Without it a name that leads there is refused.
	Local bool
	// RequestsPerSecond bounds the requests to all services together, redirects
	// included; default 1. There is no burst.
	RequestsPerSecond float64
	// Timeout bounds a request with its body, without the wait for its turn;
	// each redirect is a request; default 30 s.
	Timeout time.Duration
	// MaxBody bounds a body in bytes; default 1 MiB.
	MaxBody int64
	// UserAgent is sent where a request has none; default "Leadglass".
	UserAgent string
	// Roots verify the services' certificates; default the system's.
	Roots *x509.CertPool
	// Resolver resolves the services' names; default the system's.
	Resolver Resolver
	// Logger gets refusals, at debug level; default none.
	Logger *slog.Logger
}

// Services is the second allow list, beside the scope: a few hosts that are
// asked about targets, such as address registries, and never are targets. It
// has nothing in common with a Gate: what the scope permits cannot be asked
// through Services, what Services permit cannot be dialled through a Gate, and
// each has a rate limit and a ledger of its own.
//
// Only HTTPS is spoken, certificates are verified, and the list is asked again
// at the moment of connecting.
type Services struct {
	hosts map[string]bool
	opt   ServiceOptions
	turns *rate.Limiter

	requests, connections, refused, lookups, sent, received atomic.Int64
}

// ServiceLedger is what went out to services.
type ServiceLedger struct {
	// Requests counts the HTTP requests, redirects included.
	Requests int64 `json:"requests"`
	// Connections counts the TCP connections opened, successful or not.
	Connections   int64 `json:"connections"`
	BytesSent     int64 `json:"bytes_sent"`
	BytesReceived int64 `json:"bytes_received"`
	// Refused counts hosts and addresses that were not let out.
	Refused int64 `json:"refused"`
	// Lookups counts the host names that were resolved.
	Lookups int64 `json:"lookups"`
}

// NewServices returns the services of o.
func NewServices(o ServiceOptions) *Services {
	if o.RequestsPerSecond <= 0 {
		o.RequestsPerSecond = 1
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.UserAgent == "" {
		o.UserAgent = "Leadglass"
	}
	if o.Resolver == nil {
		o.Resolver = &net.Resolver{PreferGo: true}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Services{hosts: map[string]bool{}, opt: o, turns: rate.NewLimiter(rate.Limit(o.RequestsPerSecond), 1)}
	for _, host := range o.Hosts {
		if !strings.Contains(host, ":") {
			host += ":443"
		}
		s.hosts[strings.ToLower(host)] = true
	}
	return s
}

// Ledger is the ledger up to now.
func (s *Services) Ledger() ServiceLedger {
	return ServiceLedger{Requests: s.requests.Load(), Connections: s.connections.Load(), BytesSent: s.sent.Load(),
		BytesReceived: s.received.Load(), Refused: s.refused.Load(), Lookups: s.lookups.Load()}
}

// HTTPClient returns a client for the services and nobody else. Requests wait
// for their turn, or for their context. At most 3 redirects are followed, to
// services only. There are no proxies, no cookies and no decompression.
func (s *Services) HTTPClient() *http.Client {
	return &http.Client{
		Transport: &serviceTransport{services: s, base: &http.Transport{
			DialContext:            s.dial,
			TLSClientConfig:        &tls.Config{RootCAs: s.opt.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return ErrRedirects
			}
			return s.check(req.URL)
		},
	}
}

// check is the rule that only services are asked, and only over TLS.
func (s *Services) check(u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	switch host := strings.ToLower(u.Hostname()) + ":" + port; {
	case u.Scheme != "https":
		return s.refuse(fmt.Errorf("%w: %.100q is not https", ErrNotListed, u.Redacted()))
	case u.User != nil:
		return s.refuse(fmt.Errorf("%w: a URL with a name or password", ErrNotListed))
	case !s.hosts[host]:
		return s.refuse(fmt.Errorf("%w: %.100q", ErrNotListed, host))
	}
	return nil
}

func (s *Services) refuse(err error) error {
	s.refused.Add(1)
	s.opt.Logger.Debug("refused a service", "detail", err)
	return err
}

// dial connects to a service by its name.
func (s *Services) dial(ctx context.Context, _, address string) (net.Conn, error) {
	name, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialing a service: %w", err)
	}
	if err := s.check(&url.URL{Scheme: "https", Host: address}); err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("dialing a service: %w", err)
	}
	addrs, err := s.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: -1, ControlContext: s.control}
	d.SetMultipathTCP(false)
	for _, addr := range addrs {
		var c net.Conn
		if c, err = d.DialContext(ctx, "tcp", netip.AddrPortFrom(addr, uint16(port)).String()); err == nil {
			return &serviceConn{Conn: c, services: s}, nil
		}
	}
	return nil, fmt.Errorf("dialing %s: %w", address, err)
}

// maxTried is how many addresses of a service are tried.
const maxTried = 4

// resolve returns the addresses of a service that may be connected to.
func (s *Services) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr.Unmap()}, s.permitted(addr)
	}
	s.lookups.Add(1)
	answers, err := s.opt.Resolver.LookupNetIP(ctx, "ip", complete(name))
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", name, err)
	}
	var out []netip.Addr
	refusal := fmt.Errorf("resolving %s: it has no address", name)
	for _, addr := range distinct(answers) {
		if err := s.permitted(addr); err != nil {
			refusal = fmt.Errorf("resolving %s: %w", name, err)
		} else if len(out) < maxTried {
			out = append(out, addr)
		}
	}
	if len(out) == 0 {
		return nil, refusal
	}
	return out, nil
}

// permitted refuses addresses where no public service can be.
func (s *Services) permitted(addr netip.Addr) error {
	if s.opt.Local || survey.Public(addr) {
		return nil
	}
	return s.refuse(fmt.Errorf("%w: %s is not a public address", ErrNotListed, addr))
}

// control runs right before the kernel sends anything.
func (s *Services) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return s.refuse(fmt.Errorf("%w: cannot tell the address of a connection", ErrNotListed))
	}
	if err := s.permitted(target.Addr()); err != nil {
		return err
	}
	s.connections.Add(1)
	return nil
}

// serviceTransport holds requests to the list and the rate, and bounds their
// answers.
type serviceTransport struct {
	services *Services
	base     http.RoundTripper
}

func (t *serviceTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	s := t.services
	if err := s.check(req.URL); err != nil {
		return nil, err
	}
	if err := s.turns.Wait(req.Context()); err != nil {
		return nil, fmt.Errorf("waiting for a turn: %w", err)
	}
	s.requests.Add(1)
	ctx, cancel := context.WithTimeout(req.Context(), s.opt.Timeout)
	req = req.Clone(ctx)
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", s.opt.UserAgent)
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &serviceBody{limitedBody{body: resp.Body, left: s.opt.MaxBody}, cancel}
	return resp, nil
}

// serviceBody ends the request's time when it is closed.
type serviceBody struct {
	limitedBody
	cancel context.CancelFunc
}

func (b *serviceBody) Close() error {
	defer b.cancel()
	return b.limitedBody.Close()
}

// serviceConn counts what passes.
type serviceConn struct {
	net.Conn
	services *Services
}

func (c *serviceConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.services.received.Add(int64(n))
	return n, err
}

func (c *serviceConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.services.sent.Add(int64(n))
	return n, err
}
