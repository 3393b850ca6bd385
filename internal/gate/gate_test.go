package gate_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/scope"
)

// list permits the addresses that it holds.
type list map[string]bool

var errListed = errors.New("not on the list")

func (l list) Check(addr netip.Addr, _ time.Time) error {
	if l[addr.String()] {
		return nil
	}
	return errListed
}

var (
	here  = netip.MustParseAddr("127.0.0.1")
	other = netip.MustParseAddr("127.0.0.2")
)

// fast are options whose rates do not slow a test down.
func fast(o gate.Options) gate.Options {
	if o.ProbesPerSecond == 0 {
		o.ProbesPerSecond = 1_000_000
	}
	if o.PerNetworkProbesPerSecond == 0 {
		o.PerNetworkProbesPerSecond = 1_000_000
	}
	return o
}

// server listens on host and hands each connection to serve, until the test
// ends. seen counts the connections.
type server struct {
	port uint16
	seen atomic.Int64
}

func serve(t testing.TB, host netip.Addr, each func(net.Conn)) *server {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	s := &server{port: uint16(l.Addr().(*net.TCPAddr).Port)}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.seen.Add(1)
			all.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				each(c)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return s
}

func echo(c net.Conn)   { _, _ = io.Copy(c, c) }
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func mustDial(t testing.TB, h *gate.Host, port uint16) net.Conn {
	t.Helper()
	c, err := h.Dial(t.Context(), port)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDialAndLedger(t *testing.T) {
	s := serve(t, here, echo)
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{}))
	h := g.Host(here)
	c := mustDial(t, h, s.port)
	if _, err := c.Write([]byte("twelve bytes")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), g.Probe(t.Context(), here, s.port)); err != nil {
		t.Fatal(err)
	}
	h.CountAssociation()
	h.CountRequest(0x0020)
	h.CountResponses(40, 30*time.Millisecond)
	h.CountRequest(0x0020)
	h.CountResponses(2, 10*time.Millisecond)
	got := h.Traffic()
	if got.Connections != 1 || got.BytesSent != 12 || got.BytesReceived != 12 || got.Associations != 1 ||
		got.Queries != 2 || got.Responses != 42 || got.LongestQueryMS != 30 {
		t.Errorf("host: %+v", got)
	}
	got.Connections++ // an attempt of a sweep belongs to no host
	if total := g.Total(); total.Traffic != got || total.Refused != 0 {
		t.Errorf("total %+v", total)
	}
	if g.Host(netip.AddrFrom16(here.As16())) != h {
		t.Error("the IPv4-mapped form of an address has another budget")
	}
}

// TestOutOfScope: whatever way a refused address is dialled, its listener sees
// nobody.
func TestOutOfScope(t *testing.T) {
	s := serve(t, other, silent)
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{}))
	mapped := netip.AddrFrom16(other.As16())
	for name, dial := range map[string]func() error{
		"dial":   func() error { _, err := g.Host(other).Dial(t.Context(), s.port); return err },
		"TLS":    func() error { _, err := g.Host(other).DialTLS(t.Context(), s.port, nil); return err },
		"probe":  func() error { return g.Probe(t.Context(), other, s.port) },
		"mapped": func() error { _, err := g.Host(mapped).Dial(t.Context(), s.port); return err },
		"mapped probe": func() error {
			return g.Probe(t.Context(), mapped, s.port)
		},
		"HTTP": func() error {
			_, err := g.Host(other).HTTPClient(gate.HTTPOptions{}).Get("http://" + netip.AddrPortFrom(other, s.port).String())
			return err
		},
	} {
		if err := dial(); !errors.Is(err, gate.ErrOutOfScope) || !errors.Is(err, errListed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.seen.Load() != 0 {
		t.Errorf("%d connections out of scope", s.seen.Load())
	}
	if total := g.Total(); total.Connections != 0 || total.Refused != 6 {
		t.Errorf("%+v", total)
	}
}

func TestFailsClosed(t *testing.T) {
	s := serve(t, here, silent)
	var none *gate.Gate
	var noScope *scope.Scope
	for name, g := range map[string]*gate.Gate{
		"nil gate": none, "zero gate": {}, "nil policy": gate.New(nil, gate.Options{}),
		"scope not loaded": gate.New(noScope, gate.Options{}), "zero scope": gate.New(&scope.Scope{}, gate.Options{}),
	} {
		h := g.Host(here)
		if _, err := h.Dial(t.Context(), s.port); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("%s: dial: %v", name, err)
		}
		if _, err := h.DialTLS(t.Context(), s.port, nil); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("%s: TLS: %v", name, err)
		}
		if err := g.Probe(t.Context(), here, s.port); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("%s: probe: %v", name, err)
		}
		if _, err := g.Resolve(t.Context(), "127.0.0.1"); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("%s: resolve: %v", name, err)
		}
		if _, err := h.HTTPClient(gate.HTTPOptions{}).Get("http://" + netip.AddrPortFrom(here, s.port).String()); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("%s: HTTP: %v", name, err)
		}
		g.Total()
	}
	if s.seen.Load() != 0 {
		t.Errorf("%d connections", s.seen.Load())
	}
}

// turncoat permits its first answers and refuses later ones.
type turncoat struct{ left atomic.Int64 }

func (p *turncoat) Check(netip.Addr, time.Time) error {
	if p.left.Add(-1) < 0 {
		return errListed
	}
	return nil
}

// TestCheckedAtConnectTime: a yes before the wait does not count, only one at
// the moment of connecting.
func TestCheckedAtConnectTime(t *testing.T) {
	s := serve(t, here, silent)
	p := &turncoat{}
	p.left.Store(1)
	g := gate.New(p, fast(gate.Options{}))
	if _, err := g.Host(here).Dial(t.Context(), s.port); !errors.Is(err, gate.ErrOutOfScope) {
		t.Errorf("got %v", err)
	}
	if s.seen.Load() != 0 || g.Total().Connections != 0 {
		t.Error("connected")
	}
}

// TestExpiry: the scope's last day ends while a survey runs.
func TestExpiry(t *testing.T) {
	s := serve(t, here, silent)
	day := time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\ninclude: [127.0.0.1]\n"
	sc, err := scope.Parse("s.yaml", []byte(text), day)
	if err != nil {
		t.Fatal(err)
	}
	now := day
	g := gate.New(sc, fast(gate.Options{Now: func() time.Time { return now }}))
	mustDial(t, g.Host(here), s.port).Close()
	now = day.Add(time.Minute)
	if _, err := g.Host(here).Dial(t.Context(), s.port); !errors.Is(err, gate.ErrOutOfScope) || !errors.Is(err, scope.ErrNotValid) {
		t.Errorf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	s := serve(t, here, silent)
	g := gate.New(list{"127.0.0.1": true}, gate.Options{ProbesPerSecond: 1, PerNetworkProbesPerSecond: 1})
	h := g.Host(here)
	within := func(name string, want error, dial func(ctx context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(30*time.Millisecond, func() { cancel(want) })
		start := time.Now()
		if err := dial(ctx); !errors.Is(err, want) {
			t.Errorf("%s: got %v", name, err)
		}
		if took := time.Since(start); took > 300*time.Millisecond {
			t.Errorf("%s: ended after %v", name, took)
		}
	}
	c := mustDial(t, h, s.port)
	within("waiting for a connection", context.Canceled, func(ctx context.Context) error { _, err := h.Dial(ctx, s.port); return err })
	c.Close()
	within("waiting for the rate", context.Canceled, func(ctx context.Context) error { _, err := h.Dial(ctx, s.port); return err })
	within("cancelled before", context.Canceled, func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := h.Dial(ctx, s.port)
		return err
	})
	mute := gate.New(list{"127.0.0.1": true}, fast(gate.Options{})).Host(here)
	within("TLS handshake", context.Canceled, func(ctx context.Context) error { _, err := mute.DialTLS(ctx, s.port, nil); return err })
	within("HTTP", context.Canceled, func(ctx context.Context) error { return get(ctx, mute, s.port) })
	// No wait may have kept its place.
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	for _, h := range []*gate.Host{h, mute} {
		c, err := h.Dial(ctx, s.port)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
}

func TestConcurrencyLimit(t *testing.T) {
	for _, limit := range []int{1, 3} {
		var now, most atomic.Int64
		s := serve(t, here, echo)
		g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{ConnectionsPerHost: limit}))
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				c, err := g.Host(here).Dial(t.Context(), s.port)
				if err != nil {
					t.Error(err)
					return
				}
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(5 * time.Millisecond)
				now.Add(-1)
				c.Close()
				c.Close() // a second Close frees no second place
			})
		}
		all.Wait()
		if most.Load() != int64(limit) {
			t.Errorf("%d connections at once, want %d", most.Load(), limit)
		}
	}
}
