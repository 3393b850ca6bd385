package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestExport exports a survey whole and by recipient: what is exported is what
// `cases` counts as exposed, the files are for their owner alone, those of
// recipients encrypted, and the output says so.
func TestExport(t *testing.T) {
	dir := t.TempDir()
	db := "--store=" + filepath.Join(dir, "s.db")
	surveyOf(t, db, fleetBefore, scopeText("127.0.47.0/28", "4242, 11112", "8042"), "one")
	leadglass(t, db, "cases", "mark", "127.0.47.2", "accepted", "--until", "2099-01-01", "--note", "replaced", "--by", "K").want(t, exitDone)
	out := filepath.Join(dir, "out")
	all := "intelmq,shadowserver,misp,stix,defectdojo,tickets,ndjson"
	r := leadglass(t, db, "export", "--format", all, "--out", out).want(t, exitDone)
	if !strings.Contains(r.errors, "is not encrypted; keep it confidential") || !strings.Contains(r.errors, "1 accepted") {
		t.Errorf("stderr: %s", r.errors)
	}
	exposed := map[string]bool{}
	for address, c := range casesOf(t, db) {
		if c.Counted() && c.State != "gone" {
			exposed[address] = true
		}
	}
	for path := range strings.Lines(r.out) {
		info, err := os.Stat(strings.TrimSuffix(path, "\n"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if n := strings.Count(r.out, "\n"); n != 7 {
		t.Errorf("%d files: %s", n, r.out)
	}
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	exported := map[string]bool{}
	for line := range strings.Lines(read(filepath.Join(out, "intelmq.jsonl"))) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		exported[e["source.ip"].(string)] = true
	}
	for line := range strings.Lines(read(filepath.Join(out, "systems.ndjson"))) {
		matches(t, "export", []byte(line))
	}
	for address := range exported {
		if !exposed[address] {
			t.Errorf("%s is exported and is not exposed by the cases", address)
		}
	}
	if len(exported) == 0 || exported["127.0.47.2"] || !strings.Contains(read(filepath.Join(out, "tickets.csv")), "closed,accepted") {
		t.Errorf("exported %v", exported)
	}
	piped := leadglass(t, db, "export", "--format", "intelmq", "--out", "-").want(t, exitDone)
	if piped.out != read(filepath.Join(out, "intelmq.jsonl")) || !strings.Contains(piped.errors, "keep it confidential") {
		t.Errorf("to stdout: %s\n%s", piped.out, piped.errors)
	}
	exportsToRecipients(t, db, dir)
	for _, c := range [][2]string{{"--format=nessus", "unknown format"}, {"--format=misp,stix --out=-", "one format"}, {"--format=misp --clear", "--recipients"}} {
		if r := leadglass(t, append([]string{db, "export"}, strings.Fields(c[0])...)...).want(t, exitUsage); !strings.Contains(r.errors, c[1]) {
			t.Errorf("%s: %s", c[0], r.errors)
		}
	}
}

// exportsToRecipients exports to one recipient by its age key.
func exportsToRecipients(t *testing.T, db, dir string) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	recipients := filepath.Join(dir, "recipients.yaml")
	if err := os.WriteFile(recipients, []byte("version: 1\nrecipients:\n  - organisation: CERT.example\n    email: a@cert.example\n    language: en\n    prefixes: [127.0.47.0/24]\n    keys: {age: "+
		identity.Recipient().String()+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "sent")
	r := leadglass(t, db, "export", "--format", "stix", "--recipients", recipients, "--out", out).want(t, exitDone)
	path := strings.TrimSpace(r.out)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("127.0.47.")) || !strings.Contains(r.errors, "encrypted to its recipients") {
		t.Errorf("in clear: %s", r.errors)
	}
	opened, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(opened)
	if err != nil || !strings.Contains(string(text), `"type":"bundle"`) {
		t.Errorf("%s %v", text, err)
	}
	clear := leadglass(t, db, "export", "--format", "stix", "--recipients", recipients, "--clear", "--out", out).want(t, exitDone)
	if !strings.Contains(clear.errors, "is not encrypted") || !strings.HasSuffix(strings.TrimSpace(clear.out), "stix.json") {
		t.Errorf("%s%s", clear.out, clear.errors)
	}
}
