package assess_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

var update = flag.Bool("update", false, "rewrite docs/checks from the catalogue")

const pages = "../../docs/checks"

// TestPages compares docs/checks with the catalogue.
func TestPages(t *testing.T) {
	want := map[string]string{"README.md": assess.Index()}
	for _, c := range assess.Catalogue() {
		want[c.ID+".md"] = c.Page(builtin(t))
	}
	if *update {
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("%s is the page of no check", e.Name())
		}
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(pages, name))
		if err != nil {
			t.Errorf("page of a check: %v", err)
		} else if string(got) != text {
			t.Errorf("%s differs from the catalogue; run go test ./internal/assess -run TestPages -update", name)
		}
	}
}

func TestCatalogueIsComplete(t *testing.T) {
	id := regexp.MustCompile(`^LG-[DTWN]\d\d$`)
	seen := map[string]bool{}
	for _, c := range assess.Catalogue() {
		if !id.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("ID %q is malformed or taken", c.ID)
		}
		seen[c.ID] = true
		for what, text := range map[string]string{"Title": c.Title, "Means": c.Means, "Tested": c.Tested, "Sends": c.Sends} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", c.ID, what)
			}
		}
		if c.Run == nil || len(c.References) == 0 || !slices.Contains(survey.Severities, c.Severity) {
			t.Errorf("%s lacks Run, references or a severity", c.ID)
		}
		if len(builtin(t).CheckRemedies(c.ID)[products.AnyProduct]) == 0 {
			t.Errorf("%s has no remedy for any product", c.ID)
		}
		if _, ok := assess.Find(c.ID); !ok {
			t.Errorf("%s is not found", c.ID)
		}
	}
	if _, ok := assess.Find("LG-X99"); ok {
		t.Error("a check that does not exist is found")
	}
}

// builtin are the records of the program.
func builtin(t *testing.T) *products.Table {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return table
}
