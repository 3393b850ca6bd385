package main

import (
	"strings"
	"testing"
)

// TestRemediesOfAProductThatTheUserKnows: for a check, for all of them, and as
// data; a name without remedies is refused with those that have some.
func TestRemediesOfAProductThatTheUserKnows(t *testing.T) {
	t.Parallel()
	for args, want := range map[string][]string{
		"checks D04 --product orthanc":    {"LG-D04", "DicomCheckModalityHost", "Undo: "},
		"checks LG-T02 --product nginx":   {"ssl_ciphers ECDHE", "ssl_verify_client on;"},
		"checks --product dcm4chee-arc":   {"1. ", "Side effect: ", "ask its manufacturer", "`leadglass checks ID`"},
		"checks --product Orthanc --json": {`"leadglass.plan/1"`, `"id":"orthanc-tls"`, `"run_on_real_server":true`},
		"checks LG-D03 --json":            {`"remedies":{`, `"remedy_data":{`, `"write":"[dicom-tls]`},
	} {
		out := leadglass(t, strings.Fields(args)...).want(t, exitDone)
		for _, w := range want {
			if !strings.Contains(out.out, w) {
				t.Errorf("%s lacks %q:\n%.2000s", args, w, out.out)
			}
		}
	}
	if out := leadglass(t, "checks", "--product", "Orth").want(t, exitUsage); !strings.Contains(out.errors, "DCMTK dcmqrscp") {
		t.Errorf("an unknown product: %s", out.errors)
	}
}
