package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"leadglass/internal/store"
)

// TestDemoStore: the demo surveys into the store that --store names, after the
// surveys that are there, and without it into that of its own folder, whatever
// the environment says.
func TestDemoStore(t *testing.T) {
	dir := t.TempDir()
	fleet := filepath.Join(dir, "fleet.yaml")
	text := `version: 1
name: small
about: One archive.
seed: 1
dates: {first: 2012-01-02, last: 2026-01-30}
archives:
  - name: one
    address: 127.31.77.1
    country: AT
    site: Clinic One
    persona: orthanc
    retrieval: get
    contents: {studies: 4, images_linked: 12}
    from: modelled
`
	if err := os.WriteFile(fleet, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	named, other := filepath.Join(dir, "named.db"), filepath.Join(dir, "other.db")
	demo := func(out string, flags ...string) {
		t.Helper()
		cmd := exec.Command("leadglass", append([]string{"demo", "--quiet", "--fleet", fleet, "--out", filepath.Join(dir, out)}, flags...)...)
		cmd.Env = append(os.Environ(), "LEADGLASS_STORE="+other)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("demo: %v\n%s", err, text)
		}
	}
	surveys := func(dsn string) int {
		t.Helper()
		db, err := store.OpenExisting(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		all, err := db.Surveys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	demo("a", "--store", named)
	demo("b", "--store", named)
	if n := surveys(named); n != 2 {
		t.Errorf("%d surveys in the named store, want 2", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "leadglass.db")); err == nil {
		t.Error("there is a second store")
	}
	demo("c")
	if n := surveys(filepath.Join(dir, "c", "leadglass.db")); n != 1 {
		t.Errorf("%d surveys in the folder's store, want 1", n)
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("the store of the environment was used")
	}
}
