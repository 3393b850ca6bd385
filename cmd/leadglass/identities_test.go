package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEachClassIsFound surveys archives that return one class of identifying
// attributes each, or one form of national identifier: every class is found
// where it is, and nowhere else.
func TestEachClassIsFound(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../lab/fleets/identities.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fleet := file(t, strings.ReplaceAll(string(text), "127.0.3.", "127.0.53."))
	scope := runFleet(t, fleet)
	s := searched{}
	db := "--store=" + filepath.Join(t.TempDir(), "survey.db")
	s.run(t, db, "survey", "--scope", scope, "--json").want(t, exitDone)
	score := s.run(t, db, "lab", "score", fleet, "--json").want(t, exitDone)
	matches(t, "score", []byte(score.out))
	for _, figure := range []string{
		`{"name":"archive.127.0.53.1.identifying_classes","truth":22,"measured":22,"error":0}`,
		`{"name":"archive.127.0.53.2.identifying_classes","truth":0,"measured":0,"error":0}`,
		`{"name":"archive.127.0.53.45.identifying_classes","truth":2,"measured":2,"error":0}`,
	} {
		if !strings.Contains(score.out, figure) {
			t.Errorf("the score lacks %s", figure)
		}
	}
	// The first number of each form, as the laboratory makes it.
	s.folder(t, filepath.Dir(strings.TrimPrefix(db, "--store=")))
	numbers := []string{"9990000", "2880899000", "88880000", "880808900", "18880808", "080888-0", "080888+0", "88.08.08", "756.8888", "CNRAAA88M48Z"}
	if found := s.hits(append(marks()[:1], numbers...)...); len(found) > 0 {
		t.Errorf("identifiers in %d places:\n%s", len(found), strings.Join(found, "\n"))
	}
}

// TestNoSample: without the sample no class is told, the checks say why, and
// nothing is counted by patient IDs.
func TestNoSample(t *testing.T) {
	_, scope := startArchive(t, "127.0.54.1")
	for flag, told := range map[string]bool{"--sample": true, "--no-sample": false, "--sample=false": false} {
		f := leadglass(t, "check", "127.0.54.1", "--scope", scope, flag, "--json").want(t, exitDone).finding(t)
		by := checks(f)
		if (len(f.IdentifyingClasses) > 0) != told || (f.Counts.NationalIDs != nil) != told {
			t.Errorf("%s: classes %v, national IDs %v", flag, f.IdentifyingClasses, f.Counts.NationalIDs)
		}
		if !told && !strings.Contains(by["LG-D10"].Evidence+by["LG-D11"].Evidence, "allow.sample") {
			t.Errorf("%s: %s %s", flag, by["LG-D10"].Evidence, by["LG-D11"].Evidence)
		}
	}
}
