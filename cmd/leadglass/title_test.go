package main

import (
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestTitleHint: an archive that is kept by its title alone is told how to see
// what the title hides; with it the hint is gone.
func TestTitleHint(t *testing.T) {
	t.Parallel()
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{AETitle: "QR", Studies: archive()})
	o := leadglass(t, "check", s.DICOMAddr()).want(t, exitDone)
	if f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t); f.Grade != survey.GradeC || !f.KeptByTitle() {
		t.Errorf("grade %s, kept by its title %t", f.Grade, f.KeptByTitle())
	}
	leadglass(t, "check", s.DICOMAddr(), "--fail-on", "title-alone").want(t, exitFailOn)
	leadglass(t, "check", s.DICOMAddr(), "--fail-on", "identified").want(t, exitDone)
	if !strings.Contains(o.out, "PROTECTED") || !strings.Contains(o.out, "Kept by its title alone") || !strings.Contains(o.out, "--called-ae-title") {
		t.Error(o.out)
	}
	o = leadglass(t, "check", s.DICOMAddr(), "--called-ae-title", "QR").want(t, exitDone)
	if !strings.Contains(o.out, "OPEN-IMAGES") || strings.Contains(o.out, "--called-ae-title") {
		t.Error(o.out)
	}
}
