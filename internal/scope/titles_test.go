package scope_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/scope"
)

func TestContactable(t *testing.T) {
	for contact, want := range map[string]bool{
		"pacs@cert.example": true, "CERT <pacs@cert.example>": true, "https://cert.example/survey": true, "+49 30 123456": true,
		"nomail": false, "pacs@": false, "@cert.example": false, "pacs@localhost": false, "room 12": false, "cert.example": false,
	} {
		if got := scope.Contactable(contact); got != want {
			t.Errorf("%q: %t, want %t", contact, got, want)
		}
	}
}

// TestCalledAETitles: five titles of the authority's own archives at most, each
// as PS3.5 6.2 has them.
func TestCalledAETitles(t *testing.T) {
	read := func(titles string) (*scope.Scope, error) {
		return scope.Parse("s.yaml", []byte("version: 1\nauthority: {organisation: a, contact: b, valid_from: 2026-01-01, valid_until: 2026-12-31}\n"+
			"include: [192.0.2.0/24]\ncalled_ae_titles: "+titles+"\n"), today)
	}
	s, err := read(`[ARCHIVE1, " MY PACS ", 'A234567890123456', 4242, E]`)
	if want := []string{"ARCHIVE1", "MY PACS", "A234567890123456", "4242", "E"}; err != nil || !slices.Equal(s.CalledAETitles, want) {
		t.Fatalf("got %v, %v", s, err)
	}
	for titles, want := range map[string]string{
		"[A, B, C, D, E, F]":   "s.yaml:4:35: called_ae_titles holds more than 5 titles",
		"[A, B, ' A']":         `"A" is given twice`,
		"[A2345678901234567]":  "is 17 characters long",
		`['A\B']`:              "holds a backslash",
		"[' ']":                "is empty",
		"[Ä]":                  "not ASCII",
		"ARCHIVE1":             "called_ae_titles must be a list",
		"[[A]]":                "must be a single value",
		`["A\u0007", ARCHIVE]`: "control character",
	} {
		if _, err := read(titles); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", titles, err, want)
		}
	}
}
