package scope_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/scope"
)

func TestPlan(t *testing.T) {
	header := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"
	for _, c := range []struct {
		name, text string
		want       scope.Plan
	}{
		{"the network's rate decides", "include: [192.0.2.0/24, 198.51.100.0/25]\nports: {dicom: [104, 11112], http: []}\n",
			scope.Plan{Addresses: 384, Ports: 2, Probes: 768, Packets: 4608, Bytes: 368640, SYNPackets: 1536, SYNBytes: 98304, Time: 10240 * time.Millisecond,
				PeakNetwork: netip.MustParsePrefix("192.0.2.0/24"), PeakNetworkProbes: 512, PeakNetworkRate: 50}},
		{"the whole rate decides", "include: [10.0.0.0/16]\nports: {dicom: [104], http: []}\nrate: {probes_per_second: 100}\n",
			scope.Plan{Addresses: 65536, Ports: 1, Probes: 65536, Packets: 393216, Bytes: 31457280, SYNPackets: 131072, SYNBytes: 8388608, Time: 655360 * time.Millisecond,
				PeakNetwork: netip.MustParsePrefix("10.0.0.0/24"), PeakNetworkProbes: 256, PeakNetworkRate: 50}},
		{"parts of a network add up", "include: [192.0.2.0/30, 192.0.2.128/30, 198.51.100.0/30]\nexclude: [198.51.100.1]\nports: {dicom: [104], http: []}\n",
			scope.Plan{Addresses: 11, Ports: 1, Probes: 11, Packets: 66, Bytes: 5280, SYNPackets: 22, SYNBytes: 1408, Time: 160 * time.Millisecond,
				PeakNetwork: netip.MustParsePrefix("192.0.2.0/24"), PeakNetworkProbes: 8, PeakNetworkRate: 50}},
		{"names to come", "include: [a.example.org, b.example.org]\nports: {dicom: [104], http: []}\n",
			scope.Plan{Addresses: 2, Names: 2, Ports: 1, Probes: 2, Packets: 12, Bytes: 960, SYNPackets: 4, SYNBytes: 256, Time: 2 * time.Millisecond, PeakNetworkRate: 50}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := scope.Parse("s.yaml", []byte(header+c.text), today)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Plan()
			if c.want.TimeSeconds = c.want.Time.Seconds(); !equalPlans(got, c.want) {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func equalPlans(a, b scope.Plan) bool {
	same := slices.Equal(a.NotSwept, b.NotSwept)
	a.NotSwept, b.NotSwept = nil, nil
	return same && a.Addresses == b.Addresses && a.Names == b.Names && a.Ports == b.Ports && a.Probes == b.Probes &&
		a.Packets == b.Packets && a.Bytes == b.Bytes &&
		a.SYNPackets == b.SYNPackets && a.SYNBytes == b.SYNBytes && a.Time == b.Time && a.TimeSeconds == b.TimeSeconds &&
		a.PeakNetwork == b.PeakNetwork && a.PeakNetworkProbes == b.PeakNetworkProbes && a.PeakNetworkRate == b.PeakNetworkRate
}

// TestWholeInternet: a scope of any size is planned without iterating.
func TestWholeInternet(t *testing.T) {
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n" +
		"include: [0.0.0.0/0]\nexclude: [10.0.0.0/8]\n"
	s, err := scope.Parse("s.yaml", []byte(text), today)
	if err != nil {
		t.Fatal(err)
	}
	// Without 0/8, 10/8, 224/4, 240/4, and the special purposes: 100.64/10,
	// 127/8, 169.254/16, 172.16/12, 192.168/16, 198.18/15, and five /24.
	if want := uint64(1)<<32 - 3<<24 - 2<<28 - 1<<22 - 1<<20 - 2<<16 - 1<<17 - 5<<8; s.Size() != want {
		t.Errorf("size %d, want %d", s.Size(), want)
	}
	if s.RawSize() != 1<<32 || s.RawAt(1<<32-1) != addr("255.255.255.255") {
		t.Errorf("raw size %d, last %s", s.RawSize(), s.RawAt(1<<32-1))
	}
	for a := range s.Addresses() {
		if a != addr("1.0.0.0") {
			t.Errorf("first address %s", a)
		}
		break
	}
	if p := s.Plan(); p.PeakNetworkProbes != 256*9 || p.TimeSeconds < 3e7 {
		t.Errorf("%+v", p)
	}
}

func TestLargeIPv6(t *testing.T) {
	s := load(t, "large-v6.yaml")
	err := s.Enumerable()
	if err == nil || !strings.Contains(err.Error(), "2001:db8::/32 holds 2^96 addresses") || !strings.Contains(err.Error(), "--candidates") {
		t.Errorf("got %v", err)
	}
	if err := s.Check(addr("2001:db8:0:7::1"), today); err != nil {
		t.Errorf("a given address inside is refused: %v", err)
	}
	var got []string
	for a := range s.Addresses() {
		got = append(got, a.String())
	}
	want := []string{"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db9::", "2001:db9::1", "2001:db9::3"}
	if !slices.Equal(got, want) || s.Size() != uint64(len(want)) {
		t.Errorf("addresses %v, size %d", got, s.Size())
	}
	if p := s.Plan(); len(p.NotSwept) != 1 || p.PeakNetwork != netip.MustParsePrefix("192.0.2.0/24") {
		t.Errorf("%+v", p)
	}
	if err := load(t, "minimal.yaml").Enumerable(); err != nil {
		t.Error(err)
	}
}

func TestNetworkOf(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2::3": "2001:db8:1::/48",
	} {
		if got := scope.NetworkOf(addr(in), 24); got.String() != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestPlanOfNetworks: each network has its own part of the plan, the busiest
// first; the others are summed up.
func TestPlanOfNetworks(t *testing.T) {
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n" +
		"include: [192.0.2.0/24, 198.51.100.16/28, 203.0.113.7, 10.0.0.0/22, \"2001:db8::/126\"]\nexclude: [10.0.1.0/25, 10.0.2.0/24]\n" +
		"ports: {dicom: [104, 11112], http: []}\nrate: {probes_per_second: 100, per_network: {probes_per_second: 20}}\n"
	s, err := scope.Parse("s.yaml", []byte(text), today)
	if err != nil {
		t.Fatal(err)
	}
	p := s.Plan()
	type part struct {
		network      string
		probes, peak uint64
		seconds      float64
		heldBack     bool
	}
	var got []part
	for _, n := range p.Networks {
		got = append(got, part{n.Network.String(), n.Probes, n.PeakRate, n.TimeSeconds, n.HeldBack})
	}
	// 917 addresses, 1,834 probes: 18.34 s at 100 a second.
	want := []part{{"10.0.0.0/24", 512, 20, 25.6, true}, {"10.0.3.0/24", 512, 20, 25.6, true}, {"192.0.2.0/24", 512, 20, 25.6, true},
		{"10.0.1.0/24", 256, 20, 12.8, false}, {"198.51.100.0/24", 32, 20, 1.6, false}, {"2001:db8::/48", 8, 8, 0.4, false}, {"203.0.113.0/24", 2, 2, 0.1, false}}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	if p.NetworkCount != 7 || p.HeldBack != 3 || p.OtherNetworks != 0 || p.OtherProbes != 0 || p.PeakNetwork.String() != "10.0.0.0/24" {
		t.Errorf("%+v", p)
	}
}

// TestPlanOfManyNetworks: of many networks those with the most probes are
// listed, wherever they lie, and the rest is summed up to the last probe.
func TestPlanOfManyNetworks(t *testing.T) {
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n" +
		"include: [8.0.0.0/9]\nports: {dicom: [104], http: []}\nrate: {per_network: {prefix: 20}}\nexclude:\n"
	// The first half of the networks lacks one address each.
	for i := range 1024 {
		text += "  - " + netip.AddrFrom4([4]byte{8, byte(i / 16), byte(i % 16 * 16), 9}).String() + "\n"
	}
	s, err := scope.Parse("s.yaml", []byte(text), today)
	if err != nil {
		t.Fatal(err)
	}
	p := s.Plan()
	if p.NetworkCount != 2048 || len(p.Networks) != scope.MaxPlannedNetworks || p.OtherNetworks != 2048-scope.MaxPlannedNetworks {
		t.Fatalf("%d networks, %d listed, %d others", p.NetworkCount, len(p.Networks), p.OtherNetworks)
	}
	sum := p.OtherProbes
	for _, n := range p.Networks {
		if sum += n.Probes; n.Probes != 4096 || n.Network.Addr().Less(addr("8.64.0.0")) {
			t.Errorf("%+v is listed", n)
		}
	}
	if sum != p.Probes || p.OtherProbes != 1024*4095+24*4096 {
		t.Errorf("%d probes of networks, %d in all, %d of others", sum, p.Probes, p.OtherProbes)
	}
}
