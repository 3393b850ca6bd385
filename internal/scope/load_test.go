package scope_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// today is the day of all tests.
var today = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// TestRefused loads one bad file for every mistake, named for the mistake, and
// compares the messages with the golden file.
func TestRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/refused/*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d bad files, error %v", len(files), err)
	}
	var got bytes.Buffer
	for _, file := range files {
		s, err := scope.LoadAt(file, today)
		var ce *scope.ConfigError
		if !errors.As(err, &ce) || s != nil {
			t.Errorf("%s: got scope %v, error %v; want a *ConfigError", file, s != nil, err)
			continue
		}
		if ce.Line < 1 || ce.Column < 1 || ce.What == "" || ce.Remedy == "" || ce.File == "" {
			t.Errorf("%s: incomplete error %+v", file, *ce)
		}
		got.WriteString(err.Error() + "\n")
	}
	const golden = "testdata/refused.golden"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")
	for i := range max(len(wantLines), len(gotLines)) {
		var w, g string
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if w != g {
			t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

func load(t *testing.T, file string) *scope.Scope {
	t.Helper()
	s, err := scope.LoadAt("testdata/accepted/"+file, today)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMissingFile(t *testing.T) {
	_, err := scope.LoadAt("testdata/none.yaml", today)
	want := "testdata/none.yaml: cannot be read: no such file or directory; name an existing scope file; `leadglass scope new FILE` writes one to fill in"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := scope.LoadAt("testdata", today); err == nil {
		t.Error("a folder was accepted as a scope file")
	}
}

func TestDefaults(t *testing.T) {
	s := load(t, "minimal.yaml")
	if s.Name != "minimal" || s.Identity.CallingAETitle != "LEADGLASS" || s.CountMode != scope.CountExact || s.CountVerify != scope.VerifySample {
		t.Errorf("name %q, title %q, count %q", s.Name, s.Identity.CallingAETitle, s.CountMode)
	}
	if !slices.Equal(s.Ports.DICOM, []uint16{104, 11112, 4242, 2761, 2762}) || !slices.Equal(s.Ports.HTTP, []uint16{80, 443, 8042, 8080}) {
		t.Errorf("ports %v", s.Ports)
	}
	if s.Rate != (scope.Rate{ProbesPerSecond: 1000, PerNetwork: scope.NetworkRate{Prefix: 24, ProbesPerSecond: 50}}) {
		t.Errorf("rate %+v", s.Rate)
	}
	if s.Limits != (scope.Limits{AssociationsPerHost: 1, PerHostTime: 2 * time.Minute, PerHostBytes: 256 << 20}) {
		t.Errorf("limits %+v", s.Limits)
	}
	if s.Allow != (scope.Allow{DefaultAETitles: true, Sample: true, DICOMweb: true}) {
		t.Errorf("allow %+v", s.Allow)
	}
	if design := load(t, "design.yaml"); design.Rate != s.Rate || design.Limits != s.Limits || design.Allow != s.Allow {
		t.Error("the documented example differs from the defaults that it states")
	}
}

func TestEverythingSet(t *testing.T) {
	s := load(t, "everything-set.yaml")
	if s.Identity.CallingAETitle != "MY AE" || s.CountMode != scope.CountOff || s.CountVerify != scope.VerifyFull || s.Allow.Sample || !s.Allow.DICOMweb {
		t.Errorf("%+v", s)
	}
	if !slices.Equal(s.Ports.DICOM, []uint16{8080}) || !slices.Equal(s.Ports.HTTP, []uint16{80, 443, 8042}) {
		t.Errorf("ports %v: 8080 was given to DICOM", s.Ports)
	}
	if !slices.Equal(s.Ports.HL7, []uint16{2575}) {
		t.Errorf("HL7 ports %v, want the default", s.Ports.HL7)
	}
	if s.Rate.PerNetwork.ProbesPerSecond != 20 {
		t.Errorf("network rate %d, want at most the whole rate of 20", s.Rate.PerNetwork.ProbesPerSecond)
	}
	if s.Limits != (scope.Limits{AssociationsPerHost: 2, PerHostTime: 90 * time.Second, PerHostBytes: 1 << 30}) {
		t.Errorf("limits %+v", s.Limits)
	}
	// 256 - 128 opted out, 16 - 1 opted out.
	if s.Size() != 128+15 {
		t.Errorf("size %d", s.Size())
	}
}

// TestHL7Ports: the list is optional, may be empty, and shares no port with
// the others.
func TestHL7Ports(t *testing.T) {
	read := func(ports string) (*scope.Scope, error) {
		return scope.Parse("s.yaml", []byte("version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"+
			"include: [192.0.2.0/24]\nports: "+ports+"\n"), today)
	}
	for ports, want := range map[string][]uint16{
		"{dicom: [104]}":                  {2575},
		"{dicom: [104, 2575]}":            {},
		"{dicom: [104], hl7: []}":         {},
		"{dicom: [104], hl7: [6661, 77]}": {6661, 77},
	} {
		s, err := read(ports)
		if err != nil || !slices.Equal(s.Ports.HL7, want) {
			t.Errorf("%s: HL7 ports %v, %v, want %v", ports, s.Ports.HL7, err, want)
			continue
		}
		if p := s.Plan(); p.HL7Ports != len(want) || p.HL7Probes != 256*uint64(len(want)) || p.Probes != p.Addresses*uint64(p.Ports) {
			t.Errorf("%s: plan %+v", ports, p)
		}
	}
	if _, err := read("{dicom: [104], hl7: [104]}"); err == nil || !strings.Contains(err.Error(), "ports.hl7") {
		t.Errorf("a port in two lists: %v", err)
	}
}

func TestDesignExample(t *testing.T) {
	s := load(t, "design.yaml")
	if s.Overlay != filepath.Join("testdata", "lists", "sites.csv") {
		t.Errorf("overlay %q", s.Overlay)
	}
	if !slices.Equal(s.Names, []string{"pacs.example.org"}) || s.Authority.Reference != "MANDATE-17" {
		t.Errorf("names %v, authority %+v", s.Names, s.Authority)
	}
	if got := s.Size(); got != 255+1 {
		t.Errorf("size %d", got)
	}
	if len(s.Warnings) != 0 {
		t.Errorf("warnings %q", s.Warnings)
	}
}

func TestWarnings(t *testing.T) {
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n" +
		"include: [192.0.2.0/24, 198.51.100.4]\nexclude: [192.0.3.66]\nexclude_files: [../lists/optout.txt]\n"
	s, err := scope.Parse("testdata/accepted/w.yaml", []byte(text), today)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"testdata/accepted/w.yaml:4:11: 192.0.3.66 is excluded but lies outside of every include entry",
		"testdata/accepted/w.yaml:3:25: 198.51.100.4 is excluded whole by an exclude file",
	}
	if !slices.Equal(s.Warnings, want) {
		t.Errorf("got %q", s.Warnings)
	}
}

func TestDigest(t *testing.T) {
	text := "version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\ninclude: [192.0.2.0/24]\n"
	digest := func(text string) string {
		s, err := scope.Parse("s.yaml", []byte(text), today)
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest()
	}
	same := digest(text)
	if len(same) != 64 || digest(strings.ReplaceAll(text, "\n", "  \r\n")+"\n\n") != same {
		t.Error("line ends and trailing blanks change the digest")
	}
	if digest(strings.ReplaceAll(text, "/24", "/25")) == same {
		t.Error("another scope has the same digest")
	}
}

// TestSimulated: loopback addresses may be those of a simulated fleet, and are
// not unless the file says so.
func TestSimulated(t *testing.T) {
	if !load(t, "simulated.yaml").Simulated || load(t, "minimal.yaml").Simulated {
		t.Error("simulated is not as the file says")
	}
}

// TestAuthorityWhole: everything that an authority may say of itself is read, also
// from the text that is kept with a survey after its validity ended.
func TestAuthorityWhole(t *testing.T) {
	s := load(t, "authority-whole.yaml")
	want := survey.Authority{Organisation: "Example CERT", Contact: "pacs@cert.example", Reference: "MANDATE-17", Basis: survey.RequestOfEntity,
		Instrument: "Example Security Act, section 7", OrderedBy: "Head of operations", RequestedBy: "Example Hospital Association",
		DataProtection: &survey.DataProtection{Basis: "GDPR Art. 6(1)(e)", DPIA: "DPIA-4", Ethics: "EK-2026-11"}, RetentionDays: 365, InformWithinHours: 72,
		OptOut: "https://cert.example/survey/opt-out", Telephone: "+49 30 1234567", Page: "https://cert.example/survey"}
	stored, identity, err := scope.AuthorityOf(s.Text)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []survey.Authority{s.Authority.Authority, stored.Authority} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("authority %+v, want %+v", got, want)
		}
	}
	if len(identity.SourceAddresses) != 2 || identity.SourceAddresses[1].String() != "2001:db8::7" || identity.CallingAETitle != "LEADGLASS" {
		t.Errorf("identity %+v", identity)
	}
	if _, _, err := scope.AuthorityOf("version: 2\n"); err == nil {
		t.Error("a text that is no scope file was read")
	}
}
