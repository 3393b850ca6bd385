package products_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/advisories"
)

var update = flag.Bool("update", false, "rewrite docs/advisories.md from the records")

const page = "../../docs/advisories.md"

// advisory is an advisory and whose.
type advisory struct {
	advisories.Advisory
	of string
}

// published are all advisories, by the name of what they are on.
func published(t *testing.T) []advisory {
	var all []advisory
	list := builtin(t).List()
	var names []string
	for _, k := range list.Toolkits {
		names = append(names, k.Name)
	}
	for _, p := range list.Products {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		for _, a := range builtin(t).Advisories(name) {
			all = append(all, advisory{a, name})
		}
	}
	return all
}

func TestAdvisoriesAreSourced(t *testing.T) {
	rows := published(t)
	var ids []string
	for _, a := range rows {
		for _, id := range a.IDs {
			if slices.Contains(ids, id) {
				t.Errorf("%s is in two rows", id)
			}
			ids = append(ids, id)
		}
		if !strings.HasPrefix(a.Source, "https://") {
			t.Errorf("%v: source %q", a.IDs, a.Source)
		}
		if a.Fixed != "" && a.For(a.Fixed) != advisories.NotAffected {
			t.Errorf("%v: the fixed version %s counts as affected", a.IDs, a.Fixed)
		}
	}
	if len(rows) < 25 || len(ids) < 25 {
		t.Errorf("%d rows, %d advisories", len(rows), len(ids))
	}
	if got := builtin(t).Advisories("Orthanc", advisories.ByHTTP); len(got) != 3 || len(builtin(t).Advisories("nothing", advisories.ByHTTP)) != 0 {
		t.Errorf("%d rows on Orthanc's web side", len(got))
	}
}

// TestAdvisoriesPage compares docs/advisories.md with the records.
func TestAdvisoriesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Advisories\n\nWhat LG-D12 and LG-W08 compare versions with. Made of the records in `internal/products` by\n`go test ./internal/products -run TestAdvisoriesPage -update`. Where a version is shorter than the bound (1.12 against 1.12.3),\ncannot be ordered, or is disputed between sources, the answer is unknown.\n\nReach: dicom and http, over that protocol; file, when objects are decoded; client, as a client of a hostile server; other,\nby HL7 or on the machine itself. Only dicom and http make a check fail.\n\n")
	b.WriteString("| advisory | product | versions | fixed in | reach | severity | what | source, published |\n|---|---|---|---|---|---|---|---|\n")
	for _, a := range published(t) {
		var ranges []string
		for _, r := range a.Affected {
			ranges = append(ranges, words(r))
		}
		for _, r := range a.Disputed {
			ranges = append(ranges, words(r)+" disputed")
		}
		product := a.of
		if len(a.Programs) > 0 {
			product += " (" + strings.Join(a.Programs, ", ") + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | <%s>, %s |\n", strings.Join(a.IDs, ", "), product, strings.Join(ranges, "; "),
			a.Fixed, a.Reach, a.Severity, a.What, a.Source, a.Published)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s differs from the records; run go test ./internal/advisories -run TestAdvisoriesPage -update", page)
	}
}

func words(r advisories.Range) string {
	text := ""
	if r.From != "" {
		text = "from " + r.From + " "
	}
	switch {
	case r.Only != "":
		return r.Only
	case r.Before != "":
		return text + "before " + r.Before
	}
	return text + "through " + r.Through
}
