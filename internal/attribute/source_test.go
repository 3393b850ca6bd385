package attribute_test

import (
	"bufio"
	"encoding/binary"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/attribute"
	"leadglass/internal/survey"
)

// TestSources: each source is named with what its licence asks to be said.
func TestSources(t *testing.T) {
	geolite := open(t, database(t, "GeoLite2-City", layouts["GeoLite2-City"].entry))
	dbip := open(t, database(t, "DBIP-City-Lite", layouts["DBIP-City-Lite"].entry))
	ours := open(t, database(t, "country ipvAll", layouts["country ipvAll"].entry))
	embedded, err := attribute.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := attribute.ReadOverlay(strings.NewReader(sample), "secret-hospital.csv")
	if err != nil {
		t.Fatal(err)
	}
	s := attribute.Sources{Overlay: overlay, Databases: []*attribute.Database{geolite, dbip, ours, embedded}}
	list := s.List()
	if len(list) != 5 {
		t.Fatalf("%d sources: %+v", len(list), list)
	}
	for i, want := range []survey.Source{
		{Kind: survey.SourceOverlay, Attribution: "the overlay of the scope file"},
		{Kind: survey.SourceGeoIP, Name: "GeoLite2-City", Licence: "GeoLite End User License Agreement", Attribution: "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com"},
		{Kind: survey.SourceGeoIP, Name: "DBIP-City-Lite", Licence: "CC BY 4.0", Attribution: "IP Geolocation by DB-IP, https://db-ip.com"},
		{Kind: survey.SourceGeoIP, Name: "country ipvAll"},
		{Kind: survey.SourceEmbedded, Name: "ip-location-db", Licence: "CC0 1.0; the statistics CC BY 4.0", Attribution: "ip-location-db by sapics, from statistics of the Number Resource Organization, nro.net"},
	} {
		got := list[i]
		if got.Date.IsZero() != (i == 0) {
			t.Errorf("source %d is of %v", i, got.Date)
		}
		got.Date = want.Date
		if got != want {
			t.Errorf("source %d is %+v, want %+v", i, got, want)
		}
	}
}

// The tables of Debian's tor-geoipdb, made from the IPFire location database:
// another source than the registries' own statistics. The package brings the
// Tor daemon along, so `make setup` does not install it.
const (
	torGeoIP  = "/usr/share/tor/geoip"
	torGeoIP6 = "/usr/share/tor/geoip6"
	// agreement is the least part of the addresses that both tables know that
	// have the same country in both; measured were 98.2 % of IPv4 and 99.0 % of
	// IPv6.
	agreement = 0.95
	// every so many networks are looked up, to be quick; all of them were for
	// the measured figures.
	every = 7
)

// TestAgainstIPFire looks up the middle of networks of the other table, and
// weighs each with its size. What is asked for is that the tables agree
// where both name a country. Of the IPv6 addresses in the other table most
// have none in ours: it gives the blocks that a registry has not handed out
// the country where the registry is.
func TestAgainstIPFire(t *testing.T) {
	d, err := attribute.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	s := attribute.Sources{Databases: []*attribute.Database{d}}
	for path, parse := range map[string]func(string, string) (netip.Addr, float64){torGeoIP: middle4, torGeoIP6: middle6} {
		t.Run(path, func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Skipf("no other table to compare with: %v; install it by `apt-get install tor-geoipdb`", err)
			}
			defer f.Close()
			var same, other, absent float64
			lines := bufio.NewScanner(f)
			for n := 0; lines.Scan(); n++ {
				if n%every != 0 {
					continue
				}
				fields := strings.Split(lines.Text(), ",")
				if len(fields) != 3 || survey.CountryName(fields[2]) == "" {
					continue // a comment, or no country
				}
				addr, weight := parse(fields[0], fields[1])
				if !survey.Public(addr) {
					continue
				}
				switch owner, _ := s.Owner(addr); owner.Country {
				case fields[2]:
					same += weight
				case "":
					absent += weight
				default:
					other += weight
				}
			}
			if err := lines.Err(); err != nil {
				t.Fatal(err)
			}
			both := same + other
			t.Logf("%s: of the addresses in both tables %.1f %% have the same country; %.1f %% of the other table's are not in ours",
				path, 100*same/both, 100*absent/(both+absent))
			if !(same/both >= agreement) {
				t.Errorf("less than %.0f %% agree", 100*agreement)
			}
		})
	}
}

// middle4 is the middle of a range of IPv4 addresses, written as numbers, and
// its size.
func middle4(from, to string) (netip.Addr, float64) {
	a, err1 := strconv.ParseUint(from, 10, 32)
	b, err2 := strconv.ParseUint(to, 10, 32)
	if err1 != nil || err2 != nil {
		return netip.Addr{}, 0
	}
	var raw [4]byte
	binary.BigEndian.PutUint32(raw[:], uint32(a+(b-a)/2))
	return netip.AddrFrom4(raw), float64(b - a + 1)
}

// middle6 is the middle of a range of IPv6 addresses, and its size in /64.
func middle6(from, to string) (netip.Addr, float64) {
	a, err1 := netip.ParseAddr(from)
	b, err2 := netip.ParseAddr(to)
	if err1 != nil || err2 != nil {
		return netip.Addr{}, 0
	}
	x, y := a.As16(), b.As16()
	lo, hi := binary.BigEndian.Uint64(x[:8]), binary.BigEndian.Uint64(y[:8])
	binary.BigEndian.PutUint64(x[:8], lo+(hi-lo)/2)
	return netip.AddrFrom16(x), float64(hi-lo) + 1
}
