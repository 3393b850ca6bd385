package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestScopePlanSchema: plans of small, large and nameless scopes are what
// their schema says.
func TestScopePlanSchema(t *testing.T) {
	const header = "version: 1\nauthority: {organisation: a, contact: a@leadglass.invalid, valid_from: 2026-01-01, valid_until: 2126-12-31}\n"
	for name, include := range map[string]string{
		"small": `[192.0.2.0/30, 198.51.100.7, "2001:db8::/120"]`, "large": "[0.0.0.0/0]", "names": "[pacs.example.org]", "not swept": `["2001:db8::/64"]`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "s.yaml")
			if err := os.WriteFile(file, []byte(header+"include: "+include+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			o := leadglass(t, "scope", "check", file, "--json").want(t, exitDone)
			matches(t, "scope-plan", []byte(o.out))
			leadglass(t, "scope", "check", file).want(t, exitDone)
		})
	}
}
