package scope_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/scope"
)

// filledIn is the template as the authority fills it in.
func filledIn(t *testing.T) []byte {
	t.Helper()
	text := string(scope.Template())
	for key, value := range map[string]string{"organisation": "Example CERT", "contact": "pacs@cert.example",
		"valid_from": "2026-01-01", "valid_until": "2026-12-31"} {
		open := regexp.MustCompile(`(?m)^(  ` + key + `:) .*$`)
		if len(open.FindAllString(text, -1)) != 1 {
			t.Fatalf("the template does not leave %s open", key)
		}
		text = open.ReplaceAllString(text, "$1 "+value)
	}
	return []byte(text)
}

// TestTemplate: the template is refused until the authority is filled in; then
// it means the defaults, and every setting that it offers in a comment is one.
func TestTemplate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.yaml")
	if _, err := scope.Parse(path, scope.Template(), today); err == nil || !strings.Contains(err.Error(), `key "organisation" has no value`) {
		t.Errorf("without an authority: %v", err)
	}
	s, err := scope.Parse(path, filledIn(t), today)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings) > 0 || s.Size() != 256 {
		t.Errorf("size %d, warnings %q", s.Size(), s.Warnings)
	}

	for name, text := range map[string]string{"optout.txt": "192.0.2.67\n", "sites.csv": "prefix,country\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := scope.Parse(path, regexp.MustCompile(`(?m)^#( *[a-z0-9-])`).ReplaceAllFunc(filledIn(t), func(m []byte) []byte {
		if prose := len(m) == 3 && m[1] == ' '; prose {
			return m
		}
		return m[1:]
	}), today)
	if err != nil {
		t.Fatal(err)
	}
	if all.Rate != s.Rate || all.Limits != s.Limits || all.Allow != s.Allow || all.CountMode != s.CountMode || all.CountVerify != s.CountVerify ||
		!slices.Equal(all.Ports.DICOM, s.Ports.DICOM) || !slices.Equal(all.Ports.HTTP, s.Ports.HTTP) || !slices.Equal(all.Ports.HL7, s.Ports.HL7) ||
		all.Identity.CallingAETitle != s.Identity.CallingAETitle {
		t.Errorf("what the template says in comments are not the defaults: %+v, want %+v", all, s)
	}
	if all.Authority.Reference == "" || all.Overlay == "" || all.Size() != 254+256 {
		t.Errorf("a setting was not read: %+v, size %d", all, all.Size())
	}
	for _, key := range keysRead(t, "") {
		last := key[strings.LastIndexByte(key, '.')+1:]
		if !bytes.Contains(scope.Template(), []byte(last+":")) {
			t.Errorf("the template does not name %s", key)
		}
	}
}

// keysRead asks the reader for its keys, those of keys within keys after a
// dot: it names them to whoever writes an unknown one.
func keysRead(t *testing.T, section string) []string {
	t.Helper()
	text := "colour: 1\n"
	if section != "" {
		for _, key := range slices.Backward(strings.Split(section, ".")) {
			text = key + ": {" + strings.TrimSpace(text) + "}\n"
		}
	}
	_, err := scope.Parse("s.yaml", []byte(text), today)
	if err == nil {
		t.Fatalf("%s: an unknown key was accepted", text)
	}
	_, list, isSection := strings.Cut(err.Error(), "known keys here are ")
	if !isSection {
		return nil
	}
	var keys []string
	for _, key := range strings.Split(list, ", ") {
		if section != "" {
			key = section + "." + key
		}
		keys = append(keys, key)
		keys = append(keys, keysRead(t, key)...)
	}
	return keys
}

// TestPageNamesEveryKey compares the table of docs/scope.md with the reader.
func TestPageNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../docs/scope.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| (?:\\*\\*)?`([a-z0-9_.]+)`(?:\\*\\*)? \\|(.*)$").FindAllSubmatch(page, -1) {
		documented = append(documented, string(row[1]))
		if n := bytes.Count(row[2], []byte("|")); n != 4 {
			t.Errorf("the row of %s has %d columns, want key, type, default, limits, example", row[1], n+1)
		}
	}
	read := keysRead(t, "")
	if len(read) < 25 || !slices.Contains(read, "rate.per_network.prefix") {
		t.Fatalf("the reader names only %q", read)
	}
	slices.Sort(documented)
	slices.Sort(read)
	if !slices.Equal(documented, read) {
		t.Errorf("docs/scope.md has the keys\n%q\nthe reader has\n%q", documented, read)
	}
}
