package main

import (
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestWrongRoot: a DICOMweb root with a slip in it does not make an archive
// look closed. That of the product is asked too, and where there is none, it
// is said what was not found.
func TestWrongRoot(t *testing.T) {
	t.Parallel()
	open := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, Studies: archive()})
	f := leadglass(t, "check", "http://"+open.HTTPAddr()+"/nothing", "--json", "--count", "off").want(t, exitDone).finding(t)
	if f.Verdict != survey.OpenImages || !strings.Contains(checks(f)["LG-W01"].Evidence, "At /nothing, which was named, there is none") {
		t.Errorf("verdict %s: %s", f.Verdict, checks(f)["LG-W01"].Evidence)
	}
	// Without the plugin, and with an interface that is open all the same.
	without := realserver.Orthanc(t, realserver.OrthancOptions{})
	text := strings.Join(strings.Fields(leadglass(t, "check", "http://"+without.HTTPAddr()+"/nothing").want(t, exitDone).out), " ")
	if !strings.Contains(text, "can list its studies") || strings.Contains(text, "how it should be") {
		t.Error(text)
	}
}
