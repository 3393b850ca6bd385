package assess_test

import (
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// TestVersionsWithAdvisories judges what identification may have learned.
func TestVersionsWithAdvisories(t *testing.T) {
	kit := func(name, version string, c survey.Confidence) func(*survey.Service) {
		return func(s *survey.Service) { s.Toolkit = survey.Toolkit{Name: name, Version: version, Confidence: c} }
	}
	product := func(name, version string, c survey.Confidence) func(*survey.Service) {
		return func(s *survey.Service) {
			s.Product = survey.Product{Name: name, Confidence: c}
			if version != "" {
				s.Product.Version = &version
			}
		}
	}
	dicom := func(changes ...func(*survey.Service)) survey.Service {
		s := speaks()
		for _, c := range changes {
			c(&s)
		}
		return s
	}
	web := func(name, version string, c survey.Confidence) survey.Service {
		return with(page(survey.HTTP{Status: 200}), product(name, version, c))
	}
	certain, likely, possible := survey.Certain, survey.Likely, survey.Possible
	contradicts := func(s *survey.Service) { s.Toolkit.Conflict = "class UID and version name say different versions" }

	for _, test := range []struct {
		name, id string
		service  survey.Service
		state    survey.CheckState
		says     string
	}{
		{"old DCMTK", "LG-D12", dicom(kit("DCMTK", "3.6.6", certain)), survey.Fail, "CVE-2022-2119 (high)"},
		{"DCMTK of Debian 12", "LG-D12", dicom(kit("DCMTK", "3.6.7", certain)), survey.Fail, "a distributor (Debian, for one)"},
		{"DCMTK by its name alone", "LG-D12", dicom(kit("DCMTK", "3.6.7", likely)), survey.Fail, "DCMTK 3.6.7"},
		{"DCMTK of which sources disagree", "LG-D12", dicom(kit("DCMTK", "3.7.0", certain)), survey.Unknown, "sources disagree"},
		{"fixed DCMTK", "LG-D12", dicom(kit("DCMTK", "3.7.1", certain)), survey.Pass, "DCMTK 3.7.1"},
		{"DCMTK without version", "LG-D12", dicom(kit("DCMTK", "", likely)), survey.Unknown, "version of DCMTK is not known"},
		{"DCMTK with a version cut short", "LG-D12", dicom(kit("DCMTK", "3.7", certain)), survey.Unknown, "not whole"},
		{"a version that is none", "LG-D12", dicom(kit("DCMTK", "x\x1b[31m", certain)), survey.Unknown, "cannot be compared"},
		{"a conflict", "LG-D12", dicom(kit("DCMTK", "3.6.7", possible), contradicts), survey.Unknown, "different versions"},
		{"fixed DCMTK under Orthanc of a version unknown", "LG-D12", dicom(kit("DCMTK", "3.7.1", certain), product("Orthanc", "", likely)), survey.Unknown, "version of Orthanc is not known"},
		{"fixed DCMTK under new Orthanc", "LG-D12", dicom(kit("DCMTK", "3.7.1", certain), product("Orthanc", "1.12.11", certain)), survey.Pass, "Orthanc 1.12.11"},
		{"flaws in decoding only", "LG-D12", dicom(kit("DCMTK", "3.7.1", certain), product("Orthanc", "1.12.10", certain)), survey.Unknown, "decodes what it is sent"},
		{"qrscp", "LG-D12", dicom(kit("pynetdicom", "2.0.2", certain), product("pynetdicom qrscp", "", likely)), survey.Fail, "CVE-2026-56445 (critical)"},
		{"perhaps qrscp", "LG-D12", dicom(kit("pynetdicom", "2.0.2", certain), product("pynetdicom qrscp", "", possible)), survey.Unknown, "only some programs"},
		{"another program on pynetdicom", "LG-D12", dicom(kit("pynetdicom", "2.0.2", certain), product("Other", "", likely)), survey.Pass, "pynetdicom 2.0.2"},
		{"a toolkit without advisories", "LG-D12", dicom(kit("DICOM-rs", "0.10.0", certain)), survey.Unknown, "no advisory on this product"},
		{"nothing known", "LG-D12", dicom(), survey.Unknown, "Neither"},

		{"old Orthanc", "LG-W08", web("Orthanc", "1.5.7", certain), survey.Fail, "CVE-2025-0896 (critical), CVE-2023-33466 (high)"},
		{"Orthanc of Debian 12", "LG-W08", web("Orthanc", "1.10.1", certain), survey.Fail, "CVE-2023-33466"},
		{"fixed Orthanc", "LG-W08", web("Orthanc", "1.12.11", certain), survey.Pass, "Orthanc 1.12.11"},
		{"Orthanc built from its repository", "LG-W08", web("Orthanc", "mainline", certain), survey.Unknown, "cannot be compared"},
		{"Orthanc behind a login", "LG-W08", web("Orthanc", "", certain), survey.Unknown, "not known"},
		{"perhaps Orthanc", "LG-W08", web("Orthanc", "1.5.7", possible), survey.Unknown, "possibility"},
		{"OHIF without version", "LG-W08", web("OHIF Viewer", "", certain), survey.Unknown, "not known"},
		{"a viewer without advisories", "LG-W08", web("Visage 7", "7.1", likely), survey.Unknown, "no proof"},
		{"no product", "LG-W08", web("unknown", "", survey.UnknownConf), survey.NotApplicable, "no known product"},
	} {
		for _, c := range assess.Run(t.Context(), &assess.Session{Products: known(t), Service: &test.service, Now: now}).Checks {
			if c.ID != test.id {
				continue
			}
			if c.State != test.state || !strings.Contains(c.Evidence, test.says) || strings.Contains(c.Evidence, "\x1b") {
				t.Errorf("%s: %s is %s, want %s with %q: %s", test.name, c.ID, c.State, test.state, test.says, c.Evidence)
			}
			if (c.Remedy != "") != (c.State == survey.Fail) {
				t.Errorf("%s: %s with the remedy %q", test.name, c.State, c.Remedy)
			}
		}
	}
}
