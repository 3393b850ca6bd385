package main

import (
	"regexp"
	"strings"
	"testing"

	"leadglass/internal/realserver"
)

// TestDebugLog: at the level debug each stage of a host is a line with its
// outcome and time, without addresses and without anything that the host sent;
// at info there is none.
func TestDebugLog(t *testing.T) {
	t.Parallel()
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: archive()})
	at := func(level string, more ...string) string {
		return leadglass(t, append([]string{"check", s.DICOMAddr(), "--json", "--quiet", "--log-level", level}, more...)...).want(t, exitDone).errors
	}
	log := at("debug")
	for _, want := range []string{`stage=identify port=\d+ outcome="dicom [a-z-]+" took=`, `stage=assess port=\d+ outcome="\d+ failed, \d+ passed, \d+ unknown" took=`,
		`stage=count outcome="studies exact, images exact" took=`, `stage=host outcome=open-images took=`} {
		if !regexp.MustCompile(`(?m)^time=\S+ level=DEBUG msg="stage ended" host=1 ` + want).MatchString(log) {
			t.Errorf("no line %s in\n%s", want, log)
		}
	}
	for _, secret := range []string{"127.0.0.1", realserver.Canary, "2.25."} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
	if log := at("debug", "--log-addresses"); !strings.Contains(log, "target=127.0.0.1 stage=host") {
		t.Errorf("with --log-addresses there is no address:\n%s", log)
	}
	if log := at("info"); log != "" {
		t.Errorf("at the level info: %s", log)
	}
}
