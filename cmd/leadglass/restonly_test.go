package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// publicTotals are totals of a public report.
type publicTotals struct {
	Totals struct {
		ArchivesOpen     int64        `json:"archives_open"`
		StudyRecords     survey.Count `json:"study_records"`
		ImagesAccessible survey.Count `json:"images_accessible"`
	} `json:"totals"`
}

// reportOf surveys a scope into a store of its own and returns the totals of
// the public report.
func reportOf(t *testing.T, scope string) publicTotals {
	t.Helper()
	dir := t.TempDir()
	store := filepath.Join(dir, "s.db")
	leadglass(t, "survey", "--scope", scope, "--store", store).want(t, exitDone)
	leadglass(t, "report", "--store", store, "--format", "json", "--min-count", "1", "--out", dir).want(t, exitDone)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p publicTotals
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestOrthancOpenByREST: an Orthanc that refuses queries by DICOM and serves
// everything by its own interface is open, with its images, everywhere.
func TestOrthancOpenByREST(t *testing.T) {
	t.Parallel()
	target := orthancREST(t)
	f := leadglass(t, append([]string{"check", "--json"}, target...)...).want(t, exitDone).finding(t)
	if f.Verdict != survey.OpenImages || f.Grade != survey.GradeF {
		t.Errorf("verdict %s, grade %s", f.Verdict, f.Grade)
	}
	counts(t, f, "40 exact", "120 exact")
	if got := number(f.Counts.ImagesAccessible); got != "120 exact" {
		t.Errorf("images accessible %s (%s)", got, f.Counts.ImagesAccessible.Source)
	}
	text := leadglass(t, append([]string{"check", "--fail-on", "open"}, target...)...).want(t, exitFailOn).out
	if !strings.Contains(text, "retrieve the images") {
		t.Errorf("the text is\n%s", text)
	}
	p := reportOf(t, target[2])
	if p.Totals.ArchivesOpen != 1 || number(p.Totals.StudyRecords) != "40 exact" || number(p.Totals.ImagesAccessible) != "120 exact" {
		t.Errorf("the report says %+v", p.Totals)
	}
}

// TestRetrievalUndecided: dcmqrscp without C-GET answers C-MOVE in a way that
// says neither yes nor no. Its images are not said to be out of reach.
func TestRetrievalUndecided(t *testing.T) {
	t.Parallel()
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{AETitle: "DCM4CHEE", Args: []string{"--disable-get"}, Studies: realserver.Studies(1, 5, 2, realserver.StudyOptions{})})
	target := wholeHost(t, []uint16{s.DICOMPort}, []uint16{2})
	f := leadglass(t, append([]string{"check", "--json"}, target...)...).want(t, exitDone).finding(t)
	states(t, f, survey.Unknown, "LG-D07")
	if c := f.Counts.ImagesAccessible; c.Quality != survey.UnknownQuality || !strings.Contains(c.Reason, "LG-D07") {
		t.Errorf("images accessible %s (%s)", number(c), c.Reason)
	}
	text := leadglass(t, append([]string{"check"}, target...)...).want(t, exitDone).out
	if !strings.Contains(text, "could not be decided (LG-D07)") || !strings.Contains(text, "retrievable unknown") {
		t.Errorf("the text is\n%s", text)
	}
	if p := reportOf(t, target[2]); number(p.Totals.ImagesAccessible) != "unknown" {
		t.Errorf("the report says %+v", p.Totals)
	}
}
