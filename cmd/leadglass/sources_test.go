package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"leadglass/internal/survey"
)

// geoFile writes an MMDB file of a kind that knows one network.
func geoFile(t *testing.T, kind string, entry mmdbtype.Map) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	_, network, err := net.ParseCIDR("193.0.22.0/24")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Insert(network, entry); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "confidential-name.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestSurveySources: a survey keeps what its attributions come from, with what
// the licences ask to be said, and never the name of a file.
func TestSurveySources(t *testing.T) {
	dir := t.TempDir()
	overlay := filepath.Join(dir, "confidential-name.csv")
	if err := os.WriteFile(overlay, []byte("127.0.77.0/24,DE,Site\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(dir, "s.db")
	country := geoFile(t, "GeoLite2-City", mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("NL")}})
	asn := geoFile(t, "DBIP-ASN-Lite", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("N")})
	o := leadglass(t, "--store", db, "survey", "--scope", file(t, scopeText("127.0.77.1", "1104", "1180")+"overlay: "+overlay+"\n"),
		"--geoip", country, "--geoip", asn, "--json").want(t, exitDone)
	if strings.Contains(o.out, "confidential-name") {
		t.Errorf("the name of a file is in the output: %s", o.out)
	}
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	var summary surveySummary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &summary); err != nil {
		t.Fatal(err)
	}
	_, stored := owners(t, db)
	for _, list := range [][]survey.Source{summary.Survey.Sources, stored.Sources} {
		var said []string
		for _, s := range list {
			said = append(said, s.String())
		}
		text := strings.Join(said, "\n")
		if kinds := []survey.SourceKind{survey.SourceOverlay, survey.SourceGeoIP, survey.SourceGeoIP, survey.SourceEmbedded}; len(list) != 4 ||
			!slices.EqualFunc(list, kinds, func(s survey.Source, k survey.SourceKind) bool { return s.Kind == k }) {
			t.Errorf("sources %s", text)
		}
		for _, want := range []string{"GeoLite Data created by MaxMind", "IP Geolocation by DB-IP", "nro.net (CC0 1.0; the statistics CC BY 4.0), of 20"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in the sources:\n%s", want, text)
			}
		}
	}
	if v := leadglass(t, "version").want(t, exitDone); !strings.Contains(v.out, stored.Sources[3].String()) {
		t.Errorf("version says %s", v.out)
	}
	dir = filepath.Join(dir, "report")
	leadglass(t, "--store", db, "report", "--format", "html,json", "--out", dir).want(t, exitDone)
	for _, want := range []string{"the overlay of the scope file; GeoLite2-City: This product includes GeoLite Data created by MaxMind", "nro.net (CC0 1.0; the statistics CC BY 4.0), of 20"} {
		if n := occurrences(t, dir, want); n != 2 {
			t.Errorf("the reports say %q %d times, want once each", want, n)
		}
	}
}
