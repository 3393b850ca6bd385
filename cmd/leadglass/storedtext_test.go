package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/plain"
)

const storedFleet = `version: 1
name: stored
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: one, address: 127.0.49.5, port: 11112, country: AT, site: STOREDSITE, persona: orthanc, contents: {studies: 4, images_linked: 40}}
  - {name: two, address: 127.0.49.6, port: 11112, country: AT, site: STOREDSITE, persona: orthanc, query: refused, contents: {studies: 4, images_linked: 40}}
`

// hostileText is what somebody who can write to the store puts there: it
// would clear a terminal, turn the text around, hide, and begin lines.
const hostileText = "x\x1b[2J\u009b31m\u202egro.elpmaxe\u202c\u2066\u200b\u00ad\nsurvey FORGED\ry\U000e0041"

// TestStoredTextIsShownPlain: whatever text a store holds, what people read
// has no character that steers or hides, and no line that the text began.
func TestStoredTextIsShownPlain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "leadglass.db")
	db := "--store=" + path
	const scope = "version: 1\nauthority: {organisation: Test, contact: test@leadglass.invalid, valid_from: 2020-01-01, valid_until: 2099-12-31}\n" +
		"include: [127.0.49.4/30]\nports: {dicom: [11112], http: []}\n"
	old := surveyOf(t, db, storedFleet, scope, "old")
	surveyOf(t, db, strings.ReplaceAll(storedFleet, ", query: refused", ""), scope, "new")
	spoil(t, path)
	s := searched{}
	for _, args := range [][]string{
		{"survey", "list"}, {"survey", "show"}, {"survey", "show", "--json"}, {"diff"}, {"diff", "--edition", "confidential"}, {"trend"},
		{"report", "--edition", "confidential", "--format", "html,csv", "--out", filepath.Join(dir, "report")},
		{"report", "--format", "html,csv", "--earlier", old, "--out", filepath.Join(dir, "public")},
		{"diff", "--edition", "confidential", "--format", "html", "--out", filepath.Join(dir, "diff")},
		{"disclose", "status", "--systems"},
	} {
		s.run(t, append([]string{db}, args...)...)
	}
	for _, out := range []string{"report", "public", "diff"} {
		s.folder(t, filepath.Join(dir, out))
	}
	shown := false
	for name, content := range s {
		text := string(content)
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".db") {
			continue
		}
		if plain.Text(text) != text {
			t.Errorf("%s holds characters that steer or hide: %q", name, text)
		}
		if !strings.HasSuffix(name, ".html") && strings.Contains("\n"+text, "\nsurvey FORGED") {
			t.Errorf("%s has a line that a stored text began:\n%s", name, text)
		}
		shown = shown || strings.Contains(text, "FORGED")
	}
	if !shown {
		t.Error("nothing shows the text, so that the test shows nothing")
	}
}

// spoil writes the hostile text wherever a store holds text of others.
func spoil(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	quoted := strings.NewReplacer("\x1b", `\u001b`, "\n", `\n`, "\r", `\r`).Replace(hostileText)
	for _, change := range []struct {
		statement string
		args      []any
	}{
		{"UPDATE surveys SET name = name || ?, authority_organisation = ?, authority_contact = ?, authority_reference = ?, version = ?", []any{hostileText, hostileText, hostileText, hostileText, hostileText}},
		{"UPDATE records SET host = ?, finding = replace(replace(finding, 'STOREDSITE', ?), '\"host\":\"127', '\"host\":\"' || ? || '127')", []any{hostileText, quoted, quoted}},
		{"UPDATE facts SET facts = replace(replace(facts, 'STOREDSITE', ?), '\"verdict\":', '\"host\":\"' || ? || '\",\"verdict\":')", []any{quoted, quoted}},
	} {
		if _, err := db.ExecContext(t.Context(), change.statement, change.args...); err != nil {
			t.Fatal(err)
		}
	}
}
