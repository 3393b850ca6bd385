package gate_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/survey"
)

// service starts an HTTPS server and returns its port, its certificate (for
// example.com and 127.0.0.1) and how many requests it had.
func service(t *testing.T, handler http.HandlerFunc) (port string, roots *x509.CertPool, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return u.Port(), roots, asked
}

// names resolves what it holds.
type serviceNames map[string][]netip.Addr

func (n serviceNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := n[strings.TrimSuffix(host, ".")]; ok {
		return a, nil
	}
	return nil, errors.New("no such host")
}

func ask(t *testing.T, s *gate.Services, address string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.HTTPClient().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

var loopback = []netip.Addr{netip.MustParseAddr("127.0.0.1")}

// quick is a rate that no test waits for.
const quick = 1000

func TestServices(t *testing.T) {
	port, roots, asked := service(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/here", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, r.UserAgent()+" "+r.URL.Path)
	})
	s := gate.NewServices(gate.ServiceOptions{Hosts: []string{"Example.com:" + port}, Local: true, RequestsPerSecond: quick,
		Roots: roots, UserAgent: "us", Resolver: serviceNames{"example.com": loopback}})
	body, err := ask(t, s, "https://example.com:"+port+"/moved")
	if err != nil || body != "us /here" {
		t.Errorf("answer %q, %v", body, err)
	}
	l := s.Ledger()
	if l.Requests != 2 || asked.Load() != 2 || l.Connections != 2 || l.Lookups != 2 || l.Refused != 0 || l.BytesSent == 0 || l.BytesReceived == 0 {
		t.Errorf("ledger %+v, server asked %d times", l, asked.Load())
	}
}

// TestServicesRefuse: nothing goes to anybody but the services, by no way.
func TestServicesRefuse(t *testing.T) {
	var location atomic.Value
	location.Store("")
	elsewhere, _, elsewhereAsked := service(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "elsewhere") })
	plain, plainOpened := web(t, false, func(w http.ResponseWriter, _ *http.Request) {})
	port, roots, asked := service(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, location.Load().(string), http.StatusFound)
	})
	o := gate.ServiceOptions{Hosts: []string{"example.com:" + port, "loop.example:" + port, "127.0.0.1"}, Local: true, RequestsPerSecond: quick, Roots: roots,
		Resolver: serviceNames{"example.com": loopback, "loop.example": loopback}}
	for _, c := range []struct{ name, address, location string }{
		{"another host", "https://example.org:" + port + "/", ""},
		{"another port", "https://example.com:" + elsewhere + "/", ""},
		{"the address instead of the name", "https://127.0.0.1:" + port + "/", ""},
		{"no TLS", plain, ""},
		{"credentials", "https://a:b@example.com:" + port + "/", ""},
		{"redirect to another host", "https://example.com:" + port + "/", "https://127.0.0.1:" + elsewhere + "/"},
		{"redirect without TLS", "https://example.com:" + port + "/", plain},
		{"redirect with credentials", "https://example.com:" + port + "/", "https://a:b@example.com:" + port + "/"},
	} {
		location.Store(c.location)
		s := gate.NewServices(o)
		body, err := ask(t, s, c.address)
		if !errors.Is(err, gate.ErrNotListed) {
			t.Errorf("%s: answer %q, %v", c.name, body, err)
		}
		if s.Ledger().Refused != 1 || s.Ledger().Connections > 1 {
			t.Errorf("%s: ledger %+v", c.name, s.Ledger())
		}
	}
	if asked.Load() != 3 || elsewhereAsked.Load() != 0 || plainOpened.Load() != 0 {
		t.Errorf("asked %d, elsewhere %d, plain %d", asked.Load(), elsewhereAsked.Load(), plainOpened.Load())
	}
	location.Store("https://example.com:" + port + "/")
	if _, err := ask(t, gate.NewServices(o), "https://example.com:"+port+"/"); !errors.Is(err, gate.ErrRedirects) {
		t.Errorf("a circle of redirects: %v", err)
	}
	if _, err := ask(t, gate.NewServices(gate.ServiceOptions{}), "https://example.com:"+port+"/"); !errors.Is(err, gate.ErrNotListed) {
		t.Errorf("without a list: %v", err)
	}
}

// TestServicesPublicOnly: a name that leads into a network of one's own is
// not followed there.
func TestServicesPublicOnly(t *testing.T) {
	port, roots, asked := service(t, func(http.ResponseWriter, *http.Request) {})
	s := gate.NewServices(gate.ServiceOptions{Hosts: []string{"example.com:" + port, "127.0.0.1:" + port}, RequestsPerSecond: quick, Roots: roots,
		Resolver: serviceNames{"example.com": append(loopback, netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1"))}})
	for _, host := range []string{"example.com", "127.0.0.1"} {
		if _, err := ask(t, s, "https://"+host+":"+port+"/"); !errors.Is(err, gate.ErrNotListed) || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if l := s.Ledger(); asked.Load() != 0 || l.Connections != 0 || l.BytesSent != 0 {
		t.Errorf("asked %d times, ledger %+v", asked.Load(), l)
	}
}

// TestServicesVerify: a service has to prove that it is the one.
func TestServicesVerify(t *testing.T) {
	port, roots, asked := service(t, func(http.ResponseWriter, *http.Request) {})
	resolver := serviceNames{"example.com": loopback, "rdap.other.test": loopback}
	for name, o := range map[string]gate.ServiceOptions{
		"unknown authority": {Hosts: []string{"example.com:" + port}},
		"wrong name":        {Hosts: []string{"rdap.other.test:" + port}, Roots: roots},
	} {
		o.Local, o.RequestsPerSecond, o.Resolver = true, quick, resolver
		host, _, _ := strings.Cut(o.Hosts[0], ":")
		if _, err := ask(t, gate.NewServices(o), "https://"+host+":"+port+"/"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("%d requests were sent", asked.Load())
	}
}

func TestServicesLimits(t *testing.T) {
	port, roots, asked := service(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 101)) })
	o := gate.ServiceOptions{Hosts: []string{"example.com:" + port}, Local: true, RequestsPerSecond: quick, Roots: roots, MaxBody: 100,
		Resolver: serviceNames{"example.com": loopback}}
	address := "https://example.com:" + port + "/"
	if body, err := ask(t, gate.NewServices(o), address); !errors.Is(err, gate.ErrBodyLimit) || len(body) != 100 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	// One request an hour: the second has to wait, and its context ends that.
	o.RequestsPerSecond, o.MaxBody = 1.0/3600, 0
	s := gate.NewServices(o)
	if _, err := ask(t, s, address); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := s.HTTPClient().Do(req); err == nil {
		resp.Body.Close()
		t.Error("the second request did not wait for its turn")
	}
	if asked.Load() != 2 || s.Ledger().Requests != 1 {
		t.Errorf("asked %d times, ledger %+v", asked.Load(), s.Ledger())
	}
}

// TestScopeAndServicesApart: neither list opens the other.
func TestScopeAndServicesApart(t *testing.T) {
	port, roots, asked := service(t, func(http.ResponseWriter, *http.Request) {})
	// 127.0.0.1 is in scope, and no service.
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{}))
	if err := g.Check(loopback[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, gate.NewServices(gate.ServiceOptions{Local: true, Roots: roots}), "https://127.0.0.1:"+port+"/"); !errors.Is(err, gate.ErrNotListed) {
		t.Errorf("a target as a service: %v", err)
	}
	// It is a service, and not in scope.
	services := gate.NewServices(gate.ServiceOptions{Hosts: []string{"127.0.0.1:" + port}, Local: true, Roots: roots, RequestsPerSecond: quick})
	if _, err := ask(t, services, "https://127.0.0.1:"+port+"/"); err != nil {
		t.Fatal(err)
	}
	closed := gate.New(list{}, fast(gate.Options{}))
	if err := closed.Probe(t.Context(), loopback[0], 443); !errors.Is(err, gate.ErrOutOfScope) {
		t.Errorf("a service as a target: %v", err)
	}
	if g.Total().Traffic != (survey.Traffic{}) || asked.Load() != 1 {
		t.Errorf("the survey's ledger says %+v", g.Total())
	}
}
