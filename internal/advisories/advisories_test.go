package advisories_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/advisories"
)

var update = flag.Bool("update", false, "rewrite docs/advisories.md from the table")

const page = "../../docs/advisories.md"

func builtin(t testing.TB) *advisories.Table {
	t.Helper()
	table, err := advisories.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestOrder(t *testing.T) {
	ascending := []string{"0.9", "1.0.0-dev", "1.0.0-alpha", "1.0.0-alpha2", "1.0.0-beta.1", "1.0.0-rc1", "1.0.0-rc2", "1.0.0", "1.0.0a",
		"1.0.0b", "1.0.1", "1.2", "1.9", "1.10", "1.12.0", "1.12.9", "1.12.10", "2", "3.0.4-SNAPSHOT", "3.0.4", "12.2.8.400", "12.2.8.410", "12.2.10"}
	for i, a := range ascending {
		for j, b := range ascending {
			v, err1 := advisories.ParseVersion(a)
			w, err2 := advisories.ParseVersion(b)
			if err1 != nil || err2 != nil {
				t.Fatal(a, b, err1, err2)
			}
			if got := v.Compare(w); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
	for _, same := range [][2]string{{"1.2", "1.2.0"}, {"v1.2.3", "1.2.3"}, {"1.12.5+dfsg", "1.12.5"}, {"1.12.5-2", "1.12.5"}, {"3.6.7+dfsg-1", "3.6.7"}, {"1.0~rc1", "1.0-rc.1"}, {"01.2", "1.2"}} {
		v, err1 := advisories.ParseVersion(same[0])
		w, err2 := advisories.ParseVersion(same[1])
		if err1 != nil || err2 != nil || v.Compare(w) != 0 {
			t.Errorf("%v differ (%v, %v)", same, err1, err2)
		}
	}
}

func TestWhatIsNoVersion(t *testing.T) {
	for _, s := range []string{"", "mainline", "null", "VB19A", ".", "1.", "1..2", ".1", "1.2x3", "1.2-", "1.2-foo", "1.2-rcx", "1.2+", "1.2+%00",
		"-1.2", "1 .2", "1.2 ", "9999999999.1", "1.2.3.4.5.6.7.8.9", "3.6.9 DEV", strings.Repeat("1.", 60), "1.2\x00", "1.2é"} {
		if v, err := advisories.ParseVersion(s); err == nil {
			t.Errorf("%q is read as %v", s, v)
		}
	}
}

func TestRanges(t *testing.T) {
	table, err := advisories.Parse([]byte(row(`affected: [{before: 1.12.3}, {from: 2.0.0, through: 2.1.4}, {only: 3.0.0.7}]
    disputed: [{only: 1.12.3}]`)))
	if err != nil {
		t.Fatal(err)
	}
	a := table.All()[0]
	for version, want := range map[string]advisories.Answer{
		"1.12.2": advisories.Affected, "1.12.3-rc1": advisories.Affected, "0.9.1": advisories.Affected,
		"1.12.3": advisories.Unknown, "1.12.4": advisories.NotAffected, "1.12.10": advisories.NotAffected,
		"1.11": advisories.Affected, "1.12": advisories.Unknown, "1": advisories.Unknown,
		"2.0.0": advisories.Affected, "2.1.4": advisories.Affected, "2.1.4a": advisories.NotAffected, "2.1.5": advisories.NotAffected,
		"2.1": advisories.Unknown, "2.0.0-rc1": advisories.NotAffected, "3.0.0.7": advisories.Affected, "3.0.0": advisories.Unknown,
		"3.0.0.8": advisories.NotAffected, "4": advisories.NotAffected, "": advisories.Unknown, "mainline": advisories.Unknown,
	} {
		if got := a.For(version); got != want {
			t.Errorf("%q: answer %d, want %d", version, got, want)
		}
	}
}

// row is a table of one row with the ranges given.
func row(ranges string) string {
	return fmt.Sprintf(`version: 1
advisories:
  - ids: [CVE-2026-0001]
    product: Ours
    reach: dicom
    %s
    severity: high
    what: it is made up
    source: https://example.org/advisory
    published: 2026-01-01
    checked: 2026-01-02
`, ranges)
}

func TestIncompleteRowsAreRefused(t *testing.T) {
	good := row("affected: [{before: 1.2.3}]")
	if _, err := advisories.Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, says string }{
		{"CVE-2026-0001", "CVE-26-1", "no CVE"}, {"product: Ours", "product: ''", "are needed"}, {"reach: dicom", "reach: radio", "reach"},
		{"{before: 1.2.3}", "", "are needed"}, {"{before: 1.2.3}", "{before: soon}", "bound"}, {"{before: 1.2.3}", "{from: 1.0.0}", "one of"},
		{"{before: 1.2.3}", "{before: 1.2.3, only: 1.2.2}", "one of"}, {"severity: high", "severity: dire", "severity"},
		{"published: 2026-01-01", "published: January", "days"}, {"product: Ours", "produkt: Ours", "unknown field"}, {"version: 1", "version: 2", "version: 1"},
	} {
		_, err := advisories.Parse([]byte(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s for %s: error %v, want one with %q", c.to, c.from, err, c.says)
		}
	}
}

func TestTheTableIsSourced(t *testing.T) {
	rows := builtin(t).All()
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
	if got := builtin(t).Of("Orthanc", advisories.ByHTTP); len(got) != 3 || len(builtin(t).Of("nothing", advisories.ByHTTP)) != 0 {
		t.Errorf("%d rows on Orthanc's web side", len(got))
	}
}

// TestPage compares docs/advisories.md with the table.
func TestPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Advisories\n\nWhat LG-D12 and LG-W08 compare versions with. Made of `internal/advisories/advisories.yaml` by\n`go test ./internal/advisories -run TestPage -update`. Where a version is shorter than the bound (1.12 against 1.12.3),\ncannot be ordered, or is disputed between sources, the answer is unknown.\n\nReach: dicom and http, over that protocol; file, when objects are decoded; client, as a client of a hostile server; other,\nby HL7 or on the machine itself. Only dicom and http make a check fail.\n\n")
	b.WriteString("| advisory | product | versions | fixed in | reach | severity | what | source, published |\n|---|---|---|---|---|---|---|---|\n")
	for _, a := range builtin(t).All() {
		var ranges []string
		for _, r := range a.Affected {
			ranges = append(ranges, words(r))
		}
		for _, r := range a.Disputed {
			ranges = append(ranges, words(r)+" disputed")
		}
		product := a.Product
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
		t.Errorf("%s differs from the table; run go test ./internal/advisories -run TestPage -update", page)
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

func FuzzVersion(f *testing.F) {
	for _, s := range []string{"1.2.3", "v1.4.17d", "1.0.0-rc2", "3.6.7+dfsg-1", "mainline", "12.2.8.410", "1.", "", "1~beta"} {
		f.Add(s, "1.2.3")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		v, err1 := advisories.ParseVersion(a)
		w, err2 := advisories.ParseVersion(b)
		if err1 != nil || err2 != nil {
			return
		}
		if v.Compare(v) != 0 || w.Compare(w) != 0 {
			t.Errorf("%q or %q differs from itself", a, b)
		}
		if v.Compare(w) != -w.Compare(v) {
			t.Errorf("%q against %q: %d, and %d", a, b, v.Compare(w), w.Compare(v))
		}
	})
}
