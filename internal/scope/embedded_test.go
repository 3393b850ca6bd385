package scope_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"leadglass/internal/scope"
	"leadglass/internal/survey"

	"pgregory.net/rapid"
)

// standIns are the IPv6 addresses that stand for the IPv4 address a; n fills
// what they leave open.
func standIns(a netip.Addr, n uint64) map[string]netip.Addr {
	v4 := a.As4()
	build := func(prefix string, at int, skip bool, mask byte) netip.Addr {
		b := netip.MustParseAddr(prefix).As16()
		for i, octet := range v4 {
			if skip && at+i >= 8 { // octet 8 is zero (RFC 6052 2.2)
				b[at+i+1] = octet ^ mask
				continue
			}
			b[at+i] = octet ^ mask
		}
		return netip.AddrFrom16(b)
	}
	fill := func(addr netip.Addr, from int) netip.Addr {
		b := addr.As16()
		var bits [8]byte
		binary.BigEndian.PutUint64(bits[:], n)
		copy(b[from:], bits[:])
		return netip.AddrFrom16(b)
	}
	return map[string]netip.Addr{
		"mapped":                    build("::ffff:0:0", 12, false, 0),
		"compatible":                build("::", 12, false, 0),
		"translated":                build("::ffff:0:0:0", 12, false, 0),
		"NAT64":                     build("64:ff9b::", 12, false, 0),
		"local NAT64, /48":          build("64:ff9b:1::", 6, true, 0),
		"local NAT64, /56":          build("64:ff9b:1:ab00::", 7, true, 0),
		"local NAT64, /64":          build("64:ff9b:1:abcd::", 9, false, 0),
		"local NAT64, /96":          build("64:ff9b:1:abcd:1:2::", 12, false, 0),
		"6to4":                      fill(build("2002::", 2, false, 0), 8),
		"Teredo, its server":        fill(build("2001::", 4, false, 0), 8),
		"Teredo, its client":        build("2001:0:5:6:7:8::", 12, false, 0xff),
		"ISATAP":                    build("2001:db8:1:2:0:5efe::", 12, false, 0),
		"ISATAP, a global address":  build("2a00:1:2:3:200:5efe::", 12, false, 0),
		"ISATAP, of link-local use": build("fd00::5efe:0:0", 12, false, 0),
	}
}

// TestExcludedInEveryForm: what stands for an excluded IPv4 address is excluded,
// though the scope includes all of IPv6, and what stands for another is not.
func TestExcludedInEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(8, 32).Draw(t, "bits")
		base := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, rapid.Uint32Range(4<<24, 223<<24).Draw(t, "excluded"))))
		excluded := netip.PrefixFrom(base, bits).Masked()
		s, err := scope.Parse("s.yaml", fmt.Appendf(nil, "%sinclude: [\"::/1\", \"fd00::/16\", \"::ffff:0:0/97\"]\nexclude: [%s]\n", rules, excluded), today)
		if err != nil {
			s, err = scope.Parse("s.yaml", fmt.Appendf(nil, "%sinclude: [\"::/1\", \"fd00::/16\"]\nexclude: [%s]\n", rules, excluded), today)
		}
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.Uint64().Draw(t, "rest")
		for form, a := range standIns(base, n) {
			if err := s.Check(a, today); !errors.Is(err, scope.ErrExcluded) {
				t.Errorf("%s: %s, with %s excluded: %v", form, a, excluded, err)
			}
		}
		other := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(excluded.Addr().AsSlice())^1<<(32-bits))))
		for form, a := range standIns(other, 0) {
			if form == "mapped" || form == "local NAT64, /48" || form == "local NAT64, /56" || form == "local NAT64, /64" || form == "local NAT64, /96" {
				continue // by another length of the prefix it may stand for an excluded one
			}
			if err := s.Check(a, today); err != nil {
				t.Errorf("%s: %s stands for %s, with %s excluded: %v", form, a, other, excluded, err)
			}
		}
	})
}

// TestExcludedStandInsAreNotSwept: what is listed to be swept is what may be
// touched, in every form.
func TestExcludedStandInsAreNotSwept(t *testing.T) {
	for form, a := range standIns(addr("5.6.7.68"), 3) {
		if form == "mapped" {
			continue
		}
		p, err := a.Prefix(122)
		if err != nil {
			t.Fatal(err)
		}
		s, err := scope.Parse("s.yaml", fmt.Appendf(nil, "%sinclude: [%q, 192.0.2.1]\nexclude: [5.6.7.66/31, 5.6.7.68/30]\n", rules, p), today)
		if err != nil {
			t.Fatal(err)
		}
		var want []netip.Addr
		for a := p.Addr(); p.Contains(a); a = a.Next() {
			if s.Check(a, today) == nil {
				want = append(want, a)
			}
		}
		got := slices.DeleteFunc(slices.Collect(s.Addresses()), netip.Addr.Is4)
		if !slices.Equal(got, want) || len(got) == 64 {
			t.Errorf("%s: %d are listed, %d permitted", form, len(got), len(want))
		}
	}
}

// TestNamesLeadNowhereSpecial: in a scope of names an answer for special
// purposes permits nothing, in whatever form.
func TestNamesLeadNowhereSpecial(t *testing.T) {
	answers := []string{"127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "192.0.2.1", "::1", "fd00::1", "2002:505:505::1",
		"::ffff:10.1.2.3", "::10.1.2.3", "64:ff9b::5.5.5.5", "64:ff9b:1::5.5.5.5", "::ffff:0:5.5.5.5", "2001:0:505:505::1", "5f00::1", "fe80::1", "4000::1"}
	for _, block := range survey.SpecialPurposes() {
		answers = append(answers, block.Prefix.Addr().String())
	}
	for _, a := range answers {
		s := load(t, "names-only.yaml")
		if got, err := s.Resolved("pacs.example.org", []netip.Addr{addr(a), addr("5.5.5.5")}); err != nil || !slices.Equal(got, []netip.Addr{addr("5.5.5.5")}) {
			t.Errorf("%s: %v, %v", a, got, err)
		}
		if s.Check(addr(a), today) == nil {
			t.Errorf("%s is permitted", a)
		}
	}
	s := load(t, "names-only.yaml")
	if _, err := s.Resolved("pacs.example.org", []netip.Addr{addr("10.1.2.3")}); err == nil || err.Error() !=
		"pacs.example.org resolves to 10.1.2.3: outside the scope: addresses for private use (RFC 1918) are permitted by a prefix of the include list only" {
		t.Errorf("the refusal: %v", err)
	}
	s, err := scope.Parse("s.yaml", []byte(rules+"include: [pacs.example.org, 10.1.0.0/16]\n"), today)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Resolved("pacs.example.org", []netip.Addr{addr("10.1.2.3")}); err != nil || len(got) != 1 {
		t.Errorf("included by prefix: %v, %v", got, err)
	}
}
