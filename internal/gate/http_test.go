package gate_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/gate"
)

func get(ctx context.Context, h *gate.Host, port uint16) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+netip.AddrPortFrom(h.Addr(), port).String(), nil)
	if err != nil {
		return err
	}
	resp, err := h.HTTPClient(gate.HTTPOptions{}).Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// web starts an HTTP server on 127.0.0.1 and counts its connections.
func web(t *testing.T, secure bool, handler http.HandlerFunc) (base string, opened *atomic.Int64) {
	t.Helper()
	opened = new(atomic.Int64)
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.URL, opened
}

func newHost(o gate.Options) *gate.Host {
	return gate.New(list{"127.0.0.1": true, "127.0.0.3": true}, fast(o)).Host(here)
}

func TestHTTP(t *testing.T) {
	for _, secure := range []bool{false, true} {
		base, opened := web(t, secure, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s %s %s", r.UserAgent(), r.Host, r.Header.Get("Accept-Encoding"))
		})
		h := newHost(gate.Options{})
		client := h.HTTPClient(gate.HTTPOptions{UserAgent: "Leadglass (+https://cert.example/survey)", Names: []string{"PACS.example.org."}})
		for _, url := range []string{base, strings.Replace(base, "127.0.0.1", "pacs.example.org", 1)} {
			resp, err := client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			want := "Leadglass (+https://cert.example/survey) " + url[strings.Index(url, "//")+2:] + " "
			if err != nil || string(body) != want {
				t.Errorf("got %q, %v; want %q", body, err, want)
			}
		}
		// Each connection is over: the only place of the host is free again.
		c := mustDial(t, h, portOf(t, base))
		c.Close()
		if opened.Load() < 2 || h.Traffic().Connections != 3 || h.Traffic().BytesReceived == 0 {
			t.Errorf("%d connections seen, ledger %+v", opened.Load(), h.Traffic())
		}
	}
}

func portOf(t *testing.T, base string) uint16 {
	t.Helper()
	ap, err := netip.ParseAddrPort(base[strings.Index(base, "//")+2:])
	if err != nil {
		t.Fatal(err)
	}
	return ap.Port()
}

// TestRedirects: a redirect elsewhere is refused before anything is sent there,
// whether the scope would permit the address or not.
func TestRedirects(t *testing.T) {
	outside, inside := serve(t, other, silent), serve(t, netip.MustParseAddr("127.0.0.3"), silent)
	for _, c := range []struct {
		to   string
		want error
	}{
		{fmt.Sprintf("http://127.0.0.2:%d/", outside.port), gate.ErrOutOfScope},
		{fmt.Sprintf("https://127.0.0.2:%d/", outside.port), gate.ErrOutOfScope},
		{fmt.Sprintf("http://[::ffff:127.0.0.2]:%d/", outside.port), gate.ErrOutOfScope},
		{fmt.Sprintf("http://127.0.0.3:%d/", inside.port), gate.ErrOutOfScope},
		{fmt.Sprintf("http://localhost:%d/", outside.port), gate.ErrOutOfScope},
		{fmt.Sprintf("http://2130706434:%d/", outside.port), gate.ErrOutOfScope},
		{fmt.Sprintf("//127.0.0.2:%d/", outside.port), gate.ErrOutOfScope},
		{"/again", gate.ErrRedirects},
		{"/end", nil},
	} {
		var asked atomic.Int64
		base, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.URL.Path != "/end" {
				http.Redirect(w, r, c.to, http.StatusFound)
			}
		})
		h := newHost(gate.Options{})
		resp, err := h.HTTPClient(gate.HTTPOptions{}).Get(base)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.to, err, c.want)
		}
		if resp == nil {
			t.Errorf("%s: no response with the redirect", c.to)
		} else {
			resp.Body.Close()
		}
		if c.want == gate.ErrRedirects && asked.Load() != 4 {
			t.Errorf("asked %d times, want once and 3 redirects", asked.Load())
		}
		if c.want == gate.ErrOutOfScope && h.Refused() != 1 {
			t.Errorf("%s: %d refusals in the ledger", c.to, h.Refused())
		}
	}
	if outside.seen.Load()+inside.seen.Load() != 0 {
		t.Error("a redirect was followed to another address")
	}
}

// TestRedirectCredentials: a redirect cannot make us present credentials.
func TestRedirectCredentials(t *testing.T) {
	var sent atomic.Value
	base, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			sent.Store(r.Header.Get("Authorization"))
			return
		}
		w.Header().Set("Location", "http://admin:admin@"+r.Host+"/end")
		w.Header().Set("Set-Cookie", "a=b")
		w.WriteHeader(http.StatusFound)
	})
	resp, err := newHost(gate.Options{}).HTTPClient(gate.HTTPOptions{}).Get(base)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if sent.Load() != "" {
		t.Errorf("sent %q", sent.Load())
	}
}

func TestHTTPLimits(t *testing.T) {
	base, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
		case "/header":
			for i := range 100 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
			}
		case "/slow":
			<-r.Context().Done()
		}
	})
	h := newHost(gate.Options{})
	client := h.HTTPClient(gate.HTTPOptions{MaxBody: 100, MaxHeader: 10_000, Timeout: 200 * time.Millisecond})
	read := func(path string) (int, error) {
		resp, err := client.Get(base + path)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return len(body), err
	}
	if n, err := read("/exact"); n != 100 || err != nil {
		t.Errorf("a body of just the limit: %d, %v", n, err)
	}
	if n, err := read("/endless"); n != 100 || !errors.Is(err, gate.ErrBodyLimit) {
		t.Errorf("an endless body: %d, %v", n, err)
	}
	if _, err := read("/header"); err == nil {
		t.Error("headers of 100 kB were accepted")
	}
	if _, err := read("/slow"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow host: %v", err)
	}
	if h.Traffic().BytesReceived > 1<<20 {
		t.Errorf("%d bytes received", h.Traffic().BytesReceived)
	}
}

// TestProxy: the environment's proxies are not asked.
func TestProxy(t *testing.T) {
	proxy := serve(t, other, silent)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, fmt.Sprintf("http://127.0.0.2:%d", proxy.port))
	}
	t.Setenv("NO_PROXY", "")
	base, _ := web(t, false, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "direct") })
	resp, err := newHost(gate.Options{}).HTTPClient(gate.HTTPOptions{Names: []string{"pacs.example.org"}}).
		Get(strings.Replace(base, "127.0.0.1", "pacs.example.org", 1))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if proxy.seen.Load() != 0 {
		t.Error("the proxy was asked")
	}
}

func TestDialTLS(t *testing.T) {
	base, _ := web(t, true, func(http.ResponseWriter, *http.Request) {})
	h := newHost(gate.Options{ConnectTimeout: 100 * time.Millisecond})
	c, err := h.DialTLS(t.Context(), portOf(t, base), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.ConnectionState().Version < tls.VersionTLS12 || h.Traffic().BytesReceived == 0 {
		t.Errorf("%+v", h.Traffic())
	}
	c.Close()
	if _, err := h.DialTLS(t.Context(), portOf(t, base), &tls.Config{ServerName: "pacs.example.org"}); err == nil {
		t.Error("a certificate that should have been verified was accepted")
	}
	mute := serve(t, here, silent)
	start := time.Now()
	if _, err := h.DialTLS(t.Context(), mute.port, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 2*time.Second {
		t.Errorf("a mute port: %v after %v", err, time.Since(start))
	}
	mustDial(t, h, mute.port).Close()
}

// TestCancelledRequestDoesNotDial: a request that is cancelled while it waits
// for the host's connection does not connect later.
func TestCancelledRequestDoesNotDial(t *testing.T) {
	s := serve(t, here, silent)
	h := newHost(gate.Options{})
	c := mustDial(t, h, s.port)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := get(ctx, h, s.port); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	c.Close()
	time.Sleep(100 * time.Millisecond)
	if n := h.Traffic().Connections; n != 1 {
		t.Errorf("%d connections, want only the first", n)
	}
}
