package main

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What servers say of themselves to be read by terminals, browsers and
// spreadsheets. Each is within what the standard lets a version name hold.
var injections = []string{
	"\x1b[31mRED\x1b]0;x\a",
	"=1+1|'/C c'!A",
	"<script>1</scrip",
	"\"><img src=x>",
	"a\r\nb\x00c\u202ed",
	"%s%n{{.}}$(id)",
}

// TestInjections: what a server announces reaches a terminal, a log, a page
// or a table only as text that does nothing there.
func TestInjections(t *testing.T) {
	dir := t.TempDir()
	var fleet strings.Builder
	fleet.WriteString("version: 1\nname: injections\nseed: 7\ndates: {first: 2015-01-01, last: 2020-12-31}\narchives:\n")
	for i, text := range injections {
		fmt.Fprintf(&fleet, "  - {address: 127.0.46.%d, port: 11112, country: AT, persona: vendor, version_name: %s, contents: {studies: 3, images_linked: 9}}\n",
			i+1, strconv.Quote(text))
	}
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(fleet.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	scope := runFleet(t, path)
	store := filepath.Join(dir, "s.db")
	out := filepath.Join(dir, "out")
	s := searched{}
	s.run(t, "--store", store, "survey", "--scope", scope, "--json")
	for i := range injections {
		s.run(t, "check", fmt.Sprintf("127.0.46.%d:11112", i+1), "--scope", scope)
	}
	web := hostilePages(t)
	s.run(t, "check", web.URL)
	s.run(t, "check", web.URL, "--json")
	for _, edition := range []string{"public", "confidential"} {
		s.run(t, "--store", store, "report", "--format", "html,json,csv", "--edition", edition, "--min-count", "1", "--out", filepath.Join(out, edition))
	}
	s.folder(t, out)
	for name, content := range s {
		harmless(t, name, string(content))
	}
}

// hostilePages is a web server that says hostile things wherever something is
// read of an answer.
func hostilePages(t *testing.T) *recorder {
	t.Helper()
	return record(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "<script>alert(1)</script>")
		switch r.URL.Path {
		case "/system":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"ApiVersion":1,"Name":"=1+1","DicomAet":"\u001b[31m","DicomPort":4242,"DatabaseVersion":6,"Version":"1.2\u001b[31m<script>alert(1)</script>","IsHttpServerSecure":true}`)
		case "/":
			w.Header().Set("WWW-Authenticate", "Basic realm=\"<script>alert(1)</script>\"")
			fmt.Fprint(w, "<title>Orthanc Explorer</title><meta name=description content='\x1b[31m<script>alert(1)</script>'>")
		default:
			http.NotFound(w, r)
		}
	}))
}

// harmless fails the test when a text of ours could do something where it is
// shown.
func harmless(t *testing.T, name, text string) {
	t.Helper()
	for _, bad := range []string{"\x1b", "\x00", "\a", "\u202e", "\r\nb"} {
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("%s holds %q: …%q…", name, bad, text[max(0, i-60):min(len(text), i+60)])
		}
	}
	switch {
	case strings.HasSuffix(name, ".html"):
		for _, bad := range []string{"<script>1", "<script>alert", "<img src=x"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
	case strings.HasSuffix(name, ".csv"):
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+@\t\r") {
					t.Errorf("%s has the cell %q", name, cell)
				}
			}
		}
	}
}
