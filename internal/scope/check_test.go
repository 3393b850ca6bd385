package scope_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leadglass/internal/scope"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestCheck(t *testing.T) {
	s := load(t, "design.yaml")
	for _, c := range []struct {
		addr string
		want error
	}{
		{"192.0.2.1", nil},
		{"::ffff:192.0.2.1", nil},
		{"2001:db8::10", nil},
		{"192.0.2.66", scope.ErrExcluded},
		{"::ffff:192.0.2.66", scope.ErrExcluded},
		{"198.51.100.3", scope.ErrExcluded}, // by the opt-out file
		{"::ffff:203.0.113.8", scope.ErrExcluded},
		{"192.0.3.1", scope.ErrOutside},
		{"2001:db8::11", scope.ErrOutside},
		{"64:ff9b::192.0.2.1", scope.ErrOutside},
		{"0.0.0.0", scope.ErrExcluded},
		{"::", scope.ErrExcluded},
		{"::ffff:0.0.0.0", scope.ErrExcluded},
		{"2001:db8::10%eth0", scope.ErrOutside},
		{"127.0.0.1", scope.ErrOutside},
	} {
		if err := s.Check(addr(c.addr), today); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.addr, err, c.want)
		}
	}
	if err := s.Check(netip.Addr{}, today); !errors.Is(err, scope.ErrOutside) {
		t.Errorf("the invalid address: %v", err)
	}
}

func TestFailsClosed(t *testing.T) {
	var none *scope.Scope
	for name, s := range map[string]*scope.Scope{"nil": none, "zero": {}, "filled by hand": {Names: []string{"localhost"}}} {
		if err := s.Check(addr("127.0.0.1"), today); !errors.Is(err, scope.ErrNotLoaded) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Resolved("localhost", []netip.Addr{addr("127.0.0.1")}); !errors.Is(err, scope.ErrNotLoaded) {
			t.Errorf("%s: %v", name, err)
		}
		if s.Size() != 0 || s.RawSize() != 0 || s.RawAt(0).IsValid() || s.Enumerable() == nil || s.Plan().Probes != 0 {
			t.Errorf("%s: has addresses", name)
		}
		for a := range s.Addresses() {
			t.Errorf("%s: yields %s", name, a)
		}
	}
}

// TestValidity: a scope that was valid at loading refuses when its day is over,
// whatever the caller does to its exported fields.
func TestValidity(t *testing.T) {
	s := load(t, "minimal.yaml")
	for _, c := range []struct {
		now  string
		want error
	}{
		{"2025-12-31T23:59:59Z", scope.ErrNotValid},
		{"2026-01-01T00:00:00Z", nil},
		{"2026-12-31T23:59:59Z", nil},
		{"2027-01-01T00:00:00Z", scope.ErrNotValid},
		{"2027-01-01T00:30:00+01:00", nil},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(addr("192.0.2.1"), now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.now, err, c.want)
		}
	}
	s.Authority.ValidUntil = today.AddDate(10, 0, 0)
	if err := s.Check(addr("192.0.2.1"), today.AddDate(2, 0, 0)); !errors.Is(err, scope.ErrNotValid) {
		t.Errorf("a loaded scope was prolonged: %v", err)
	}
}

func TestNames(t *testing.T) {
	in, out, excluded := addr("192.0.2.5"), addr("5.22.113.5"), addr("5.22.113.9")
	t.Run("scope with prefixes", func(t *testing.T) {
		s := load(t, "design.yaml")
		got, err := s.Resolved("pacs.example.org", []netip.Addr{out, in})
		if err != nil || !slices.Equal(got, []netip.Addr{in}) {
			t.Errorf("got %v, %v; want the one inside", got, err)
		}
		if _, err := s.Resolved("pacs.example.org", []netip.Addr{out}); !errors.Is(err, scope.ErrOutside) ||
			!strings.Contains(err.Error(), "pacs.example.org resolves to 5.22.113.5") {
			t.Errorf("a name outside: %v", err)
		}
		if err := s.Check(out, today); !errors.Is(err, scope.ErrOutside) {
			t.Errorf("resolving widened the scope: %v", err)
		}
	})
	t.Run("scope with names only", func(t *testing.T) {
		s := load(t, "names-only.yaml")
		if err := s.Check(out, today); !errors.Is(err, scope.ErrOutside) {
			t.Errorf("before resolution: %v", err)
		}
		if _, err := s.Resolved("other.example.org", []netip.Addr{out}); !errors.Is(err, scope.ErrOutside) {
			t.Errorf("a name that is not listed: %v", err)
		}
		got, err := s.Resolved("PACS.example.org.", []netip.Addr{out, excluded, addr("64:ff9b::5.22.113.9")})
		if err != nil || !slices.Equal(got, []netip.Addr{out}) {
			t.Errorf("first resolution: %v, %v", got, err)
		}
		if err := s.Check(out, today); err != nil {
			t.Errorf("after resolution: %v", err)
		}
		for _, a := range []netip.Addr{excluded, addr("64:ff9b::5.22.113.9")} {
			if err := s.Check(a, today); !errors.Is(err, scope.ErrExcluded) {
				t.Errorf("%s: %v", a, err)
			}
		}
		if _, err := s.Resolved("pacs.example.org", []netip.Addr{in}); !errors.Is(err, scope.ErrOutside) {
			t.Errorf("second resolution: %v", err)
		}
		if err := s.Check(in, today); !errors.Is(err, scope.ErrOutside) {
			t.Errorf("the second resolution widened the scope: %v", err)
		}
		if got := slices.Collect(s.Addresses()); !slices.Equal(got, []netip.Addr{out}) || s.Size() != 1 {
			t.Errorf("addresses %v", got)
		}
		if _, err := s.Resolved("archive.example.org", nil); err == nil {
			t.Error("no answer at all is no error")
		}
	})
}

// TestConcurrentPinning is for the race detector: one resolution wins.
func TestConcurrentPinning(t *testing.T) {
	s := load(t, "names-only.yaml")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			a := netip.AddrFrom4([4]byte{5, 22, 113, byte(100 + i)})
			_, _ = s.Resolved("pacs.example.org", []netip.Addr{a})
			_ = s.Check(a, today)
			_ = s.Size()
			_ = s.Plan()
		})
	}
	all.Wait()
	if s.Size() != 1 {
		t.Errorf("%d addresses permitted, want those of one resolution", s.Size())
	}
}

func TestForTargets(t *testing.T) {
	for _, c := range []struct {
		hosts  []string
		by     string
		refuse string
	}{
		{[]string{"127.0.0.1", "10.1.2.3", "192.168.1.1", "172.31.0.1", "::1", "fd00::1", "localhost"}, "", ""},
		{[]string{"203.0.113.5"}, "", "target 203.0.113.5 is a public address; give the scope file that holds it with --scope FILE, or say who allowed the check with --authorised-by TEXT"},
		{[]string{"::ffff:203.0.113.5"}, " ", "target 203.0.113.5 is a public address; give the scope file that holds it with --scope FILE, or say who allowed the check with --authorised-by TEXT"},
		{[]string{"203.0.113.5", "2001:db8::1"}, "J. Doe, CISO", ""},
		{[]string{"169.254.1.1"}, "", "is a public address"},
		{[]string{"0.0.0.0"}, "J. Doe", "target 0.0.0.0 lies in 0.0.0.0/8, which no host can have; name a host"},
		{[]string{"fe80::1%eth0"}, "J. Doe", "has a zone"},
		{[]string{"10.0.0.0/8"}, "J. Doe", "is a network; survey networks with leadglass survey --scope FILE"},
		{[]string{"pacs_1"}, "", "is not a host name"},
	} {
		s, err := scope.ForTargets(c.hosts, c.by)
		if c.refuse == "" {
			if err != nil {
				t.Errorf("%v: %v", c.hosts, err)
				continue
			}
			for _, h := range c.hosts {
				if a, err := netip.ParseAddr(h); err == nil && s.Check(a, today) != nil {
					t.Errorf("%s: %v", h, s.Check(a, today))
				}
			}
			continue
		}
		var ce *scope.ConfigError
		if !errors.As(err, &ce) || !strings.Contains(err.Error(), c.refuse) {
			t.Errorf("%v: got %v, want %s", c.hosts, err, c.refuse)
		}
	}
}

func TestForTargetsNames(t *testing.T) {
	public := []netip.Addr{addr("5.22.113.5")}
	s, err := scope.ForTargets([]string{"pacs.example.org"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Resolved("pacs.example.org", public); !errors.Is(err, scope.ErrOutside) || !strings.Contains(err.Error(), "--authorised-by") {
		t.Errorf("public without authorisation: %v", err)
	}
	if got, err := s.Resolved("pacs.example.org", []netip.Addr{addr("10.0.0.7")}); err != nil || len(got) != 1 {
		t.Errorf("private without authorisation: %v, %v", got, err)
	}
	if s, err = scope.ForTargets([]string{"pacs.example.org", "10.0.0.9"}, "J. Doe"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Resolved("pacs.example.org", public); err != nil || s.Check(public[0], today) != nil {
		t.Errorf("public with authorisation: %v", err)
	}
	if err := s.Check(addr("5.22.113.6"), today); !errors.Is(err, scope.ErrOutside) {
		t.Errorf("another public address: %v", err)
	}
	want := []netip.Addr{public[0], addr("10.0.0.9")}
	if got := slices.Collect(s.Addresses()); !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
	if s.Authority.Organisation != "J. Doe" || s.Text != "" {
		t.Errorf("authority %+v", s.Authority)
	}
}
