package contacts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"leadglass/internal/contacts"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const securityText = "\ufeff# Our security policy\r\n" + `Contact: https://hospital.example/report
Contact: mailto:security%2Bpacs@hospital.example?subject=x
contact: tel:+49-1-201-555-0123
Expires: 2027-01-31T23:59:59z

Encryption: https://hospital.example/pgp-key.txt
Encryption: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f
Preferred-Languages: nl, de-CH, en
Canonical: https://Hospital.example/.well-known/security.txt
Policy: https://hospital.example/policy
Hiring: https://hospital.example/jobs
Anything-Else: unknown fields are passed over
`

const signedText = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Contact: mailto:cert@clinic.example
Expires: 2027-01-31T23:59:59Z
- - # a dash-escaped line, which is no field without the dash
Canonical: https://clinic.example/.well-known/security.txt
-----BEGIN PGP SIGNATURE-----

iHUEABYKAB0WIQQ=
-----END PGP SIGNATURE-----
`

func TestSecurityText(t *testing.T) {
	s, err := contacts.ParseSecurityText("s.txt", []byte(securityText))
	if err != nil {
		t.Fatal(err)
	}
	want := &contacts.SecurityText{
		Contacts:   []string{"https://hospital.example/report", "mailto:security%2Bpacs@hospital.example?subject=x", "tel:+49-1-201-555-0123"},
		Expires:    time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC),
		Encryption: []string{"https://hospital.example/pgp-key.txt", "openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f"},
		Languages:  []string{"nl", "de-CH", "en"},
		Canonical:  []string{"https://Hospital.example/.well-known/security.txt"},
	}
	if !s.Expires.Equal(want.Expires) {
		t.Errorf("expires %v", s.Expires)
	}
	if s.Expires = want.Expires; !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

func TestSignedSecurityText(t *testing.T) {
	text := strings.Replace(signedText, "- - # a dash-escaped line, which is no field without the dash", "- # a dash-escaped line", 1)
	s, err := contacts.ParseSecurityText("s.txt", []byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Signed || !slices.Equal(s.Contacts, []string{"mailto:cert@clinic.example"}) {
		t.Errorf("got %+v", s)
	}
	if _, err := contacts.ParseSecurityText("s.txt", []byte(signedText)); err == nil || !strings.Contains(err.Error(), "s.txt:6:") {
		t.Errorf("a line that is none after its dash: %v", err)
	}
}

func TestSecurityTextMistakes(t *testing.T) {
	const ok = "Contact: mailto:a@b.example\nExpires: 2027-01-01T00:00:00Z\n"
	for _, c := range []struct{ name, in, want string }{
		{"a page", "<html>\n", `s.txt:1: "<html>" is not a field; is it a security.txt?`},
		{"empty", "", "s.txt: has no Contact, which RFC 9116 demands"},
		{"no contact", "Expires: 2027-01-01T00:00:00Z\n", "s.txt: has no Contact"},
		{"no expiry", "Contact: mailto:a@b.example\n", "s.txt: has no Expires, which RFC 9116 demands"},
		{"two expiries", ok + "EXPIRES: 2028-01-01T00:00:00Z\n", "s.txt:3: expires is already in line 2"},
		{"two languages", ok + "Preferred-Languages: en\nPreferred-Languages: de\n", "s.txt:4: preferred-languages is already in line 3"},
		{"not a time", "Contact: mailto:a@b.example\nExpires: 31 Dec 2027\n", `s.txt:2: expires "31 Dec 2027" is not a time of RFC 3339; write it as 2027-12-31T23:59:59Z`},
		{"no value", "Contact:\n", "s.txt:1: contact has no value"},
		{"control character", "Contact: mailto:a@b.example\x1b[2J\n", "s.txt:1: contact has characters that cannot be printed"},
		{"long", "Contact: https://" + strings.Repeat("a", 200) + "\n", "s.txt:1: contact has more than 200 characters"},
		{"not UTF-8", "Contact: \xff\n", "s.txt: is not UTF-8"},
		{"large", strings.Repeat("#\n", 17<<10), "s.txt: has more than 32 KiB"},
		{"many fields", strings.Repeat("A: b\n", 201), "s.txt:201: more than 200 fields"},
		{"unsigned fields above", ok + signedText, "s.txt:3: the signature does not cover the fields above"},
		{"text below", strings.Replace(signedText, "- - #", "#", 1) + "Contact: mailto:evil@b.example\n", "s.txt:12: text below the signature"},
		{"cut", signedText[:80], "s.txt: ends within the armour"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := contacts.ParseSecurityText("s.txt", []byte(c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

// files is what CSV rows may name.
func files(_, name string) ([]byte, error) {
	switch name {
	case "hospital.txt":
		return []byte(securityText), nil
	case "old.txt":
		return []byte("Contact: mailto:old@old.example\nExpires: 2025-01-01T00:00:00Z\n"), nil
	}
	return nil, fs.ErrNotExist
}

const table = "\ufeff" + `organisation,email,language,channel,countries,prefixes,asns,sites,openpgp,age,security_txt
# those for whole countries
CERT.example,cert@cert.example,de,,"DE; at",,,,keys/cert.asc,,
"Hospitals, North",,,,,192.0.2.0/24 2001:db8::/32;198.51.100.7,AS64500 64501,Klinikum Nord; Haus 2,,,hospital.txt
Third,third@third.example,,portal,,,,Third,,age1qqqq,
Fourth,,fr,,,,,Fourth,,,old.txt
`

const wantYAML = `version: 1
recipients:
  - organisation: CERT.example
    email: cert@cert.example
    language: de
    channel: email
    countries: [DE, AT]
    keys: {openpgp: [keys/cert.asc]}
  # preferred contact: https://hospital.example/report
  # another contact: tel:+49-1-201-555-0123
  # key: https://hospital.example/pgp-key.txt (get it, check it, and give the file as keys: {openpgp: FILE})
  # key: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f (get it, check it, and give the file as keys: {openpgp: FILE})
  - organisation: "Hospitals, North"
    email: "security+pacs@hospital.example"
    language: de
    channel: email
    prefixes: [192.0.2.0/24, "2001:db8::/32", 198.51.100.7/32]
    asns: [64500, 64501]
    sites: [Klinikum Nord, Haus 2]
  - organisation: Third
    email: third@third.example
    channel: portal
    sites: [Third]
    keys: {age: [age1qqqq]}
  # its security.txt has expired
  - organisation: Fourth
    language: fr
    sites: [Fourth]
  # from h.txt: put the site as the scope's overlay has it, or the prefixes
  # preferred contact: https://hospital.example/report
  # another contact: tel:+49-1-201-555-0123
  # key: https://hospital.example/pgp-key.txt (get it, check it, and give the file as keys: {openpgp: FILE})
  # key: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f (get it, check it, and give the file as keys: {openpgp: FILE})
  - organisation: hospital.example
    email: "security+pacs@hospital.example"
    language: de
    channel: email
    sites: [hospital.example]
  # from c.txt: put the site as the scope's overlay has it, or the prefixes
  - organisation: clinic.example
    email: cert@clinic.example
    channel: email
    sites: [clinic.example]
`

func TestImport(t *testing.T) {
	clinic := strings.Replace(signedText, "- - #", "- #", 1)
	got, err := contacts.Import([]contacts.File{
		{Name: "list.CSV", Data: []byte(table)}, {Name: "h.txt", Data: []byte(securityText)}, {Name: "c.txt", Data: []byte(clinic)},
		{Name: "gone.txt", Data: []byte("Contact: mailto:a@gone.example\nExpires: 2026-11-25T12:00:00Z\nCanonical: https://gone.example/security.txt\n")},
	}, now, files)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := contacts.Write(&b, got.Recipients); err != nil {
		t.Fatal(err)
	}
	if b.String() != wantYAML {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), wantYAML)
	}
	wantNotes := []string{
		"old.txt: left out: it expired on 2025-01-01",
		"c.txt: signed, but the signature was not checked: `gpg --verify` does it",
		"gone.txt: left out: it expired on 2026-11-25",
	}
	if !slices.Equal(got.Notes, wantNotes) {
		t.Errorf("notes %q, want %q", got.Notes, wantNotes)
	}
}

func TestImportMistakes(t *testing.T) {
	const head = "organisation,email,language,countries,prefixes,asns,sites,age,security_txt\n"
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "l.csv: is empty; begin with a line that names the columns: organisation,email,"},
		{"column", "organisation,phone\n", `l.csv:1: "phone" is not a column; columns are organisation,`},
		{"semicolons", "organisation;email;countries\n", "l.csv:1: the columns are separated by semicolons; save it with commas"},
		{"column twice", "email,Email\n", "l.csv:1: there are two columns email"},
		{"fields", head + "a,b\n", "l.csv:2: wrong number of fields; give each line as many fields"},
		{"quote", head + "\"a\n", "l.csv:2:"},
		{"no name", head + ",,,DE,,,,,\n", "l.csv:2: a recipient without a name"},
		{"nothing", head + "A,,,,,,,,\n", `l.csv:2: "A" answers for nothing; fill one of the columns`},
		{"email", head + "A,A <a@b.example>,,DE,,,,,\n", `l.csv:2: email "A <a@b.example>" is not an address`},
		{"language", head + "A,,ru,DE,,,,,\n", `l.csv:2: language "ru" has no letter; known are en, de, fr, es, pt`},
		{"country", head + "A,,,UK,,,,,\n", `l.csv:2: "UK" is not an ISO 3166-1 alpha-2 country code; write two letters`},
		{"prefix", head + "A,,,,192.0.2.7/24,,,,\n", `l.csv:2: "192.0.2.7/24" is not a prefix; it has host bits set: write 192.0.2.0/24`},
		{"mapped prefix", head + "A,,,,::ffff:192.0.2.7,,,,\n", "l.csv:2: \"::ffff:192.0.2.7\" is not a prefix"},
		{"AS", head + "A,,,,,AS0,,,\n", `l.csv:2: "AS0" is not an AS number`},
		{"secret key", head + "A,,,,,,S,AGE-SECRET-KEY-1QQ,\n", "l.csv:2: age is not an age recipient"},
		{"file", head + "A,,,DE,,,,,none.txt\n", "l.csv:2: security_txt: file does not exist"},
		{"control", head + "\"A\x1b\",,,DE,,,,,\n", "l.csv:2: organisation has characters that cannot be printed"},
		{"two lines", head + "\"A\nB\",,,DE,,,,,\n", "l.csv:2: organisation has characters that cannot be printed"},
		{"same name", head + "A,,,DE,,,,,\na,,,FR,,,,,\n", "l.csv:3: organisation a is already in l.csv:2"},
		{"same claim", head + "A,,,,,,Site 1,,\nB,,,,,,site 1,,\n", "l.csv:3: site site 1 is already in l.csv:2; leave it to one of them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := contacts.Import([]contacts.File{{Name: "l.csv", Data: []byte(c.in)}}, now, files)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if e := new(contacts.Error); !errors.As(err, &e) || e.Remedy == "" {
				t.Errorf("error %v has no remedy", err)
			}
		})
	}
	_, err := contacts.Import([]contacts.File{{Name: "s.txt", Data: []byte("Contact: mailto:a@b.example\nExpires: 2027-01-01T00:00:00Z\n")}}, now, files)
	if err == nil || !strings.Contains(err.Error(), "s.txt: has no Canonical that says whose it is; name it in the column security_txt") {
		t.Errorf("error %v", err)
	}
}

// document is a recipients file as its readers have it.
type document struct {
	Version    int
	Recipients []struct {
		Organisation, Email, Language, Channel string
		Countries, Prefixes, ASNs, Sites       []string
		Keys                                   struct{ OpenPGP, Age []string }
	}
}

// reread writes recipients and compares with what a reader of YAML makes of it.
func reread(t *testing.T, recipients []contacts.Recipient) {
	t.Helper()
	var b bytes.Buffer
	if err := contacts.Write(&b, recipients); err != nil {
		t.Fatal(err)
	}
	var d document
	if err := yaml.UnmarshalWithOptions(b.Bytes(), &d, yaml.Strict()); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	if d.Version != 1 || len(d.Recipients) != len(recipients) {
		t.Fatalf("%d recipients became %+v in\n%s", len(recipients), d, b.String())
	}
	for i, r := range recipients {
		got := d.Recipients[i]
		for _, pair := range [][2]any{
			{got.Organisation, r.Organisation}, {got.Email, r.Email}, {got.Language, r.Language}, {got.Channel, r.Channel},
			{got.Countries, r.Countries}, {got.Prefixes, r.Prefixes}, {got.ASNs, r.ASNs}, {got.Sites, r.Sites}, {got.Keys.OpenPGP, r.OpenPGP}, {got.Keys.Age, r.Age},
		} {
			if fmt.Sprintf("%q", pair[0]) != fmt.Sprintf("%q", words(pair[1])) {
				t.Errorf("%q became %q in\n%s", pair[1], pair[0], b.String())
			}
		}
	}
}

// words is a value, or a list of them, as text.
func words(v any) any {
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		return v
	}
	out := make([]string, list.Len())
	for i := range out {
		out[i] = fmt.Sprint(list.Index(i).Interface())
	}
	return out
}

// TestWriteQuotes: what has a meaning of its own in YAML stays text.
func TestWriteQuotes(t *testing.T) {
	var list []contacts.Recipient
	for _, s := range []string{"NO", "null", "true", "~", "1e3", "0x1f", "0123", "12", "2026-01-01", "a: b", "a #b", "#a", "- a", "[a]", "{a", "a, b", "*a", "&a",
		"!a", "%a", "@a", "`a", "'a'", `"a"`, `a\b`, "é", "\U0001F3E5", "?", "-", "a:", ":a", "=", "<<", "a  b", "...", "---", ".inf"} {
		list = append(list, contacts.Recipient{Organisation: s, Channel: s, Sites: []string{s, "x"}, OpenPGP: []string{s}, Age: []string{s}, Remarks: []string{s + "\n- x: y"}})
	}
	reread(t, list)
}

// FuzzImport: whatever the files hold, it is a mistake with a remedy, or a
// recipients file that reads back as what was imported.
func FuzzImport(f *testing.F) {
	f.Add([]byte(table), true)
	f.Add([]byte(securityText), false)
	f.Add([]byte(signedText), false)
	f.Add([]byte("organisation,sites,security_txt\n\"a: #\",\"x;y\",hospital.txt\n"), true)
	f.Add([]byte("Contact: a@b.example\nExpires: 2027-01-01T00:00:00Z\nCanonical: https://x/\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, isCSV bool) {
		name := "f.txt"
		if isCSV {
			name = "f.csv"
		}
		got, err := contacts.Import([]contacts.File{{Name: name, Data: data}}, now, files)
		if err != nil {
			if e := new(contacts.Error); !errors.As(err, &e) || e.File == "" || e.Remedy == "" {
				t.Errorf("error without file or remedy: %v", err)
			}
			return
		}
		reread(t, got.Recipients)
	})
}
