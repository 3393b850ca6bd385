package lab_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"leadglass/internal/lab"
	"leadglass/lab/fleets"
)

// The fleet of the study adds up to the study's totals.
func TestSeptemberTotals(t *testing.T) {
	f := builtIn(t, "greenbone-2019")
	got := f.Truth().Totals
	want := lab.Totals{ArchivesAnalysed: 2300, ArchivesOpen: 590, Countries: 52, StudyRecords: 24_300_000,
		ImagesLinked: 737_000_000, ImagesAccessible: 400_000_000, ViewersOpen: 39,
		USRecords: 13_700_000, SSNRecords: 13_700_000}
	if got != want {
		t.Errorf("totals %+v\nwant   %+v", got, want)
	}
	if n := len(f.Archives); n != 2300 {
		t.Errorf("%d archives, want 2300", n)
	}
}

func TestFollowUpTotals(t *testing.T) {
	before, after := builtIn(t, "greenbone-2019").Truth(), builtIn(t, "follow-up-2019-11").Truth()
	got := after.Totals
	want := lab.Totals{ArchivesAnalysed: got.ArchivesAnalysed, ArchivesOpen: 547, Countries: 50, StudyRecords: 35_000_000,
		ImagesLinked: 1_193_404_000, ImagesAccessible: 370_000_000, ViewersOpen: got.ViewersOpen,
		USRecords: 21_800_000, SSNRecords: 21_800_000}
	if got != want {
		t.Errorf("totals %+v\nwant   %+v", got, want)
	}
	var gone, kept int
	there := map[string]lab.ArchiveTruth{}
	for _, a := range after.Archives {
		there[a.Address.String()] = a
	}
	for _, a := range before.Archives {
		now, ok := there[a.Address.String()]
		switch {
		case !ok:
			t.Errorf("%s is not in the second fleet", a.Address)
		case now.Verdict == "unreachable":
			gone++
		case now.Verdict != a.Verdict || now.Country != a.Country || now.Product != a.Product || now.Port != a.Port:
			t.Errorf("%s was %+v, is %+v", a.Address, a, now)
		default:
			kept++
		}
	}
	if fresh := len(after.Archives) - kept - gone; gone != 172 || fresh != 129 {
		t.Errorf("%d archives gone and %d new, want 172 and 129", gone, fresh)
	}
}

// Figures that were published stand in the fleet as they were published.
func TestPublishedFiguresAreKept(t *testing.T) {
	byCode := map[string]lab.CountryTruth{}
	for _, c := range builtIn(t, "greenbone-2019").Truth().Countries {
		byCode[c.ISO2] = c
	}
	for _, p := range []struct {
		iso2                             string
		open, records, linked, available int64 // -1: not published
	}{
		{"TR", 36, 4924141, 179533940, 178283858},
		{"US", 187, 13700000, 303100000, 45800000},
		{"IN", -1, 627000, 105000000, 104100000},
		{"BR", 34, 640000, 31100000, -1},
		{"EC", -1, 81000, 5300000, -1},
		{"AR", -1, 11800, 35400, -1},
		{"ES", -1, 17000, 53000, -1},
		{"CN", 14, 279000, -1, -1},
		{"FR", 7, 47500, -1, 2670000},
		{"DE", -1, -1, -1, 1380000},
		{"IT", 10, -1, -1, 1110000},
		{"CH", 2, 1571, -1, 231840},
		{"MY", 3, 19922, 1200000, -1},
		{"GB", -1, 1500, -1, 5000},
		{"AU", -1, 50000, -1, -1},
		{"NL", 3, -1, -1, -1},
		{"SK", 1, -1, -1, -1},
	} {
		c := byCode[p.iso2]
		for _, f := range []struct {
			name      string
			want, got int64
		}{
			{"archives_open", p.open, c.ArchivesOpen}, {"study_records", p.records, c.StudyRecords},
			{"images_linked", p.linked, c.ImagesLinked}, {"images_accessible", p.available, c.ImagesAccessible},
		} {
			from := lab.Published
			if f.want < 0 {
				from, f.want = lab.Modelled, f.got
			}
			if f.got != f.want || c.Provenance[f.name] != from {
				t.Errorf("%s of %s is %d (%s), want %d (%s)", f.name, p.iso2, f.got, c.Provenance[f.name], f.want, from)
			}
		}
	}
}

// Nothing is accessible that is not linked, in any archive of any fleet, and
// every archive that counts has something to count.
func TestFiguresAreConsistent(t *testing.T) {
	for _, name := range fleets.Names() {
		for _, a := range builtIn(t, name).Truth().Archives {
			if a.ImagesAccessible > a.ImagesLinked || a.Studies > a.ImagesLinked {
				t.Errorf("%s: %+v", name, a)
			}
			if a.Verdict == "open" && a.ImagesAccessible != 0 {
				t.Errorf("%s: images accessible without retrieval: %+v", name, a)
			}
		}
	}
}

// The committed fleet files are what the generator writes.
func TestFleetFilesAreGenerated(t *testing.T) {
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "gen")
	build := exec.Command("go", "build", "-o", binary, "./lab/fleets/gen")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the generator: %v\n%s", err, out)
	}
	generate := exec.Command(binary)
	generate.Dir = dir
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("running the generator: %v\n%s", err, out)
	}
	for _, name := range []string{"greenbone-2019.yaml", "follow-up-2019-11.yaml"} {
		fresh, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(filepath.Join(root, "lab/fleets", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fresh, committed) {
			t.Errorf("%s is not what the generator writes; run go generate ./lab/fleets", name)
		}
	}
}
