package assess_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

var update = flag.Bool("update", false, "rewrite docs/checks from the catalogue")

const pages = "../../docs/checks"

// TestPages compares docs/checks with the catalogue.
func TestPages(t *testing.T) {
	want := map[string]string{"README.md": assess.Index()}
	for _, c := range assess.Catalogue() {
		want[c.ID+".md"] = c.Page()
	}
	if *update {
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("%s is the page of no check", e.Name())
		}
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(pages, name))
		if err != nil {
			t.Errorf("page of a check: %v", err)
		} else if string(got) != text {
			t.Errorf("%s differs from the catalogue; run go test ./internal/assess -run TestPages -update", name)
		}
	}
}

func TestCatalogueIsComplete(t *testing.T) {
	id := regexp.MustCompile(`^LG-[DTWN]\d\d$`)
	seen := map[string]bool{}
	for _, c := range assess.Catalogue() {
		if !id.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("ID %q is malformed or taken", c.ID)
		}
		seen[c.ID] = true
		for what, text := range map[string]string{"Title": c.Title, "Means": c.Means, "Tested": c.Tested, "Sends": c.Sends,
			"remedy for any product": c.Remedies[assess.Any]} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", c.ID, what)
			}
		}
		if c.Run == nil || len(c.References) == 0 || !slices.Contains(survey.Severities, c.Severity) {
			t.Errorf("%s lacks Run, references or a severity", c.ID)
		}
		for p := range c.Remedies {
			if !slices.Contains(assess.Products, p) {
				t.Errorf("%s has a remedy for %q, which no page shows", c.ID, p)
			}
		}
		if _, ok := assess.Find(c.ID); !ok {
			t.Errorf("%s is not found", c.ID)
		}
	}
	if _, ok := assess.Find("LG-X99"); ok {
		t.Error("a check that does not exist is found")
	}
}

func TestRemedyFitsTheProduct(t *testing.T) {
	named := func(name string, c survey.Confidence, toolkit string) *survey.Service {
		return &survey.Service{Product: survey.Product{Name: name, Confidence: c}, Toolkit: survey.Toolkit{Name: toolkit}}
	}
	for _, test := range []struct {
		name    string
		service *survey.Service
		has     []string
		hasNot  []string
	}{
		{"Orthanc", named("Orthanc", survey.Certain, "DCMTK"), []string{`"DicomAlwaysAllowFind": false`, "otherwise they are refused"}, []string{"AETable"}},
		{"dcmqrscp", named("DCMTK dcmqrscp", survey.Likely, "DCMTK"), []string{"AETable BEGIN", "workstation1"}, []string{"orthanc.json"}},
		{"DCMTK only", named("", survey.UnknownConf, "DCMTK"), []string{"If it is Orthanc", "DicomAlwaysAllowFind", "If it is DCMTK dcmqrscp", "AETable"}, nil},
		{"Orthanc possible", named("Orthanc", survey.Possible, "DCMTK"), []string{"If it is Orthanc", "AETable"}, nil},
		{"dcm4chee", named("dcm4chee-arc", survey.Likely, "dcm4che"), []string{"dcmAcceptedCallingAETitle"}, []string{"orthanc.json"}},
		{"dcm4che toolkit", named("", survey.UnknownConf, "dcm4che"), []string{"dcmAcceptedCallingAETitle"}, nil},
		{"Conquest", named("Conquest", survey.Likely, "Conquest"), []string{"nft add rule", "5678"}, nil},
		{"unknown", named("", survey.UnknownConf, ""), []string{"firewall or VPN"}, []string{"orthanc.json", "AETable"}},
		{"no service", nil, []string{"firewall or VPN"}, nil},
	} {
		got := assess.LGD04.Remedy(test.service)
		for _, h := range test.has {
			if !strings.Contains(got, h) {
				t.Errorf("%s: remedy lacks %q:\n%s", test.name, h, got)
			}
		}
		for _, h := range test.hasNot {
			if strings.Contains(got, h) {
				t.Errorf("%s: remedy has %q:\n%s", test.name, h, got)
			}
		}
	}
}
