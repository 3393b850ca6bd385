package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckFormats checks one archive of the laboratory for a pipeline: one format
// on stdout, several in a folder, and --fail-on as ever.
func TestCheckFormats(t *testing.T) {
	dir := t.TempDir()
	fleet := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(fleet, []byte(fleetBefore), 0o600); err != nil {
		t.Fatal(err)
	}
	runFleet(t, fleet)
	r := leadglass(t, "check", "127.0.47.2", "--format", "sarif", "--count", "off", "--fail-on", "open").want(t, exitFailOn)
	var log struct {
		Runs []struct {
			Results []struct{ RuleID, Kind string }
		}
	}
	if err := json.Unmarshal([]byte(r.out), &log); err != nil {
		t.Fatalf("%v: %s", err, r.out)
	}
	failed := false
	for _, one := range log.Runs[0].Results {
		failed = failed || one.RuleID == "LG-D04" && one.Kind == "fail"
	}
	if !failed {
		t.Errorf("no result says that LG-D04 failed: %s", r.out)
	}
	out := filepath.Join(dir, "out")
	r = leadglass(t, "check", "127.0.47.2", "--format", "junit,html,csv", "--count", "off", "--out", out).want(t, exitDone)
	for path := range strings.Lines(r.out) {
		if info, err := os.Stat(strings.TrimSpace(path)); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := strings.Count(r.out, "\n"); n != 3 {
		t.Errorf("%d files: %s", n, r.out)
	}
	for _, c := range [][2]string{{"--format=pdf", "unknown format"}, {"--format=junit,csv", "--out DIR"}, {"--format=csv --json", "--json and --format"}, {"--out=x", "--out goes with --format"}} {
		if r := leadglass(t, append([]string{"check", "127.0.47.2"}, strings.Fields(c[0])...)...).want(t, exitUsage); !strings.Contains(r.errors, c[1]) {
			t.Errorf("%s: %s", c[0], r.errors)
		}
	}
}
