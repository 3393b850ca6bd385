package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"leadglass/internal/trial"
	"leadglass/lab/fleets"
)

// oneArchive is a fleet of one open archive.
const oneArchive = `version: 1
name: one
seed: 7
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: one, address: %s, port: 11112, country: AT, persona: orthanc, retrieval: get, contents: {studies: 12, images_linked: 90}}
`

// startArchive runs one open archive at addr and returns its scope file.
func startArchive(t *testing.T, addr string) (fleetFile, scopeFile string) {
	t.Helper()
	fleetFile = filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(fleetFile, fmt.Appendf(nil, oneArchive, addr), 0o600); err != nil {
		t.Fatal(err)
	}
	return fleetFile, runFleet(t, fleetFile)
}

// runFleet runs a fleet until the test ends and returns the scope file that
// surveys it.
func runFleet(t *testing.T, fleetFile string) (scopeFile string) {
	t.Helper()
	fleet, err := trial.Open(fleetFile)
	if err != nil {
		t.Fatal(err)
	}
	if scopeFile, err = trial.WriteScope(fleet, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	return scopeFile
}

func TestExitCodes(t *testing.T) {
	const addr = "127.0.43.1"
	_, scope := startArchive(t, addr)
	target := addr + ":11112"
	closed := addr + ":11113"
	store := "--store=" + filepath.Join(t.TempDir(), "none.db")

	leadglass(t, "check", target, "--json").want(t, exitDone).finding(t)
	leadglass(t, store, "report").want(t, exitFailed)
	leadglass(t, "check").want(t, exitUsage)
	leadglass(t, "check", target, "--bogus").want(t, exitUsage)
	leadglass(t, "bogus").want(t, exitUsage)
	leadglass(t, "check", "192.0.2.7").want(t, exitUsage)
	leadglass(t, store, "survey", "--scope", scope, "--resume").want(t, exitUsage)

	mute := fmt.Sprintf("127.0.0.1:%d", listener(t, "127.0.0.1:0", silent))
	f := leadglass(t, "check", mute, "--json", "--time", "300ms").want(t, exitIncomplete).finding(t)
	if f.Incomplete == nil || *f.Incomplete == "" {
		t.Error("exit code 3, and the finding does not say why")
	}

	leadglass(t, "check", target, "--fail-on", "open").want(t, exitFailOn)
	leadglass(t, "check", target, "--fail-on", "open-images", "--json").want(t, exitFailOn).finding(t)
	leadglass(t, "check", closed, target, "--fail-on", "open").want(t, exitFailOn)
	leadglass(t, "check", closed, "--fail-on", "open").want(t, exitDone)
	o := leadglass(t, "check", target, "--fail-on", "opn").want(t, exitUsage)
	if !strings.Contains(o.errors, "opn") || !strings.Contains(o.errors, "open-images") {
		t.Errorf("the message does not name the verdicts: %s", o.errors)
	}
}

// TestManyTargets: one line of JSON a target, nothing else on stdout.
func TestManyTargets(t *testing.T) {
	const addr = "127.0.43.2"
	startArchive(t, addr)
	o := leadglass(t, "check", addr+":11112", addr+":11113", "[::ffff:127.0.43.2]:11112", "--json").want(t, exitDone)
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines for 3 targets: %s", len(lines), o.out)
	}
	for _, line := range lines {
		matches(t, "finding", []byte(line))
	}
	o = leadglass(t, "check", addr+":11112", "--quiet").want(t, exitDone)
	if o.errors != "" || o.out == "" {
		t.Errorf("with --quiet: stderr %q, stdout %q", o.errors, o.out)
	}
}

// TestInterruptedCheck interrupts a check once its port was contacted.
func TestInterruptedCheck(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	port := listener(t, "127.0.0.1:0", func(ctx context.Context, c net.Conn) {
		if _, err := c.Read(make([]byte, 1)); err == nil { // the request; the sweep sends none
			cancel()
			<-ctx.Done()
		}
	})
	var stdout, stderr buffer
	code := run(ctx, []string{"check", fmt.Sprintf("127.0.0.1:%d", port), "--json"}, &stdout, &stderr)
	if code != exitIncomplete || stdout.String() != "" || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d, want 3: %s%s", code, stdout.String(), stderr.String())
	}
}

func TestHelp(t *testing.T) {
	commands := []string{"", "check", "survey", "report", "scope check", "lab run", "lab truth", "lab score", "demo",
		"products", "checks", "version"}
	for _, command := range commands {
		o := leadglass(t, append(strings.Fields(command), "--help")...).want(t, exitDone)
		if o.errors != "" || !strings.Contains(o.out, "Usage: leadglass "+command) {
			t.Errorf("help of %q: stdout %q, stderr %q", command, o.out, o.errors)
		}
		if command != "" && (!strings.Contains(o.out, "Example") || !strings.Contains(o.out, "  leadglass "+command)) {
			t.Errorf("the help of %q has no examples", command)
		}
	}
	whole := leadglass(t, "--help").want(t, exitDone).out
	for _, part := range []string{"Exit codes", "check", "survey", "report", "demo"} {
		if !strings.Contains(whole, part) {
			t.Errorf("the help does not speak of %q:\n%s", part, whole)
		}
	}
}

func TestUnknownFleet(t *testing.T) {
	for _, command := range []string{"run", "truth", "score"} {
		o := leadglass(t, "lab", command, "unknownfleet").want(t, exitUsage)
		for _, name := range append(fleets.Names(), "unknownfleet") {
			if !strings.Contains(o.errors, name) {
				t.Errorf("lab %s does not name the fleet %s: %s", command, name, o.errors)
			}
		}
	}
}

// TestCatalogue: each check has its page, and the page its remedy.
func TestCatalogue(t *testing.T) {
	list := leadglass(t, "checks").want(t, exitDone).out
	ids := regexp.MustCompile(`(?m)^LG-[A-Z]\d\d`).FindAllString(list, -1)
	if len(ids) < 8 {
		t.Fatalf("%d checks listed:\n%s", len(ids), list)
	}
	for _, id := range ids {
		if o := leadglass(t, "check", "--explain", strings.ToLower(id)).want(t, exitDone); !strings.Contains(o.out, id) {
			t.Errorf("the page of %s: %s", id, o.out)
		}
	}
	leadglass(t, "check", "--explain", "LG-X99").want(t, exitUsage)
	leadglass(t, "checks", "LG-X99").want(t, exitUsage)
	if o := leadglass(t, "checks", "LG-D04", "--json").want(t, exitDone); !strings.Contains(o.out, `"id":"LG-D04"`) || strings.Contains(o.out, `"id":"LG-D05"`) {
		t.Errorf("the check as JSON: %s", o.all())
	}
	for _, id := range []string{"LG-D04", "d04"} {
		if o := leadglass(t, "checks", id).want(t, exitDone); !strings.Contains(o.out, "LG-D04") || strings.Contains(o.out, "LG-D05  ") {
			t.Errorf("the page of %s: %s", id, o.all())
		}
	}
}
