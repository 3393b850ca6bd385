package scope_test

import (
	"net/netip"
	"slices"
	"testing"

	"leadglass/internal/scope"
)

// TestSweepAndSingles: what a sweep goes through and what is named by itself
// are together all addresses, each once, and RawIndex is the way back.
func TestSweepAndSingles(t *testing.T) {
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n" +
		"include: [192.0.2.0/28, 198.51.100.7, 203.0.113.0/31, \"2001:db8::/125\", \"2001:db8:1::1\"]\n" +
		"exclude: [192.0.2.3, \"2001:db8::4/126\"]\n"
	s, err := scope.Parse("s.yaml", []byte(text), today)
	if err != nil {
		t.Fatal(err)
	}
	var got []netip.Addr
	for i := range s.RawSize() {
		if a, ok := s.SweepAt(i); ok {
			got = append(got, a)
		}
		if n, ok := s.RawIndex(s.RawAt(i)); n != i || !ok {
			t.Errorf("%s has the number %d, found %d (%v)", s.RawAt(i), i, n, ok)
		}
	}
	singles := slices.Collect(s.Singles())
	if want := []netip.Addr{addr("198.51.100.7"), addr("2001:db8:1::1")}; !slices.Equal(singles, want) {
		t.Errorf("singles %v, want %v", singles, want)
	}
	got = append(got, singles...)
	slices.SortFunc(got, netip.Addr.Compare)
	if want := slices.Collect(s.Addresses()); !slices.Equal(got, want) {
		t.Errorf("swept and single\n%v\nwant\n%v", got, want)
	}
	for _, a := range []string{"192.0.1.255", "192.0.2.16", "203.0.113.2", "2001:db8::8", "::1", "::ffff:9.9.9.9"} {
		if i, ok := s.RawIndex(addr(a)); ok {
			t.Errorf("%s has the number %d", a, i)
		}
	}
	if _, ok := s.SweepAt(s.RawSize()); ok {
		t.Error("an address beyond the last")
	}
}

func BenchmarkSweepAt(b *testing.B) {
	s, err := scope.Parse("s.yaml", []byte("version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"+
		"include: [10.0.0.0/8, 192.0.2.0/24]\nexclude: [10.1.0.0/16]\n"), today)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var i uint64
	for b.Loop() {
		i = (i + 7919) % s.RawSize()
		s.SweepAt(i)
	}
}
