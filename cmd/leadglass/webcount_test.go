package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestCountByStatistics: an Orthanc that answers no DICOM query is counted by
// its statistics; one that does is counted by C-FIND, and both are compared.
func TestCountByStatistics(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		o := realserver.OrthancOptions{Studies: archive(), DICOMweb: true}
		source, reason := "orthanc-statistics", ""
		if open {
			o.Config = realserver.OpenOrthanc()
			source, reason = "c-find-study", "orthanc-statistics says the same"
		}
		s := realserver.Orthanc(t, o)
		scope := scopeText("127.0.0.1", strconv.Itoa(int(s.DICOMPort)), strconv.Itoa(int(s.HTTPPort)))
		for _, mode := range []string{"exact", "budget"} {
			f := leadglass(t, "check", "127.0.0.1", "--scope", file(t, scope+"count: {mode: "+mode+"}\n"), "--json").want(t, exitDone).finding(t)
			counts(t, f, "40 exact", "120 exact")
			if f.Counts.Studies.Source != source || f.Counts.Studies.Reason != reason {
				t.Errorf("open %v, mode %s: studies by %q (%s), want %q (%s)", open, mode, f.Counts.Studies.Source, f.Counts.Studies.Reason, source, reason)
			}
			if got := number(f.Counts.Patients); got != "40 exact" {
				t.Errorf("patients %s: %s", got, f.Counts.Patients.Reason)
			}
		}
		if open {
			continue
		}
		for text, why := range map[string]string{
			"allow: {dicomweb: false}\n": "no service answers queries",
			"count: {mode: off}\n":       "counting is off, by the scope or by --count",
		} {
			f := leadglass(t, "check", "127.0.0.1", "--scope", file(t, scope+text), "--json").want(t, exitDone).finding(t)
			counts(t, f, "unknown", "unknown")
			if f.Counts.Studies.Reason != why {
				t.Errorf("%s: reason %q, want %q", text, f.Counts.Studies.Reason, why)
			}
		}
	}
}

// TestCountByQIDO counts simulated archives that are open over DICOMweb alone,
// and no mark of a patient leaves.
func TestCountByQIDO(t *testing.T) {
	t.Parallel()
	const fleetText = `version: 1
name: web
seed: 7
dates: {first: 2015-01-01, last: 2019-09-01}
archives:
  - {address: 127.0.45.1, persona: dcm4chee-arc, query: refused, contents: {studies: 1234, images_linked: 9999}, web: [{port: 8080, page: dcm4chee-ui2, api: true, dicomweb: true}]}
  - {address: 127.0.45.2, persona: dcm4chee-arc, query: refused, contents: {studies: 1234, images_linked: 9999}, web: [{port: 8080, page: dcm4chee-ui2, dicomweb: true}]}
  - {address: 127.0.45.3, persona: orthanc, query: refused, contents: {studies: 1234, images_linked: 9999}, web: [{port: 8042, page: orthanc-explorer, dicomweb: true, search: {cut: 101}}]}
  - {address: 127.0.45.4, persona: orthanc, query: refused, contents: {studies: 1234, images_linked: 9999}, web: [{port: 8042, page: orthanc-explorer, dicomweb: true, search: {ignore_offset: true, ignore_dates: true}}]}
  - {address: 127.0.45.5, persona: orthanc, query: refused, contents: {studies: 1234, images_linked: 9999}, web: [{port: 8042, page: orthanc-explorer, dicomweb: true, search: {endless: true}}]}
  - {address: 127.0.45.6, persona: orthanc, query: refused, contents: {studies: 1234, images_linked: 9999}, web: [{port: 8042, page: orthanc-explorer, dicomweb: true, search: {refused: true}}]}
`
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(path, []byte(fleetText), 0o600); err != nil {
		t.Fatal(err)
	}
	scope := runFleet(t, path)
	text, err := os.ReadFile(scope)
	if err != nil {
		t.Fatal(err)
	}
	s := searched{}
	for host, want := range map[string]struct{ studies, images, source, reason string }{
		"127.0.45.1": {"1234 exact", "9999 exact", "dcm4chee-count", ""},
		"127.0.45.2": {"1234 exact", "9999 exact", "qido-rs", ""},
		"127.0.45.3": {"1234 exact", "9999 exact", "qido-rs", ""},
		"127.0.45.4": {"100 lower-bound", "", "qido-rs", "ignores"},
		"127.0.45.5": {"100 lower-bound", "", "qido-rs", "longer than the limit"},
		"127.0.45.6": {"unknown", "unknown", "", "no service answers queries"},
	} {
		f := s.run(t, "check", host, "--scope", scope, "--json").finding(t)
		if want.images == "" {
			want.images = number(f.Counts.ImagesLinked)
		}
		counts(t, f, want.studies, want.images)
		if f.Counts.Studies.Source != want.source || !strings.Contains(f.Counts.Studies.Reason, want.reason) {
			t.Errorf("%s: by %q (%s), want %q (%s)", host, f.Counts.Studies.Source, f.Counts.Studies.Reason, want.source, want.reason)
		}
	}
	if found := s.hits(marks()...); len(found) > 0 {
		t.Errorf("patient values in %d places:\n%s", len(found), strings.Join(found, "\n"))
	}
	noSample := filepath.Join(filepath.Dir(scope), "no-sample.yaml") // beside the scope's overlay
	if err := os.WriteFile(noSample, []byte(strings.Replace(string(text), "sample: true", "sample: false", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	f := leadglass(t, "check", "127.0.45.2", "--scope", noSample, "--json").finding(t)
	if f.Counts.Studies.Quality != survey.UnknownQuality || !strings.Contains(f.Counts.Studies.Reason, "no sample") {
		t.Errorf("without a sample: studies %v (%s)", f.Counts.Studies, f.Counts.Studies.Reason)
	}
}
