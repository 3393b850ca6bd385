package report

import (
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// check is a result of a check.
func check(id string, port uint16, state survey.CheckState) survey.Check {
	return survey.Check{ID: id, Port: port, State: state, Severity: survey.High, Title: "title", Evidence: "evidence of " + id}
}

// TestMeaningOfOpen: images are said to be out of reach only where that was
// found out.
func TestMeaningOfOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		get  survey.CheckState
		port uint16
		want string
	}{
		"refused":              {survey.Pass, 104, "even though no image could be retrieved."},
		"undecided":            {survey.Unknown, 104, "could not be decided (LG-D06)"},
		"undecided, elsewhere": {survey.Unknown, 105, "could not be decided (LG-D06)"},
		"undecided, another":   {survey.Unknown, 106, "even though no image could be retrieved."},
	} {
		product := func(name string) survey.Product { return survey.Product{Name: name, Confidence: survey.Certain} }
		f := survey.Finding{Verdict: survey.Open, Services: []survey.Service{{Port: 104, Product: product("a")}, {Port: 106, Product: product("b")}}, Checks: []survey.Check{check("LG-D04", 104, survey.Fail), check("LG-D06", c.port, c.get)}}
		if got := strings.Join(meaning(f), " "); !strings.Contains(got, c.want) || strings.Contains(got, "decided") == strings.Contains(got, "no image could") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestFindingNamesPorts: every check and remedy says which port it is of, what
// was not decided says why, and a line of code is never broken.
func TestFindingNamesPorts(t *testing.T) {
	t.Parallel()
	code := "    storescp --a-rather-long-option -aet ARCHIVE +cf /etc/dcmtk/storescp.cfg --another-option 11112"
	f := survey.Finding{Target: survey.Target{Host: "127.0.0.1", Address: "127.0.0.1"}, Verdict: survey.Open}
	for _, port := range []uint16{4242, 11112} {
		for _, id := range []string{"LG-D03", "LG-D04"} {
			c := check(id, port, survey.Fail)
			if c.Remedy = "the same for both:\n" + code; port == 4242 && id == "LG-D03" {
				c.Remedy = "another"
			}
			f.Checks = append(f.Checks, c)
		}
	}
	f.Checks = append(f.Checks, check("LG-D06", 4242, survey.Unknown), check("LG-N01", 0, survey.Unknown))
	var b strings.Builder
	if err := Finding(&b, f, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"LG-D03  title (port 4242)\n", "LG-D03  title (port 11112)\n", "\n  LG-D03 (port 4242)\n    another\n",
		"\n  LG-D04 (port 4242), LG-D03, LG-D04 (port 11112)\n    the same for both:\n    " + code + "\n",
		"LG-D06  title (port 4242)\n            evidence of LG-D06\n", "LG-N01  title\n            evidence of LG-N01\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// TestUnknownProduct: of a product that is not known it is not said besides how
// sure that is.
func TestUnknownProduct(t *testing.T) {
	t.Parallel()
	version := "1.12.1"
	for want, p := range map[string]survey.Product{
		"product unknown;":                 {Name: "unknown", Confidence: survey.UnknownConf},
		"product Orthanc 1.12.1 (likely);": {Name: "Orthanc", Version: &version, Confidence: survey.Likely},
	} {
		s := survey.Service{Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Product: p, Toolkit: survey.Toolkit{Name: "DCMTK"}}
		if got := describeService(s); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}
