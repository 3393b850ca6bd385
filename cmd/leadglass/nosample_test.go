package main

import (
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestNoSampleSaysUndecided: what the probe of retrieval cannot tell without a listed study
// is said to be undecided, not closed.
func TestNoSampleSaysUndecided(t *testing.T) {
	t.Parallel()
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: archive()})
	f := leadglass(t, "check", s.DICOMAddr(), "--no-sample", "--json").want(t, exitDone).finding(t)
	states(t, f, survey.Unknown, "LG-D06")
	text := strings.Join(strings.Fields(leadglass(t, "check", s.DICOMAddr(), "--no-sample").want(t, exitDone).out), " ")
	if f.Verdict != survey.Open || strings.Contains(text, "no image could be retrieved") || !strings.Contains(text, "could not be decided (LG-D06") {
		t.Errorf("verdict %s: %s", f.Verdict, text)
	}
}
