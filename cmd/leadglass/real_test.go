package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// archive is what the real servers hold here: 40 studies of 3 images.
func archive() []realserver.Study {
	return realserver.Studies(1, 40, 3, realserver.StudyOptions{})
}

// states fails the test unless the checks of a finding have the state.
func states(t *testing.T, f survey.Finding, state survey.CheckState, ids ...string) {
	t.Helper()
	by := checks(f)
	for _, id := range ids {
		if by[id].State != state {
			t.Errorf("%s is %q, want %q: %s", id, by[id].State, state, by[id].Evidence)
		}
	}
}

func counts(t *testing.T, f survey.Finding, studies, linked string) {
	t.Helper()
	if got := number(f.Counts.Studies); got != studies {
		t.Errorf("studies %s, want %s: %s", got, studies, f.Counts.Studies.Reason)
	}
	if got := number(f.Counts.ImagesLinked); got != linked {
		t.Errorf("images linked %s, want %s: %s", got, linked, f.Counts.ImagesLinked.Reason)
	}
}

func TestCheckOpenOrthanc(t *testing.T) {
	t.Parallel()
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: archive()})

	f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t)
	if f.Verdict != survey.OpenImages || f.Grade != survey.GradeF || f.Target.Port != s.DICOMPort || len(f.Services) != 1 {
		t.Fatalf("verdict %s, grade %s, target %+v, %d services", f.Verdict, f.Grade, f.Target, len(f.Services))
	}
	service := f.Services[0]
	if service.Toolkit.Name != "DCMTK" || service.Toolkit.Version != "3.6.7" {
		t.Errorf("toolkit %+v, want DCMTK 3.6.7", service.Toolkit)
	}
	if service.Product.Confidence == survey.Certain {
		t.Errorf("product %+v is certain, and the DICOM port alone cannot tell", service.Product)
	}
	counts(t, f, "40 exact", "120 exact")
	states(t, f, survey.Fail, "LG-D01", "LG-D03", "LG-D04", "LG-D06", "LG-D12")

	port := strconv.Itoa(int(s.DICOMPort))
	path := file(t, scopeText("127.0.0.1", port, strconv.Itoa(int(s.HTTPPort))))
	f = leadglass(t, "check", "127.0.0.1", "--scope", path, "--json").want(t, exitDone).finding(t)
	if f.Verdict != survey.OpenImages || len(f.Services) != 2 {
		t.Fatalf("verdict %s, %d services", f.Verdict, len(f.Services))
	}
	for _, service := range f.Services {
		p := service.Product
		if p.Name != "Orthanc" || p.Confidence != survey.Certain || len(p.Evidence) == 0 {
			t.Errorf("port %d: product %+v, want Orthanc, certain, with evidence", service.Port, p)
		}
	}
	counts(t, f, "40 exact", "120 exact")
	// Debian's Orthanc 1.10.1 on DCMTK 3.6.7: named by advisories, which Debian
	// may have closed.
	states(t, f, survey.Fail, "LG-D01", "LG-D03", "LG-D04", "LG-D06", "LG-D12", "LG-W08")
	for id, part := range map[string]string{"LG-D12": "DCMTK 3.6.7", "LG-W08": "CVE-2023-33466"} {
		if e := checks(f)[id].Evidence; !strings.Contains(e, part) || !strings.Contains(e, "Debian") {
			t.Errorf("%s says: %s", id, e)
		}
	}

	text := leadglass(t, "check", s.DICOMAddr()).want(t, exitDone).out
	for _, part := range []string{"OPEN-IMAGES", "40", "120", "LG-D04", "DicomAlwaysAllowFind"} {
		if !strings.Contains(text, part) {
			t.Errorf("the text does not speak of %s:\n%s", part, text)
		}
	}
}

// TestCheckOrthancDefaults: contexts for queries are accepted from everybody,
// and the association ends when the query comes. That is not open.
func TestCheckOrthancDefaults(t *testing.T) {
	t.Parallel()
	s := realserver.Orthanc(t, realserver.OrthancOptions{Studies: archive()})
	f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t)
	if f.Verdict != survey.Identified {
		t.Errorf("verdict %s, want identified", f.Verdict)
	}
	l := f.Services[0].Levels
	if !l.Associates || !l.QueryContext || l.QueryAnswered {
		t.Errorf("levels %+v", l)
	}
	counts(t, f, "unknown", "unknown")
	if f.Counts.Studies.Reason == "" || f.Counts.Studies.Value != nil {
		t.Errorf("studies %+v, want a reason and no value", f.Counts.Studies)
	}
	states(t, f, survey.Fail, "LG-D01", "LG-D03")
	states(t, f, survey.Pass, "LG-D04", "LG-D06")
	by := checks(f)
	if !strings.Contains(by["LG-D01"].Remedy, "DicomCheckCalledAet") {
		t.Errorf("LG-D01's remedy is not Orthanc's: %s", by["LG-D01"].Remedy)
	}
	for id, c := range by {
		if strings.Contains(c.Remedy, `"DicomAlwaysAllowFind": true`) || c.State == survey.Fail && c.Remedy == "" {
			t.Errorf("%s: remedy %q", id, c.Remedy)
		}
	}
}

func TestCheckOrthancCalledTitle(t *testing.T) {
	t.Parallel()
	config := func(title string) map[string]any {
		c := realserver.OpenOrthanc()
		maps.Copy(c, map[string]any{"DicomCheckCalledAet": true, "DicomAet": title})
		return c
	}
	t.Run("a title of its own", func(t *testing.T) {
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config("HIDDEN7"), Studies: archive()})
		f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t)
		if f.Verdict != survey.Protected || f.Services[0].CalledAETitle.Policy != survey.RefusedTitle {
			t.Errorf("verdict %s, title %+v", f.Verdict, f.Services[0].CalledAETitle)
		}
		if r := f.Services[0].Rejection; r == nil || r.Kind != "reject" || r.Result != 1 || r.Source != 1 || r.Reason != 7 {
			t.Errorf("rejection %+v, want 1/1/7", r)
		}
		counts(t, f, "unknown", "unknown")
		f = leadglass(t, "check", s.DICOMAddr(), "--json", "--called-ae-title", "HIDDEN7").want(t, exitDone).finding(t)
		if f.Verdict != survey.OpenImages || f.Services[0].CalledAETitle.Policy != survey.KnownTitle {
			t.Errorf("with its title: verdict %s, title %+v", f.Verdict, f.Services[0].CalledAETitle)
		}
		counts(t, f, "40 exact", "120 exact")
	})
	t.Run("the title it comes with", func(t *testing.T) {
		s := realserver.Orthanc(t, realserver.OrthancOptions{Config: config("ORTHANC"), Studies: archive()})
		f := leadglass(t, "check", s.DICOMAddr(), "--json").want(t, exitDone).finding(t)
		title := f.Services[0].CalledAETitle
		if f.Verdict != survey.OpenImages || title.Policy != survey.DefaultTitle || title.Accepted != "ORTHANC" {
			t.Errorf("verdict %s, title %+v", f.Verdict, title)
		}
		counts(t, f, "40 exact", "120 exact")
		states(t, f, survey.Fail, "LG-D02")
		f = leadglass(t, "check", s.DICOMAddr(), "--json", "--no-default-ae-titles").want(t, exitDone).finding(t)
		if f.Verdict != survey.Protected {
			t.Errorf("without trying default titles: verdict %s", f.Verdict)
		}
	})
}

// TestCheckDcmqrscp: it never returns the number of a study's images, so they
// are counted at a lower level or not at all, and never wrong.
func TestCheckDcmqrscp(t *testing.T) {
	t.Parallel()
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: archive()})
	f := leadglass(t, "check", s.DICOMAddr(), "--json", "--called-ae-title", s.AETitle).want(t, exitDone).finding(t)
	if !f.Verdict.FreelyAccessible() {
		t.Errorf("verdict %s, want open or worse", f.Verdict)
	}
	if got := number(f.Counts.Studies); got != "40 exact" {
		t.Errorf("studies %s, want 40 exact: %s", got, f.Counts.Studies.Reason)
	}
	for name, c := range map[string]survey.Count{"linked": f.Counts.ImagesLinked, "accessible": f.Counts.ImagesAccessible} {
		n, known := c.Int()
		switch {
		case !known && c.Reason == "":
			t.Errorf("images %s unknown without a reason", name)
		case known && n == 0:
			t.Errorf("images %s: 0 %s says nothing; want a number, or unknown with the reason", name, c.Quality)
		case c.Quality == survey.Exact && n != 120, c.Quality == survey.LowerBound && n > 120,
			c.Quality == survey.Estimated && (*c.Low > 120 || *c.High < 120):
			t.Errorf("images %s %s, in truth 120", name, number(c))
		}
		t.Logf("images %s %s: %s %s", name, number(c), c.Reason, c.Source)
	}
	if !slices.ContainsFunc(f.Checks, func(c survey.Check) bool { return c.ID == "LG-D04" && c.State == survey.Fail }) {
		t.Error("LG-D04 does not fail")
	}
	for _, c := range f.Checks {
		if strings.Contains(c.Remedy, "orthanc.json") {
			t.Errorf("%s: remedy of another product: %s", c.ID, c.Remedy)
		}
	}
}
