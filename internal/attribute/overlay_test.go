package attribute_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"leadglass/internal/attribute"
	"leadglass/internal/survey"
)

const sample = "\ufeffprefix,country,site,contact\r\n" + `# the region's hospitals
192.0.2.0/24,de,"Klinikum Nord, Haus 2",it@nord.example
192.0.2.128/25,CH
192.0.2.200, at ,Spital, noc@spital.example

2001:db8::/32,,Research network,
`

func TestLookup(t *testing.T) {
	o, err := attribute.ReadOverlay(strings.NewReader(sample), "sites.csv")
	if err != nil {
		t.Fatal(err)
	}
	if o.Len() != 4 {
		t.Errorf("Len() = %d, want 4", o.Len())
	}
	tests := []struct {
		addr string
		want survey.Owner
		ok   bool
	}{
		{"192.0.2.1", survey.Owner{Country: "DE", Site: "Klinikum Nord, Haus 2", Contact: "it@nord.example", ContactSource: "overlay", Source: "overlay"}, true},
		{"::ffff:192.0.2.1", survey.Owner{Country: "DE", Site: "Klinikum Nord, Haus 2", Contact: "it@nord.example", ContactSource: "overlay", Source: "overlay"}, true},
		{"192.0.2.129", survey.Owner{Country: "CH", Source: "overlay"}, true},
		{"192.0.2.200", survey.Owner{Country: "AT", Site: "Spital", Contact: "noc@spital.example", ContactSource: "overlay", Source: "overlay"}, true},
		{"2001:db8::7", survey.Owner{Site: "Research network", Source: "overlay"}, true},
		{"198.51.100.1", survey.Owner{}, false},
		{"2001:db9::7", survey.Owner{}, false},
	}
	for _, tt := range tests {
		got, ok := o.Lookup(netip.MustParseAddr(tt.addr))
		if got != tt.want || ok != tt.ok {
			t.Errorf("Lookup(%s) = %+v, %v; want %+v, %v", tt.addr, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := o.Lookup(netip.Addr{}); ok {
		t.Error("the invalid address has an owner")
	}
	if _, ok := (*attribute.Overlay)(nil).Lookup(netip.MustParseAddr("192.0.2.1")); ok {
		t.Error("no overlay has an owner")
	}
}

func TestMistakesNameLineAndRemedy(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"one column", "192.0.2.0/24\n", "sites.csv:1: 1 columns; write prefix,country,site,contact"},
		{"five columns", "\n192.0.2.0/24,DE,a,b,c\n", "sites.csv:2: 5 columns"},
		{"no prefix", "# x\nhospital,DE\n", `sites.csv:2: "hospital" is not an address or prefix; write one such as`},
		{"prefix too long", "192.0.2.0/33,DE\n", `"192.0.2.0/33" is not a prefix`},
		{"host bits", "192.0.2.7/24,DE\n", "has host bits set; write 192.0.2.0/24 for the network or 192.0.2.7 for"},
		{"mapped", "::ffff:192.0.2.0/120,DE\n", "write it as IPv4"},
		{"zone", "fe80::1%eth0,DE\n", "not an address or prefix"},
		{"country", "prefix,country\n192.0.2.0/24,EU\n", `sites.csv:2: "EU" is not an ISO 3166-1 alpha-2 country code`},
		{"country name", "192.0.2.0/24,Germany\n", `"Germany" is not an ISO`},
		{"uk", "192.0.2.0/24,UK\n", "write GB"},
		{"twice", "192.0.2.0/24,DE\n192.0.2.0/24,FR\n", "sites.csv:2: prefix 192.0.2.0/24 is already in line 1"},
		{"quote", "192.0.2.0/24,DE,a\"b\n", "sites.csv:1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := attribute.ReadOverlay(strings.NewReader(tt.in), "sites.csv")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestLoadOverlay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sites.csv")
	if _, err := attribute.LoadOverlay(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "as `overlay`") {
		t.Errorf("missing file: error %v does not name it and the remedy", err)
	}
	if err := os.WriteFile(path, []byte("10.0.0.0/8,FR,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := attribute.LoadOverlay(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := o.Lookup(netip.MustParseAddr("10.1.2.3")); got.Country != "FR" {
		t.Errorf("country %q, want FR", got.Country)
	}
}

// TestLongestPrefix compares with the plain reading of the rule.
func TestLongestPrefix(t *testing.T) {
	countries := []string{"DE", "FR", "US", "BR", "IN", "ZA"}
	rapid.Check(t, func(t *rapid.T) {
		rows := map[netip.Prefix]string{}
		var text strings.Builder
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			a := netip.AddrFrom4([4]byte{10, byte(rapid.IntRange(0, 3).Draw(t, "b")), 0, byte(rapid.IntRange(0, 255).Draw(t, "d"))})
			p := netip.PrefixFrom(a, rapid.IntRange(8, 32).Draw(t, "bits")).Masked()
			if _, ok := rows[p]; ok {
				continue
			}
			rows[p] = rapid.SampledFrom(countries).Draw(t, "country")
			fmt.Fprintf(&text, "%s,%s\n", p, rows[p])
		}
		o, err := attribute.ReadOverlay(strings.NewReader(text.String()), "x.csv")
		if err != nil {
			t.Fatal(err)
		}
		addr := netip.AddrFrom4([4]byte{10, byte(rapid.IntRange(0, 3).Draw(t, "qb")), 0, byte(rapid.IntRange(0, 255).Draw(t, "qd"))})
		want, bits := "", -1
		for p, c := range rows {
			if p.Contains(addr) && p.Bits() > bits {
				want, bits = c, p.Bits()
			}
		}
		got, ok := o.Lookup(addr)
		if got.Country != want || ok != (bits >= 0) {
			t.Fatalf("Lookup(%s) = %q, %v; want %q of\n%s", addr, got.Country, ok, want, text.String())
		}
	})
}

// FuzzOverlay: any bytes are an overlay or an error that names file and line,
// and what was read is found again.
func FuzzOverlay(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("prefix,country\n192.0.2.0/24,XX\n"))
	f.Add([]byte("192.0.2.0/24,DE,\"a\nb\",c\n::/0,FR\n"))
	f.Add([]byte("::ffff:0:0/96,DE\n\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := attribute.ReadOverlay(bytes.NewReader(data), "sites.csv")
		if err != nil {
			if !errorForm.MatchString(err.Error()) {
				t.Errorf("error without file, line or remedy: %v", err)
			}
			return
		}
		for _, a := range []string{"0.0.0.0", "192.0.2.7", "::1", "2001:db8::1"} {
			owner, ok := o.Lookup(netip.MustParseAddr(a))
			if ok && (o.Len() == 0 || owner.Source != survey.SourceOverlay || owner.Country != "" && survey.CountryName(owner.Country) == "") {
				t.Errorf("%d rows, %s has the owner %+v", o.Len(), a, owner)
			}
		}
	})
}

var errorForm = regexp.MustCompile(`(?s)^sites\.csv:[0-9]+: .*[;,(]`)
