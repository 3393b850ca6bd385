package gate_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/gate"
	"leadglass/internal/scope"
)

// dns answers A questions on loopback (RFC 1035); AAAA questions have no
// answer. Names are without the final dot.
type dns struct {
	mu        sync.Mutex
	answers   map[string][]string
	questions []string
}

func (d *dns) set(name string, addrs ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers[name] = addrs
}

func startDNS(t *testing.T) (*dns, *net.Resolver) {
	t.Helper()
	d := &dns{answers: map[string][]string{}}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := d.reply(buf[:n]); reply != nil {
				_, _ = pc.WriteTo(reply, from)
			}
		}
	})
	t.Cleanup(func() { pc.Close(); done.Wait() })
	return d, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var nd net.Dialer
		return nd.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func (d *dns) reply(q []byte) []byte {
	if len(q) < 17 {
		return nil
	}
	var labels []string
	i := 12
	for i < len(q) && q[i] != 0 {
		labels = append(labels, string(q[i+1:i+1+int(q[i])]))
		i += 1 + int(q[i])
	}
	name, kind, end := strings.Join(labels, "."), binary.BigEndian.Uint16(q[i+1:]), i+5
	d.mu.Lock()
	defer d.mu.Unlock()
	d.questions = append(d.questions, name)
	var answers []string
	if kind == 1 {
		answers = d.answers[name]
	}
	out := append([]byte(nil), q[:2]...)
	code := byte(0)
	if _, known := d.answers[name]; !known {
		code = 3
	}
	out = append(out, 0x81, 0x80|code, 0, 1, 0, byte(len(answers)), 0, 0, 0, 0)
	out = append(out, q[12:end]...)
	for _, a := range answers {
		v4 := netip.MustParseAddr(a).As4()
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		out = append(out, v4[:]...)
	}
	return out
}

func TestResolve(t *testing.T) {
	d, r := startDNS(t)
	d.set("inside.example.org", "127.0.0.1")
	d.set("outside.example.org", "127.0.0.2")
	d.set("both.example.org", "127.0.0.2", "127.0.0.1", "127.0.0.1")
	d.set("empty.example.org")
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{Resolver: r}))
	for _, c := range []struct {
		name string
		want error
	}{
		{"inside.example.org", nil}, {"both.example.org", nil}, {"127.0.0.1", nil}, {"::ffff:127.0.0.1", nil},
		{"outside.example.org", gate.ErrOutOfScope}, {"127.0.0.2", gate.ErrOutOfScope},
	} {
		got, err := g.Resolve(t.Context(), c.name)
		if !errors.Is(err, c.want) || c.want == nil && !slices.Equal(got, []netip.Addr{here}) {
			t.Errorf("%s: got %v, %v", c.name, got, err)
		}
	}
	var notFound *net.DNSError
	if _, err := g.Resolve(t.Context(), "none.example.org"); !errors.As(err, &notFound) {
		t.Errorf("a name that does not exist: %v", err)
	}
	if _, err := g.Resolve(t.Context(), "empty.example.org"); err == nil {
		t.Error("a name without addresses")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range d.questions {
		if _, known := d.answers[q]; !known && q != "none.example.org" {
			t.Errorf("asked for %q: the search list was tried", q)
		}
	}
	if total := g.Total(); total.Connections != 0 || total.Refused < 3 {
		t.Errorf("%+v", total)
	}
}

// TestRebinding: a name is resolved into the scope, and then out of it. The
// scope permits the first answer for ever and the second never.
func TestRebinding(t *testing.T) {
	d, r := startDNS(t)
	outside := serve(t, other, silent)
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\ninclude: [pacs.example.org]\n"
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	sc, err := scope.Parse("s.yaml", []byte(text), now)
	if err != nil {
		t.Fatal(err)
	}
	g := gate.New(sc, fast(gate.Options{Resolver: r, Now: func() time.Time { return now }}))
	first := mustAddr("5.22.113.1")
	d.set("pacs.example.org", "5.22.113.1")
	if got, err := g.Resolve(t.Context(), "pacs.example.org"); err != nil || !slices.Equal(got, []netip.Addr{first}) {
		t.Fatalf("got %v, %v", got, err)
	}
	for _, second := range []string{"127.0.0.2", "5.22.113.2"} {
		d.set("pacs.example.org", second)
		if got, err := g.Resolve(t.Context(), "pacs.example.org"); !errors.Is(err, gate.ErrOutOfScope) || !errors.Is(err, scope.ErrOutside) {
			t.Errorf("the second answer: %v, %v", got, err)
		}
		if err := g.Check(mustAddr(second)); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("the second answer: %v", err)
		}
	}
	if _, err := g.Host(other).Dial(t.Context(), outside.port); !errors.Is(err, gate.ErrOutOfScope) {
		t.Errorf("dialing the second answer: %v", err)
	}
	if err := g.Check(first); err != nil {
		t.Errorf("the first answer: %v", err)
	}
	if outside.seen.Load() != 0 {
		t.Error("connected")
	}
}

// liar resolves every name to the addresses it was given.
type liar struct {
	answers []netip.Addr
	asked   atomic.Int64
}

func (l *liar) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	l.asked.Add(1)
	return l.answers, nil
}

// TestResolverAnswers: odd answers of a resolver are judged like all others.
func TestResolverAnswers(t *testing.T) {
	l := &liar{}
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{Resolver: l}))
	for range 100 {
		l.answers = append(l.answers, netip.AddrFrom16(other.As16()), netip.Addr{}, mustAddr("fe80::1%lo"))
	}
	if got, err := g.Resolve(t.Context(), "pacs"); !errors.Is(err, gate.ErrOutOfScope) {
		t.Errorf("%v, %v", got, err)
	}
	l.answers = []netip.Addr{netip.AddrFrom16(here.As16()), here}
	if got, err := g.Resolve(t.Context(), "pacs"); err != nil || !slices.Equal(got, []netip.Addr{here}) {
		t.Errorf("%v, %v", got, err)
	}
	if g.Total().Lookups != 2 || l.asked.Load() != 2 {
		t.Errorf("%d lookups", g.Total().Lookups)
	}
}
