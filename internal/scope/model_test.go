package scope_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/scope"

	"pgregory.net/rapid"
)

// naive is a scope as a person would check it: with two lists, one after the
// other.
type naive struct{ include, exclude []netip.Prefix }

func (n naive) permits(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	holds := func(p netip.Prefix) bool { return p.Contains(a) }
	// An IANA special-purpose prefix among the addresses that are drawn.
	documentation := netip.MustParsePrefix("203.0.113.0/24")
	includes := func(p netip.Prefix) bool {
		return holds(p) && (!documentation.Contains(a) || p.Bits() >= documentation.Bits())
	}
	return slices.ContainsFunc(n.include, includes) && !slices.ContainsFunc(n.exclude, holds)
}

// Addresses are drawn from two small blocks, so that entries meet.
func addrs(v6 bool) *rapid.Generator[netip.Addr] {
	return rapid.Custom(func(t *rapid.T) netip.Addr {
		n := rapid.Uint16Range(0, 1023).Draw(t, "host")
		if v6 {
			return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 14: byte(n >> 8), 15: byte(n)})
		}
		return netip.AddrFrom4([4]byte{203, 0, byte(112 + n>>8), byte(n)})
	})
}

var prefixes = rapid.Custom(func(t *rapid.T) netip.Prefix {
	a := addrs(rapid.Bool().Draw(t, "v6")).Draw(t, "addr")
	return netip.PrefixFrom(a, a.BitLen()-rapid.IntRange(0, 10).Draw(t, "host bits")).Masked()
})

func disjoint(all []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range all {
		if !slices.ContainsFunc(out, p.Overlaps) {
			out = append(out, p)
		}
	}
	return out
}

func scopeText(n naive) string {
	list := func(all []netip.Prefix) string {
		var words []string
		for _, p := range all {
			words = append(words, fmt.Sprintf("%q", p))
		}
		return strings.Join(words, ", ")
	}
	return "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n" +
		"include: [" + list(n.include) + "]\nexclude: [" + list(n.exclude) + "]\n"
}

// drawScope draws a scope that the loader accepts, with its model.
func drawScope(t *rapid.T) (naive, *scope.Scope) {
	n := naive{include: disjoint(rapid.SliceOfN(prefixes, 1, 8).Draw(t, "include"))}
	for _, x := range rapid.SliceOfN(prefixes, 0, 8).Draw(t, "exclude") {
		covers := func(p netip.Prefix) bool { return x.Bits() <= p.Bits() && x.Overlaps(p) }
		if !slices.ContainsFunc(n.include, covers) && !slices.Contains(n.exclude, x) {
			n.exclude = append(n.exclude, x)
		}
	}
	s, err := scope.Parse("drawn.yaml", []byte(scopeText(n)), today)
	if err != nil {
		if strings.Contains(err.Error(), "leave nothing") {
			t.Skip("nothing left")
		}
		t.Fatalf("%v\n%s", err, scopeText(n))
	}
	return n, s
}

// TestAgainstModel compares Check, Addresses and Size with the naive model.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, s := drawScope(t)
		var want []netip.Addr
		for _, v6 := range []bool{false, true} {
			for i := range 1024 {
				a := netip.AddrFrom4([4]byte{203, 0, byte(112 + i>>8), byte(i)})
				if v6 {
					a = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 14: byte(i >> 8), 15: byte(i)})
				}
				if n.permits(a) {
					want = append(want, a)
				}
				if got := s.Check(a, today) == nil; got != n.permits(a) {
					t.Fatalf("%s: permitted %v, model %v\n%s", a, got, n.permits(a), scopeText(n))
				}
				if a.Is4() && (s.Check(netip.AddrFrom16(a.As16()), today) == nil) != n.permits(a) {
					t.Fatalf("%s is judged otherwise as IPv4-mapped\n%s", a, scopeText(n))
				}
				if s.Check(a.WithZone("eth0"), today) == nil && a.Is6() {
					t.Fatalf("%s is permitted with a zone", a)
				}
			}
		}
		if got := slices.Collect(s.Addresses()); !slices.Equal(got, want) {
			t.Fatalf("addresses %v\nwant %v\n%s", got, want, scopeText(n))
		}
		if s.Size() != uint64(len(want)) {
			t.Fatalf("size %d, want %d", s.Size(), len(want))
		}
	})
}

// TestRawOrder compares RawAt with the included prefixes in address order.
func TestRawOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, s := drawScope(t)
		var want []netip.Addr
		slices.SortFunc(n.include, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
		for _, p := range n.include {
			for a := p.Addr(); p.Contains(a); a = a.Next() {
				want = append(want, a)
			}
		}
		if s.RawSize() != uint64(len(want)) {
			t.Fatalf("raw size %d, want %d", s.RawSize(), len(want))
		}
		for i, a := range want {
			if got := s.RawAt(uint64(i)); got != a {
				t.Fatalf("number %d is %s, want %s", i, got, a)
			}
		}
		if s.RawAt(uint64(len(want))).IsValid() {
			t.Fatal("an address beyond the last")
		}
	})
}

// TestOverlapsRefused: any include list with an overlap is refused.
func TestOverlapsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		include := rapid.SliceOfN(prefixes, 1, 8).Draw(t, "include")
		overlap := len(disjoint(include)) != len(include)
		_, err := scope.Parse("drawn.yaml", []byte(scopeText(naive{include: include})), today)
		if (err != nil) != overlap {
			t.Fatalf("overlap %v, error %v\n%s", overlap, err, scopeText(naive{include: include}))
		}
	})
}
