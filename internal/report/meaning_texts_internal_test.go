package report

import (
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// TestMeaningSaysWhatWasSeen: of what was not asked or not decided no text says
// that it is closed, and what was seen is named as what it is.
func TestMeaningSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	dicom := survey.Service{Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered}
	dicom.Levels.Speaks, dicom.Levels.Associates = true, true
	offers := dicom
	offers.Levels.QueryContext = true
	rejects := dicom
	rejects.Levels.Associates = false
	behind := survey.Service{Port: 2762, Outcome: survey.Closed, TLS: &survey.TLS{Version: "TLS 1.3", ClientCertificate: "required"}}
	for name, c := range map[string]struct {
		verdict survey.Verdict
		service survey.Service
		checks  []survey.Check
		from    survey.TestedFrom
		want    []string
		never   []string
	}{
		"worklist alone": {survey.Open, offers, []survey.Check{check("LG-D09", 104, survey.Fail), check("LG-D04", 104, survey.Pass)}, survey.FromPublic,
			[]string{"query its worklist", "Studies were not listed"}, []string{"can list its studies", "no image could be retrieved"}},
		"worklist, studies undecided": {survey.Open, offers, []survey.Check{check("LG-D09", 104, survey.Fail), check("LG-D04", 104, survey.Unknown)}, survey.FromPublic,
			[]string{"could not be decided (LG-D04)"}, nil},
		"worklist and studies": {survey.Open, offers, []survey.Check{check("LG-D09", 104, survey.Fail), check("LG-D04", 104, survey.Fail), check("LG-D06", 104, survey.Pass)}, survey.FromPublic,
			[]string{"can list its studies"}, []string{"worklist"}},
		"refuses queries": {survey.Identified, offers, []survey.Check{check("LG-D04", 104, survey.Pass)}, survey.FromPublic,
			[]string{"refused their queries", "the request is refused"}, nil},
		"queries undecided": {survey.Identified, offers, []survey.Check{check("LG-D04", 104, survey.Unknown)}, survey.FromPublic,
			[]string{"could not be decided", "Take it that some can be"}, []string{"the request is refused", "No study is exposed", "answers no query"}},
		"offers no queries": {survey.Identified, dicom, []survey.Check{check("LG-D04", 104, survey.Pass)}, survey.FromPublic,
			[]string{"offered them no queries"}, []string{"the request is refused", "No study is exposed"}},
		"images by identifier": {survey.Identified, dicom, []survey.Check{check("LG-W02", 104, survey.Fail), check("LG-W01", 104, survey.Pass)}, survey.FromPublic,
			[]string{"can retrieve it here"}, []string{"the request is refused", "No study is exposed"}},
		"as it should be": {survey.Protected, rejects, nil, survey.FromPublic, []string{"how it should be", "was not tested"}, nil},
		"protected, undecided": {survey.Protected, rejects, []survey.Check{check("LG-W02", 104, survey.Unknown)}, survey.FromPublic,
			[]string{"could be decided"}, []string{"how it should be", "No study is exposed"}},
		"protected, with faults": {survey.Protected, rejects, []survey.Check{check("LG-D03", 104, survey.Fail)}, survey.FromPublic,
			[]string{"by what was tried"}, []string{"how it should be", "No study is exposed"}},
		"behind a client certificate": {survey.NotDICOM, behind, nil, survey.FromPublic, []string{"demands a client certificate"}, []string{"An archive", "not a DICOM archive"}},
		"nothing recognised":          {survey.NotDICOM, survey.Service{Port: 104, Outcome: survey.Mute}, nil, survey.FromPublic, []string{"recognised"}, []string{"it is not a DICOM archive"}},
		"open, from this machine": {survey.OpenImages, offers, []survey.Check{check("LG-D04", 104, survey.Fail), check("LG-D06", 104, survey.Fail)}, survey.FromLoopback,
			[]string{"Anyone on this machine", "from another machine", "tested from this machine itself"}, []string{"take it off the network", "Anyone who reaches this address", "For the patients that is a breach"}},
		"open, from a private network": {survey.OpenImages, offers, []survey.Check{check("LG-D04", 104, survey.Fail), check("LG-D06", 104, survey.Fail)}, survey.FromPrivate,
			[]string{"take it off the network", "not whether it can be reached from the Internet"}, nil},
	} {
		f := survey.Finding{Target: survey.Target{Host: "h", Address: "a"}, Verdict: c.verdict, TestedFrom: c.from, Services: []survey.Service{c.service}, Checks: c.checks}
		var b strings.Builder
		if err := Finding(&b, f, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(b.String()), " ")
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is missing in\n%s", name, w, got)
			}
		}
		for _, w := range append(c.never, "stranger") {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q is in\n%s", name, w, got)
			}
		}
	}
}
