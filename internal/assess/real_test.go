package assess_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/internal/assess"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

func studies(n int) []realserver.Study { return realserver.Studies(1, n, 2, realserver.StudyOptions{}) }

// noCanary searches everything that a report could show of an assessment.
func noCanary(t *testing.T, a assess.Assessment) {
	t.Helper()
	for _, c := range a.Checks {
		if strings.Contains(c.Evidence+c.Remedy, realserver.Canary) || strings.Contains(c.Evidence, "2.25.") {
			t.Errorf("%s holds a value of the archive: %s", c.ID, c.Evidence)
		}
	}
}

func TestOrthancDefaults(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Studies: studies(3)})
	tg := identify(t, s.DICOMAddr())
	tg.session.Service.Toolkit.Name = "DCMTK"
	tg.session.Service.Behaviours = []string{survey.BehaviourAnyTitle, survey.BehaviourQueryAndStorage}
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{
		"LG-D01": survey.Fail, "LG-D02": survey.NotApplicable, "LG-D03": survey.Fail, "LG-D04": survey.Pass,
		"LG-D05": survey.Pass, "LG-D06": survey.Pass, "LG-D07": survey.Pass, "LG-D08": survey.Fail,
		"LG-D09": survey.Pass, "LG-D13": survey.Fail, "LG-T03": survey.NotApplicable, "LG-T04": survey.NotApplicable,
	})
	if a.QueryAnswered() || len(openRoutes(a)) > 0 || tg.session.Service.Levels.QueryAnswered {
		t.Errorf("stock Orthanc answers %q, routes %q", a.Queries, openRoutes(a))
	}
	if r := tg.session.Service.Rejection; r == nil || r.Kind != "abort" || r.During != "c-find" {
		t.Errorf("rejection %+v, want an abort at the query", r)
	}
	services := []survey.Service{*tg.session.Service}
	if v, g := survey.VerdictOf(services, a.Checks), assess.Grade(services, a.Checks); v != survey.Identified || g != survey.GradeD {
		t.Errorf("verdict %s, grade %s", v, g)
	}
	t.Log(a.Behaviours, a.Traffic, tg.meter.sent)
}

func TestOrthancOpen(t *testing.T) {
	config := realserver.OpenOrthanc()
	maps.Copy(config, map[string]any{"DicomAlwaysAllowMove": true, "DicomAlwaysAllowStore": false})
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config, Studies: studies(8)})
	tg := identify(t, s.DICOMAddr())
	start := time.Now()
	a, by := tg.run(t)
	took := time.Since(start)
	expect(t, by, map[string]survey.CheckState{
		"LG-D01": survey.Fail, "LG-D03": survey.Fail, "LG-D04": survey.Fail, "LG-D05": survey.Fail,
		"LG-D06": survey.Fail, "LG-D07": survey.Unknown,
	})
	if !strings.Contains(by["LG-D06"].Evidence, "1 failed") && !strings.Contains(by["LG-D06"].Evidence, "2 failed") {
		t.Errorf("LG-D06 is not proved by sub-operations: %s", by["LG-D06"].Evidence)
	}
	if a.QueryModel() != dicom.StudyRootFind || len(openRoutes(a)) != 1 || openRoutes(a)[0] != survey.RouteGet {
		t.Errorf("queries %q, routes %q", a.Queries, openRoutes(a))
	}
	services := []survey.Service{*tg.session.Service}
	if v, g := survey.VerdictOf(services, a.Checks), assess.Grade(services, a.Checks); v != survey.OpenImages || g != survey.GradeF {
		t.Errorf("verdict %s, grade %s", v, g)
	}
	noCanary(t, a)
	if log := s.Log(); strings.Count(log, "C-STORE") > 0 {
		t.Error("Orthanc's log speaks of C-STORE")
	}
	t.Log(took, a.Behaviours, a.Traffic, tg.meter.associations, tg.meter.sent)
}

func TestOrthancOpenWithoutSample(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: studies(2)})
	tg := identify(t, s.DICOMAddr())
	tg.session.Allow.Sample = false
	_, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D06": survey.Unknown})
	tg = identify(t, s.DICOMAddr())
	tg.session.Allow.Sample = false
	tg = identify(t, s.DICOMAddr(), "ORTHANC", "HIDDEN")
	tg.session.Service.Product = survey.Product{Name: "Orthanc", Confidence: survey.Certain}
	_, by = tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D06": survey.Fail})
}

func TestOrthancQueryOnly(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: map[string]any{"DicomAlwaysAllowFind": true}, Studies: studies(2)})
	tg := identify(t, s.DICOMAddr())
	_, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D06": survey.Unknown}) // of a peer of which nothing is known
	tg = identify(t, s.DICOMAddr())
	tg.session.Service.Toolkit.Name = "DCMTK"
	tg.session.Service.Behaviours = []string{survey.BehaviourAnyTitle, survey.BehaviourQueryAndStorage, survey.BehaviourMaxPDU + "16384"}
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D05": survey.Fail, "LG-D06": survey.Pass, "LG-D07": survey.Pass})
	if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v != survey.Open {
		t.Errorf("verdict %s", v)
	}
}

func TestOrthancEmptyAnswers(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc()})
	tg := identify(t, s.DICOMAddr())
	_, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D06": survey.Unknown})
	if !strings.Contains(by["LG-D04"].Evidence, "no study was listed") {
		t.Error(by["LG-D04"].Evidence)
	}
}

// TestOrthancRefusesStrangers: all settings of the remedy are needed to turn LG-D08
// and LG-D13 green for who knows the title; with one left out they fail.
func TestOrthancRefusesStrangers(t *testing.T) {
	always := []string{"Echo", "Store", "Find", "FindWorklist", "Get", "Move"}
	for left, want := range map[string]survey.CheckState{"": survey.NotApplicable, "Echo": survey.Fail} {
		config := map[string]any{"DicomCheckCalledAet": true, "DicomAet": "OURS", "DicomCheckModalityHost": true,
			"DicomModalities": map[string]any{"workstation1": []any{"WORKSTATION1", "127.0.0.1", 104}}}
		for _, name := range always {
			if name != left {
				config["DicomAlwaysAllow"+name] = false
			}
		}
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config})
		_, by := identify(t, s.DICOMAddr(), "OURS").run(t)
		expect(t, by, map[string]survey.CheckState{"LG-D08": want, "LG-D13": want})
	}
}

func TestOrthancChecksCalledTitle(t *testing.T) {
	config := map[string]any{"DicomCheckCalledAet": true, "DicomAet": "HIDDEN"}
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config, Studies: studies(1)})
	tg := identify(t, s.DICOMAddr(), "ORTHANC")
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D01": survey.Pass, "LG-D02": survey.Pass, "LG-D03": survey.Fail,
		"LG-D04": survey.NotApplicable, "LG-D08": survey.NotApplicable, "LG-D13": survey.NotApplicable})
	services := []survey.Service{*tg.session.Service}
	if v, g := survey.VerdictOf(services, a.Checks), assess.Grade(services, a.Checks); v != survey.Protected || g != survey.GradeC {
		t.Errorf("verdict %s, grade %s", v, g)
	}
	tg = identify(t, s.DICOMAddr(), "ORTHANC", "HIDDEN")
	_, by = tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D01": survey.Pass, "LG-D02": survey.Fail, "LG-D04": survey.Unknown})
	tg = identify(t, s.DICOMAddr(), "ORTHANC", "HIDDEN")
	tg.session.Service.Product = survey.Product{Name: "Orthanc", Confidence: survey.Certain}
	_, by = tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Pass, "LG-D05": survey.Pass, "LG-D06": survey.Pass, "LG-D07": survey.Pass})
}

func TestDcmqrscp(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies(6)})
	tg := identify(t, s.DICOMAddr(), s.AETitle)
	tg.session.Service.Toolkit.Name = "DCMTK"
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{
		"LG-D01": survey.Pass, "LG-D02": survey.Fail, "LG-D03": survey.Fail, "LG-D04": survey.Fail, "LG-D05": survey.Fail,
		"LG-D06": survey.Fail, "LG-D07": survey.Unknown, "LG-D08": survey.Fail, "LG-D09": survey.Pass, "LG-D13": survey.Pass,
	})
	noCanary(t, a)
	t.Log(a.Behaviours, a.Traffic, tg.meter.associations, tg.meter.sent)
}

// TestDcmqrscpOneAtATime: an archive that takes one association at a time, and
// notices late that the last has ended, is judged like any other.
func TestDcmqrscpOneAtATime(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies(6), Config: "MaxAssociations = 1"})
	tg := identify(t, s.DICOMAddr(), s.AETitle)
	_, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D05": survey.Fail, "LG-D06": survey.Fail, "LG-D09": survey.Pass})
}

// TestDcmqrscpPatientRoot: an archive of Patient Root alone is open too.
func TestDcmqrscpPatientRoot(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies(6), Args: []string{"--no-study-root"}})
	tg := identify(t, s.DICOMAddr(), s.AETitle)
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Pass, "LG-D05": survey.Fail})
	if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); !v.FreelyAccessible() || !a.QueryAnswered() {
		t.Errorf("verdict %s, something to count: %t", v, a.QueryAnswered())
	}
}

// TestDcmqrscpPeers shows what naming the callers, as the remedy says, does.
func TestDcmqrscpPeers(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies(2), Peers: "ws",
		HostTable: []string{"ws = (WORKSTATION1, workstation1.example.org, 104)"}})
	tg := identify(t, s.DICOMAddr(), s.AETitle)
	a, by := tg.run(t)
	if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v.FreelyAccessible() {
		t.Errorf("verdict %s: %s", v, by["LG-D04"].Evidence)
	}
	t.Log(by["LG-D04"].State, by["LG-D04"].Evidence, by["LG-D06"].State, by["LG-D06"].Evidence)
}

func TestDcmqrscpOptions(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies(2), Args: []string{"--disable-get", "--no-patient-root"}})
	tg := identify(t, s.DICOMAddr(), s.AETitle)
	_, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Fail, "LG-D05": survey.Pass, "LG-D06": survey.Pass})
}

func TestStorescp(t *testing.T) {
	s := realserver.Storescp(t, realserver.DCMTKOptions{})
	tg := identify(t, s.DICOMAddr())
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D01": survey.Fail, "LG-D03": survey.Fail, "LG-D04": survey.Pass, "LG-D05": survey.Pass,
		"LG-D06": survey.Pass, "LG-D07": survey.Pass, "LG-D08": survey.Fail, "LG-D09": survey.Pass})
	if a.Traffic.Associations != 0 {
		t.Errorf("%d associations to ask nothing", a.Traffic.Associations)
	}
}

func TestWlmscpfs(t *testing.T) {
	s := realserver.Wlmscpfs(t, realserver.DCMTKOptions{Studies: studies(3)})
	tg := identify(t, s.DICOMAddr(), s.AETitle)
	a, by := tg.run(t)
	expect(t, by, map[string]survey.CheckState{"LG-D01": survey.Pass, "LG-D04": survey.Pass, "LG-D08": survey.Pass, "LG-D09": survey.Fail})
	if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v != survey.Open {
		t.Errorf("verdict %s", v)
	}
	if a.QueryAnswered() {
		t.Error("a worklist is no archive to count")
	}
	noCanary(t, a)
}
