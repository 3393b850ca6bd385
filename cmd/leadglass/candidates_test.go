package main

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// candidateFleet are archives of which one answers on a port that no scope
// lists.
const candidateFleet = `version: 1
name: named
seed: 7
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {address: 127.0.48.1, port: 11112, country: AT, persona: orthanc, contents: {studies: 12, images_linked: 90}}
  - {address: 127.0.48.2, port: 19104, country: AT, persona: orthanc, contents: {studies: 5, images_linked: 9}}
  - {address: 127.0.48.3, port: 11112, country: AT, persona: orthanc, contents: {studies: 7, images_linked: 9}}
`

// surveyed runs `survey --json` and returns its findings by address and its
// summary.
func surveyed(t *testing.T, args ...string) (map[string]survey.Finding, surveySummary, output) {
	t.Helper()
	o := leadglass(t, append([]string{"--store=" + filepath.Join(t.TempDir(), "s.db"), "survey", "--json"}, args...)...).want(t, exitDone)
	findings := map[string]survey.Finding{}
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	for _, line := range lines[:len(lines)-1] {
		var f survey.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if _, twice := findings[f.Target.Address]; twice {
			t.Errorf("%s was examined twice", f.Target.Address)
		}
		findings[f.Target.Address] = f
	}
	var s surveySummary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
		t.Fatal(err)
	}
	return findings, s, o
}

// TestCandidates surveys the hosts that files of other scanners name.
func TestCandidates(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	runFleet(t, write("fleet.yaml", candidateFleet))
	scope := write("scope.yaml", scopeText("127.0.48.0/29", "11112", "8042")+"exclude: [127.0.48.3]\nallow: {candidate_ports: true}\n")
	var zipped strings.Builder
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"ip_str":"127.0.48.1","port":11112,"transport":"tcp"}
{"ip_str":"127.0.48.3","port":11112,"transport":"tcp"}
{"ip_str":"192.0.2.1","port":104,"transport":"tcp"}
{"ip_str":"127.0.48.
`))
	_ = z.Close()
	shodan := write("shodan", zipped.String())
	list := write("list.txt", "127.0.48.2:19104\n127.0.48.1\n127.0.48.4\n")

	findings, s, o := surveyed(t, "--scope", scope, "--candidates", shodan, "--candidates", list)
	if len(findings) != 2 || findings["127.0.48.1"].Verdict != survey.Open || findings["127.0.48.2"].Verdict != survey.Open {
		t.Errorf("found %d: %+v", len(findings), findings)
	}
	if s.Survey.Addresses != 3 || len(s.Candidates) != 2 {
		t.Fatalf("%d addresses, files %+v", s.Survey.Addresses, s.Candidates)
	}
	if f := s.Candidates[0]; f.Format != "JSON" || f.Entries != 3 || f.OutOfScope != 2 || f.Skipped != 1 {
		t.Errorf("the first file: %+v", f)
	}
	if !strings.Contains(o.errors, "shodan:4: ") || !strings.Contains(o.errors, "2 outside the scope") {
		t.Errorf("stderr does not say what was left out: %s", o.errors)
	}

	findings, s, _ = surveyed(t, "--scope", scope, "--candidates", list, "--sweep")
	if len(findings) != 2 || findings["127.0.48.2"].Verdict != survey.Open || s.Survey.Addresses != 7 {
		t.Errorf("with a sweep: %d addresses, %+v", s.Survey.Addresses, findings)
	}

	refused := func(what string, args ...string) {
		t.Helper()
		o := leadglass(t, append([]string{"--store=" + filepath.Join(dir, "none.db"), "survey", "--scope", scope}, args...)...).want(t, exitUsage)
		if !strings.Contains(o.errors, what) {
			t.Errorf("%q: the message does not speak of %q: %s", args, what, o.errors)
		}
	}
	refused("shodan:4: ", "--candidates", shodan, "--strict")
	refused("no host that the scope permits", "--candidates", write("elsewhere.txt", "192.0.2.9\n"))
	refused("no such file", "--candidates", filepath.Join(dir, "absent"))
	refused("--candidates", "--sweep")
}

// TestCandidatesOfLargeNetworks: hosts of an IPv6 network that is too large to
// be swept can be named one by one.
func TestCandidatesOfLargeNetworks(t *testing.T) {
	scope := file(t, scopeText(`"::/64"`, "1", "2"))
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte("::1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := "--store=" + filepath.Join(t.TempDir(), "s.db")
	o := leadglass(t, store, "survey", "--scope", scope).want(t, exitUsage)
	if !strings.Contains(o.errors, "--candidates") {
		t.Errorf("the message does not name the alternative: %s", o.errors)
	}
	_, s, _ := surveyed(t, "--scope", scope, "--candidates", list)
	if s.Survey.Addresses != 1 || s.Survey.Probed != 2 {
		t.Errorf("%+v", s.Survey)
	}
}
