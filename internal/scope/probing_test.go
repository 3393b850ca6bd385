package scope_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/scope"
)

// TestProbingText: the file has the fields of RFC 9511, one a line, and says
// neither what is surveyed nor where.
func TestProbingText(t *testing.T) {
	text, err := scope.ProbingText(load(t, "authority-whole.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := `Canonical: https://cert.example/.well-known/probing.txt
Contact: mailto:pacs@cert.example
Contact: tel:+49301234567
Expires: 2027-01-01T00:00:00Z
Preferred-Languages: en
Description: Survey of medical image archives (DICOM) ordered by Example CERT (MANDATE-17); calling AE title LEADGLASS; counts and configuration only, no image is retrieved, no password is guessed; opt out: https://cert.example/survey/opt-out
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	none, err := scope.Parse("s.yaml", []byte(strings.Replace(load(t, "minimal.yaml").Text, "pacs@cert.example", "the front desk", 1)), today)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scope.ProbingText(none); err == nil {
		t.Error("a file without a contact was written")
	}
}

// TestReverseDNS: each source address leads to the host of the file.
func TestReverseDNS(t *testing.T) {
	want := []string{"7.2.0.192.in-addr.arpa. IN PTR cert.example.",
		"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR cert.example."}
	if got := scope.ReverseDNS(load(t, "authority-whole.yaml")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := scope.ReverseDNS(load(t, "minimal.yaml")); got != nil {
		t.Errorf("without addresses: %q", got)
	}
}
