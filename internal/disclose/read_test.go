package disclose_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/survey"
)

const wholeFile = `version: 1
recipients:
  - organisation: CERT.example
    email: cert@cert.example
    language: de
    channel: email
    tlp: amber+strict
    countries: [DE, NO]
    keys: {openpgp: [keys/cert.asc, /etc/keys/second.asc]}
  - organisation: "Hospital: one"
    prefixes: [192.0.2.0/24, 2001:db8::/32, 198.51.100.7]
    asns: [64496, AS64497]
    sites: Clinic One
    keys: {age: age1cert}
`

func TestParse(t *testing.T) {
	rs, err := disclose.Parse("dir/recipients.yaml", []byte(wholeFile))
	if err != nil {
		t.Fatal(err)
	}
	want := disclose.Recipient{Organisation: "CERT.example", Email: "cert@cert.example", Language: "de", Channel: "email",
		TLP: disclose.TLPAmberStrict, Countries: []string{"DE", "NO"}, FileName: "cert-example",
		KeyFiles: []string{"dir/keys/cert.asc", "/etc/keys/second.asc"}}
	if got := *rs.List[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("first recipient\n%+v, want\n%+v", got, want)
	}
	second := rs.List[1]
	if second.Language != "en" || second.Channel != "email" || second.TLP != disclose.TLPAmber || second.FileName != "hospital-one" {
		t.Errorf("defaults of %+v", *second)
	}
	if got := strings.Join(second.Claims(), " "); got != "site Clinic One 192.0.2.0/24 2001:db8::/32 198.51.100.7/32 AS64496 AS64497" {
		t.Errorf("claims %q", got)
	}
	if rs.Named(" cert.EXAMPLE ") != rs.List[0] || rs.Named("CERT") != nil {
		t.Error("a recipient is not found by its name, or another one is")
	}
}

// TestMistakes: each is refused with its place and a remedy.
func TestMistakes(t *testing.T) {
	const head = "version: 1\nrecipients:\n"
	one := func(more string) string { return head + "  - organisation: A\n    countries: [DE]\n" + more }
	for text, want := range map[string]string{
		"":                                          "r.yaml:1:1: the recipients file is empty; begin",
		"version: 2\n":                              "r.yaml:1:10: version \"2\" is not known; write version: 1",
		"version: 1\n":                              "r.yaml:1:1: no recipients are listed; list",
		"[":                                         "r.yaml:1:1: ",
		"foo":                                       "r.yaml:1:1: ",
		"a: b: c":                                   "r.yaml:1:4: ",
		strings.Repeat("[", 20):                     "r.yaml:1:17: nested too deep",
		head + "  - A\n":                            "r.yaml:3:5: ",
		"version: 1\nrecipients: A\n":               "r.yaml:2:13: ",
		head + "  - countries: [DE]\n":              "r.yaml:3:17: recipient 1 names no organisation; add organisation",
		head + "  - organisation: A\n":              "r.yaml:3:19: \"A\" claims nothing; add",
		one("    sites: &a [x]\n"):                  "r.yaml:5:12: anchors, aliases and tags",
		one("    contries: [FR]\n"):                 "r.yaml:5:5: unknown field \"contries\"; known keys are version",
		one("    countries: [FR]\n"):                "r.yaml:5:5: mapping key \"countries\" already defined at [4:5]; remove one",
		one("    email: Name <a@b.example>\n"):      "r.yaml:5:12: email \"Name <a@b.example>\" is not an address; write",
		one("    language: xx\n"):                   "r.yaml:5:15: language \"xx\" has no letter; known are en, de, fr, es, pt",
		one("    tlp: RED\n"):                       "r.yaml:5:10: tlp is \"RED\"; write AMBER",
		one("    asns: [0]\n"):                      "r.yaml:5:12: \"0\" is not an AS number",
		one("    asns: [ASX]\n"):                    "r.yaml:5:12: \"ASX\" is not an AS number",
		one("    prefixes: [192.0.2.1/24]\n"):       "r.yaml:5:16: \"192.0.2.1/24\" is not a prefix; it has host bits set: write 192.0.2.0/24",
		one("    prefixes: [hospital]\n"):           "r.yaml:5:16: \"hospital\" is not a prefix; write",
		one("    sites: [[x]]\n"):                   "r.yaml:5:13: not a single value",
		one("    sites: [\"\"]\n"):                  "r.yaml:5:13: an empty value",
		one("    channel: \"a\\nb\"\n"):             "r.yaml:5:14: channel has control characters",
		one("    keys: keys.asc\n"):                 "r.yaml:5:11: string was used where mapping is expected; write",
		one("    keys: {age: AGE-SECRET-KEY-1X}\n"): "r.yaml:5:17: keys.age is not an age recipient; write the public key",
		head + "  - {organisation: A, countries: [UK]}\n":                            "r.yaml:3:35: \"UK\" is not an ISO 3166-1 alpha-2 country code",
		one("  - {organisation: a, countries: [FR]}\n"):                              "r.yaml:5:20: organisation \"a\" is already in line 3; put",
		one("  - {organisation: B, countries: [FR, de]}\n"):                          "r.yaml:5:39: country \"de\" is claimed by both \"A\" (line 4) and \"B\"; leave",
		one("    sites: [X y]\n  - {organisation: B, sites: [x  Y]}\n"):              "r.yaml:6:31: site \"x  Y\" is claimed by both \"A\" (line 5) and \"B\"",
		one("    asns: [1]\n  - {organisation: B, asns: [AS1]}\n"):                   "r.yaml:6:30: AS number \"AS1\" is claimed by both",
		one("    prefixes: [::1]\n  - {organisation: B, prefixes: [\"::1/128\"]}\n"): "r.yaml:6:34: prefix \"::1/128\" is claimed by both",
		one("    asns: [1, 1]\n"):                                                    "r.yaml:5:15: AS number \"1\" is already in line 5; remove one",
		one("---\nversion: 1\n"):                                                     "r.yaml:6:1: a second YAML document; write one",
		strings.Repeat("#\n", 1<<20+1):                                               "r.yaml: is larger than 2 MiB; split it",
	} {
		_, err := disclose.Parse("r.yaml", []byte(text))
		var fe *disclose.FileError
		if !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.80q: %v, want %s…", text, err, want)
		} else if strings.Contains(err.Error(), "SECRET-KEY-1X") {
			t.Errorf("a secret key is shown: %v", err)
		}
	}
	if _, err := disclose.Parse("r.yaml", []byte(one("    # a: b: c: d: e: f: g: h: i: j: k: l: m: n: o: p: q: r: s\n"))); err != nil {
		t.Errorf("a comment with colons: %v", err)
	}
	if _, err := disclose.Load(filepath.Join(t.TempDir(), "absent.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
}

// TestMostSpecific: site before longest prefix before AS number before country.
func TestMostSpecific(t *testing.T) {
	rs, err := disclose.Parse("r.yaml", []byte(`version: 1
recipients:
  - {organisation: site, sites: [Clinic One]}
  - {organisation: long, prefixes: [192.0.2.128/25, "2001:db8:1::/48"]}
  - {organisation: short, prefixes: [192.0.2.0/24, "2001:db8::/32"]}
  - {organisation: as, asns: [64496]}
  - {organisation: country, countries: [DE]}
`))
	if err != nil {
		t.Fatal(err)
	}
	all := survey.Owner{Country: "DE", ASN: 64496, Site: "clinic  ONE"}
	noSite, country := all, survey.Owner{Country: "DE"}
	noSite.Site = ""
	for _, c := range []struct {
		address string
		owner   *survey.Owner
		want    string
		by      disclose.Claim
	}{
		{"192.0.2.200", &all, "site", disclose.BySite},
		{"192.0.2.200", &noSite, "long", disclose.ByPrefix},
		{"::ffff:192.0.2.200", &noSite, "long", disclose.ByPrefix},
		{"192.0.2.2", &noSite, "short", disclose.ByPrefix},
		{"2001:db8:1::5", nil, "long", disclose.ByPrefix},
		{"2001:db8:2::5", nil, "short", disclose.ByPrefix},
		{"198.51.100.1", &noSite, "as", disclose.ByASN},
		{"198.51.100.1", &country, "country", disclose.ByCountry},
		{"198.51.100.1", &survey.Owner{Country: "FR", ASN: 1, Site: "Clinic Two"}, "", ""},
		{"198.51.100.1", nil, "", ""},
	} {
		r, by := rs.For(&survey.Finding{Target: survey.Target{Address: c.address}, Owner: c.owner})
		got := ""
		if r != nil {
			got = r.Organisation
		}
		if got != c.want || by != c.by {
			t.Errorf("%s of %+v goes to %q by %q, want %q by %q", c.address, c.owner, got, by, c.want, c.by)
		}
	}
}

func TestFileNamesDiffer(t *testing.T) {
	rs, err := disclose.Parse("r.yaml", []byte(`version: 1
recipients:
  - {organisation: A-B, countries: [DE]}
  - {organisation: a b, countries: [FR]}
  - {organisation: ../../Ä, countries: [ES]}
  - {organisation: "/..", countries: [PT]}
`))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rs.List {
		names = append(names, r.FileName)
	}
	if got := strings.Join(names, " "); got != "a-b a-b-2 recipient recipient-2" {
		t.Errorf("names of files %s", got)
	}
}

// TestOneLine: a file may be written on one line, as programs write it.
func TestOneLine(t *testing.T) {
	var entries []string
	for i := range 40 {
		entries = append(entries, fmt.Sprintf(`{"organisation": "R%d", "email": "r%d@cert.example", "asns": [%d], "keys": {"openpgp": ["a.asc"]}}`, i, i, i+1))
	}
	rs, err := disclose.Parse("r.yaml", []byte(`{"version": 1, "recipients": [`+strings.Join(entries, ", ")+`]}`))
	if err != nil || len(rs.List) != 40 || rs.List[39].ASNs[0] != 40 {
		t.Errorf("%v", err)
	}
}

func TestNoKey(t *testing.T) {
	if _, err := (&disclose.Recipient{}).Key(time.Now()); err == nil || !strings.Contains(err.Error(), "nothing is written unencrypted") {
		t.Errorf("a recipient without a key: %v", err)
	}
}

func FuzzRecipients(f *testing.F) {
	f.Add([]byte(wholeFile))
	f.Add([]byte("version: 1\nrecipients: [{organisation: A, countries: [DE], keys: {age: [age1x]}}]"))
	f.Add([]byte("version: 1\nrecipients:\n- organisation: &a A\n  sites: *a\n"))
	f.Add([]byte("{{{{"))
	f.Add([]byte("version: 1\nrecipients:\n  - <<: {organisation: A}\n    countries: DE\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rs, err := disclose.Parse("r.yaml", data)
		var fe *disclose.FileError
		if err != nil {
			if !errors.As(err, &fe) {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		for _, r := range rs.List {
			if r.Organisation == "" || r.FileName == "" || strings.ContainsAny(r.FileName, "/.") || len(r.Claims()) == 0 {
				t.Errorf("accepted %+v", *r)
			}
		}
	})
}
