package scope_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/scope"
)

// TestStoredExclusions: exclusions go on from process to process, and are only
// ever added.
func TestStoredExclusions(t *testing.T) {
	parse := func(text string) *scope.Scope {
		t.Helper()
		s, err := scope.Parse("s.yaml", []byte(rules+text), today)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	include := "include: [5.0.0.0/24, \"2a00::/120\", 8.0.0.0/30]\n"
	first := parse(include + "exclude: [5.0.0.7, 5.0.0.64/26, \"2a00::1\"]\n")
	kept := first.Exclusions()
	later := parse(include + "exclude: [5.0.0.9]\n")
	if added, err := later.Exclude(kept); err != nil || !added {
		t.Fatal(added, err)
	}
	for a, want := range map[string]bool{"5.0.0.7": false, "5.0.0.9": false, "5.0.0.100": false, "2a00::1": false, "5.0.0.8": true, "2a00::2": true} {
		if got := later.Check(addr(a), today) == nil; got != want {
			t.Errorf("%s: permitted %v", a, got)
		}
	}
	if got := uint64(len(slices.Collect(later.Addresses()))); got != later.Size() || first.Size() != later.Size()+1 {
		t.Errorf("sizes %d, %d and %d", first.Size(), later.Size(), got)
	}
	if later.RawSize() != first.RawSize() {
		t.Error("the numbers of addresses have changed")
	}
	all := later.Exclusions()
	if added, err := first.Exclude(all); err != nil || !added || !bytes.Equal(first.Exclusions(), all) {
		t.Errorf("the other way round: %v, %v", added, err)
	}
	if added, err := later.Exclude(kept); err != nil || added {
		t.Errorf("again: %v, %v", added, err)
	}
	// Special-purpose addresses that one scope leaves out are no exclusions of another.
	private := parse("include: [0.0.0.0/4]\n")
	wanted := parse("include: [10.0.0.0/8]\n")
	if _, err := wanted.Exclude(private.Exclusions()); err != nil || wanted.Check(addr("10.1.2.3"), today) != nil {
		t.Errorf("%v, %v", err, wanted.Check(addr("10.1.2.3"), today))
	}
	for _, damaged := range [][]byte{nil, kept[:len(kept)-1], kept[1:], {0, 0, 0, 1, 5, 0, 0, 9, 5, 0, 0, 1}, {255, 255, 255, 255}} {
		if _, err := later.Exclude(damaged); err == nil {
			t.Errorf("%v is accepted", damaged)
		}
	}
}

// TestExcludedPins: what a name was resolved to goes when it is excluded.
func TestExcludedPins(t *testing.T) {
	s := load(t, "names-only.yaml")
	if _, err := s.Resolved("pacs.example.org", []netip.Addr{addr("5.22.113.1"), addr("5.22.113.2")}); err != nil {
		t.Fatal(err)
	}
	more, err := scope.Parse("s.yaml", []byte(rules+"include: [5.0.0.0/8]\nexclude: [5.22.113.1]\n"), today)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exclude(more.Exclusions()); err != nil || !errors.Is(s.Check(addr("5.22.113.1"), today), scope.ErrExcluded) || s.Size() != 1 {
		t.Errorf("%v, %d addresses", err, s.Size())
	}
}

// TestParseStored: the text alone is read, without the files that it names.
func TestParseStored(t *testing.T) {
	s, err := scope.ParseStored("of a survey", rules+"include: [192.0.2.0/24]\nexclude_files: [nowhere/optout.txt]\n", today)
	if err != nil || s.Check(addr("192.0.2.1"), today) != nil {
		t.Errorf("%v", err)
	}
	if _, err := scope.ParseStored("of a survey", rules+"include: [192.0.2.0/24]\noverlay: sites.csv\n", today); err == nil || !strings.Contains(err.Error(), "--scope") {
		t.Errorf("with an overlay: %v", err)
	}
}
