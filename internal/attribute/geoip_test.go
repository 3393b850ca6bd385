package attribute_test

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"leadglass/internal/attribute"
	"leadglass/internal/survey"
)

// database writes an MMDB file with one entry, for 203.0.114.0/24 (which no
// registry reserves, as the writer demands).
func database(t testing.TB, kind string, entry mmdbtype.Map, elsewhere ...mmdbtype.Map) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	_, network, err := net.ParseCIDR("203.0.114.0/24")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Insert(network, entry); err != nil {
		t.Fatal(err)
	}
	for _, other := range elsewhere {
		_, network, err := net.ParseCIDR("203.0.115.0/24")
		if err == nil {
			err = w.Insert(network, other)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), kind+".mmdb")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *attribute.Database {
	t.Helper()
	d, err := attribute.OpenDatabase(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// layouts are entries as the publishers document them.
var layouts = map[string]struct {
	entry mmdbtype.Map
	want  survey.Owner
}{
	"GeoLite2-Country": {mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("DE"), "geoname_id": mmdbtype.Uint32(2921044)}},
		survey.Owner{Country: "DE", Source: "geoip"}},
	"GeoLite2-City": {mmdbtype.Map{"city": mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Kiel")}}, "country": mmdbtype.Map{"iso_code": mmdbtype.String("DE")},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(54.3)}, "registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("FR")}},
		survey.Owner{Country: "DE", Source: "geoip"}},
	"DBIP-City-Lite": {mmdbtype.Map{"city": mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Kiel")}}, "continent": mmdbtype.Map{"code": mmdbtype.String("EU")}, "country": mmdbtype.Map{"iso_code": mmdbtype.String("DE"), "is_in_european_union": mmdbtype.Bool(true)}},
		survey.Owner{Country: "DE", Source: "geoip"}},
	"DBIP-ASN-Lite (compat=GeoLite2-ASN)": {mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String(" Example\r\n Net\x1b")},
		survey.Owner{ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
	"ipinfo standard_location": {mmdbtype.Map{"city": mmdbtype.String("Kiel"), "region": mmdbtype.String("Schleswig-Holstein"), "country": mmdbtype.String("DE"), "lat": mmdbtype.String("54.3")},
		survey.Owner{Country: "DE", Source: "geoip"}},
	"ipinfo standard_asn": {mmdbtype.Map{"asn": mmdbtype.String("AS64500"), "name": mmdbtype.String("Example Net"), "domain": mmdbtype.String("net.example")},
		survey.Owner{ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
	"GeoLite2-ASN": {mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example Net")},
		survey.Owner{ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
	"ipinfo lite": {mmdbtype.Map{"country": mmdbtype.String("Germany"), "country_code": mmdbtype.String("DE"), "asn": mmdbtype.String("AS64500"), "as_name": mmdbtype.String("Example Net")},
		survey.Owner{Country: "DE", ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
	"ipinfo country_asn": {mmdbtype.Map{"country": mmdbtype.String("DE"), "asn": mmdbtype.String("AS64500"), "name": mmdbtype.String("Example Net")},
		survey.Owner{Country: "DE", ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
	"country ipvAll": {mmdbtype.Map{"country_code": mmdbtype.String("de")}, survey.Owner{Country: "DE", Source: "geoip"}},
}

func TestLayouts(t *testing.T) {
	for kind, test := range layouts {
		t.Run(kind, func(t *testing.T) {
			d := open(t, database(t, kind, test.entry))
			s := attribute.Sources{Databases: []*attribute.Database{d}}
			for _, a := range []string{"203.0.114.7", "::ffff:203.0.114.7"} {
				if got, ok := s.Owner(netip.MustParseAddr(a)); !ok || got != test.want {
					t.Errorf("Owner(%s) = %+v, %v, want %+v", a, got, ok, test.want)
				}
			}
			if got, ok := s.Owner(netip.MustParseAddr("203.0.115.7")); ok {
				t.Errorf("an address without an entry has the owner %+v", got)
			}
			if d.Kind() != kind || d.Built().IsZero() {
				t.Errorf("kind %q built %s", d.Kind(), d.Built())
			}
		})
	}
}

// TestOrder: each source fills in what those before it leave open.
func TestOrder(t *testing.T) {
	country := open(t, database(t, "GeoLite2-Country", layouts["GeoLite2-Country"].entry))
	other := open(t, database(t, "country ipvAll", mmdbtype.Map{"country_code": mmdbtype.String("FR")}))
	asn := open(t, database(t, "GeoLite2-ASN", layouts["GeoLite2-ASN"].entry))
	overlay := func(text string) *attribute.Overlay {
		o, err := attribute.ReadOverlay(strings.NewReader(text), "sites.csv")
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	addr := netip.MustParseAddr("203.0.114.7")
	all := []*attribute.Database{country, other, asn}
	for name, test := range map[string]struct {
		sources attribute.Sources
		want    survey.Owner
	}{
		"overlay wins":            {attribute.Sources{Overlay: overlay("203.0.114.0/24,CH,Spital,it@spital.example\n"), Databases: all}, survey.Owner{Country: "CH", Site: "Spital", Contact: "it@spital.example", ContactSource: "overlay", ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "overlay"}},
		"overlay without country": {attribute.Sources{Overlay: overlay("203.0.114.0/24,,Spital\n"), Databases: all}, survey.Owner{Country: "DE", Site: "Spital", ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
		"first database wins":     {attribute.Sources{Databases: []*attribute.Database{other, country}}, survey.Owner{Country: "FR", Source: "geoip"}},
		"number alone":            {attribute.Sources{Databases: []*attribute.Database{asn}}, survey.Owner{ASN: 64500, Network: "Example Net", NetworkSource: "geoip", Source: "geoip"}},
	} {
		if got, ok := test.sources.Owner(addr); !ok || got != test.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, ok, test.want)
		}
	}
	if _, ok := (&attribute.Sources{}).Owner(netip.Addr{}); ok {
		t.Error("an invalid address has an owner")
	}
}

// TestRegions: a table may name a region, which is no country.
func TestRegions(t *testing.T) {
	_, err := attribute.OpenDatabase(database(t, "country ipvAll", mmdbtype.Map{"country_code": mmdbtype.String("EU")}))
	if err == nil || !strings.Contains(err.Error(), "neither countries nor networks") {
		t.Errorf("error %v", err)
	}
}

// TestCodesOfUsers: an answer that is no country of ISO 3166-1 is kept, or is
// unknown with its reason; a worse source never takes its place.
func TestCodesOfUsers(t *testing.T) {
	open := func(code string) *attribute.Database {
		t.Helper()
		d, err := attribute.OpenDatabase(database(t, "country ipv4", mmdbtype.Map{"country_code": mmdbtype.String(code)},
			mmdbtype.Map{"country_code": mmdbtype.String("DE")}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	worse := open("CN")
	addr := netip.MustParseAddr("203.0.114.7")
	for code, want := range map[string]string{"XK": "XK", "UK": "GB", "EU": "", "AP": "", "XX": "", "ZZ": "", "QQ": "", "T1": ""} {
		better := open(code)
		got, _ := (&attribute.Sources{Databases: []*attribute.Database{better, worse}}).Owner(addr)
		if got.Country != want || (want == "") != (got.CountryReason != "") {
			t.Errorf("%s: country %q (%s), want %q", code, got.Country, got.CountryReason, want)
		}
	}
}

func TestNotADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("prefix,country\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		path: "give a file in the MMDB format",
		database(t, "GeoIP2-Anonymous-IP", mmdbtype.Map{"is_hosting_provider": mmdbtype.Bool(true)}): "give one of the kinds Country, City or ASN",
	} {
		if _, err := attribute.OpenDatabase(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", filepath.Base(path), err, want)
		}
	}
}

// TestEmbedded looks up addresses whose country is beyond doubt: name servers
// of national registries and of a national research network.
func TestEmbedded(t *testing.T) {
	d, err := attribute.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	s := attribute.Sources{Databases: []*attribute.Database{d}}
	for addr, want := range map[string]string{
		"130.59.31.248": "CH", "2001:620::1": "CH", // SWITCH
		"193.175.0.1": "DE", "2001:638::1": "DE", // DFN
		"193.51.208.13": "FR", // RENATER
		"131.243.1.1":   "US", // Lawrence Berkeley National Laboratory
		"133.11.0.1":    "JP", // University of Tokyo
	} {
		if got, ok := s.Owner(netip.MustParseAddr(addr)); !ok || got.Country != want || got.Source != "embedded" {
			t.Errorf("%s is in %+v, %v; want %s", addr, got, ok, want)
		}
	}
	for _, addr := range []string{"127.0.0.1", "10.1.2.3", "192.0.2.1", "::1", "fd00::1", "2001:db8::1"} {
		if got, ok := s.Owner(netip.MustParseAddr(addr)); ok {
			t.Errorf("%s, which is in no country, has the owner %+v", addr, got)
		}
	}
}

// FuzzDatabase: a damaged file is an error or an unknown owner, nothing worse.
func FuzzDatabase(f *testing.F) {
	for kind, l := range layouts {
		data, err := os.ReadFile(database(f, kind, l.entry))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := attribute.ParseDatabase(data)
		if err != nil {
			return
		}
		s := attribute.Sources{Databases: []*attribute.Database{d}}
		for _, a := range []string{"203.0.114.7", "2001:db8::1", "0.0.0.0"} {
			if o, ok := s.Owner(netip.MustParseAddr(a)); ok && o.Country != "" && survey.CountryName(o.Country) == "" {
				t.Errorf("country %q", o.Country)
			}
		}
	})
}
