package assess_test

import (
	"slices"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

func failed(port uint16, ids ...string) []survey.Check {
	var checks []survey.Check
	for _, id := range ids {
		checks = append(checks, survey.Check{ID: id, State: survey.Fail, Port: port, Evidence: "test"})
	}
	return checks
}

// TestVerdictAndGrade has at least one case for each verdict, and one for each
// row of the grade rule.
func TestVerdictAndGrade(t *testing.T) {
	associates := with(speaks(), func(s *survey.Service) { s.Levels.Associates = true })
	required := survey.TLS{Version: "TLS 1.3", ClientCertificate: "required"}
	optional := survey.TLS{Version: "TLS 1.3", ClientCertificate: "not-required"}
	mutual := with(survey.Service{Port: 2762, Protocol: survey.ProtocolUnknown, Outcome: survey.Closed}, overTLS(required))
	named := survey.Service{Port: 8443, Protocol: survey.ProtocolHTTP, Outcome: survey.Closed, TLS: &required,
		DICOMweb: &survey.DICOMweb{Root: "/dicom-web", QIDO: survey.AccessProtected, WADO: survey.AccessProtected, STOW: survey.AccessProtected}}
	modernWeb := []survey.Check{{ID: "LG-T02", State: survey.Pass, Port: 8443, Evidence: "test"}}
	explorer := page(survey.HTTP{Status: 200, Page: "orthanc-explorer", Viewer: true})
	login := page(survey.HTTP{Status: 401, Page: "orthanc-explorer", Viewer: true, AuthRequired: true})
	other := func(o survey.Outcome) survey.Service { return survey.Service{Port: 22, Outcome: o} }
	list := func(s ...survey.Service) []survey.Service { return s }

	modern := []survey.Check{{ID: "LG-T02", State: survey.Pass, Port: 2762, Evidence: "test"}}

	rows := map[string]bool{}
	for _, test := range []struct {
		name     string
		services []survey.Service
		checks   []survey.Check
		verdict  survey.Verdict
		grade    survey.Grade
	}{
		{"nothing", nil, nil, survey.Unreachable, ""},
		{"refused and silent", list(other(survey.Refused), other(survey.Silent)), nil, survey.Unreachable, ""},
		{"out of budget", list(other(survey.OverBudget)), nil, survey.Unreachable, ""},
		{"foreign", list(other(survey.Foreign)), nil, survey.NotDICOM, ""},
		{"mute", list(other(survey.Mute)), nil, survey.NotDICOM, ""},
		{"closed", list(other(survey.Closed)), nil, survey.NotDICOM, ""},
		{"malformed", list(other(survey.Malformed)), nil, survey.NotDICOM, ""},
		{"another web page", list(page(survey.HTTP{Status: 200})), nil, survey.NotDICOM, ""},
		{"rejects", list(speaks()), failed(104, "LG-D03"), survey.Protected, survey.GradeC},
		{"client certificate, nothing identified", list(mutual), modern, survey.NotDICOM, ""},
		{"client certificate, nothing identified, expired", list(mutual), failed(2762, "LG-T03"), survey.NotDICOM, ""},
		{"client certificate, and plaintext", list(mutual, speaks()), append(failed(104, "LG-D03"), modern...), survey.Protected, survey.GradeC},
		{"DICOMweb with client certificate", list(named), modernWeb, survey.Protected, survey.GradeA},
		{"DICOMweb with client certificate, and SSH", list(named, other(survey.Foreign)), modernWeb, survey.Protected, survey.GradeB},
		{"DICOMweb with client certificate, and a closed port", list(named, other(survey.Refused)), modernWeb, survey.Protected, survey.GradeA},
		{"DICOMweb with client certificate, TLS below the profile", list(named), failed(8443, "LG-T02"), survey.Protected, survey.GradeB},
		{"DICOMweb with client certificate, profile unknown", list(named), nil, survey.Protected, survey.GradeB},
		{"DICOMweb with client certificate, expired", list(named), failed(8443, "LG-T03"), survey.Protected, survey.GradeC},
		{"web page with login", list(with(login, overTLS(optional))), nil, survey.Protected, survey.GradeB},
		{"web page with login over plain HTTP", list(login), failed(8042, "LG-W10"), survey.Protected, survey.GradeC},
		{"viewer", list(explorer), failed(8042, "LG-W04", "LG-W05"), survey.Protected, survey.GradeD},
		{"rejects, and a viewer", list(speaks(), explorer), failed(8042, "LG-W04"), survey.Protected, survey.GradeD},
		{"title alone, over TLS", list(with(with(speaks(), func(s *survey.Service) {
			s.Rejection = &survey.Rejection{Kind: "reject", Result: 1, Source: 1, Reason: 7}
		}), overTLS(optional))), nil, survey.Protected, survey.GradeC},
		{"any title", list(associates), failed(104, "LG-D01", "LG-D03"), survey.Identified, survey.GradeD},
		{"default title", list(associates), failed(104, "LG-D02", "LG-D03"), survey.Identified, survey.GradeD},
		{"known title", list(associates), failed(104, "LG-D03"), survey.Identified, survey.GradeC},
		{"any title over TLS", list(with(associates, overTLS(optional))), failed(104, "LG-D01", "LG-T04"), survey.Identified, survey.GradeC},
		{"studies", list(associates), failed(104, "LG-D04"), survey.Open, survey.GradeF},
		{"patients", list(associates), failed(104, "LG-D05"), survey.Open, survey.GradeF},
		{"worklist", list(associates), failed(104, "LG-D09"), survey.Open, survey.GradeF},
		{"worklist and C-GET", list(associates), failed(104, "LG-D09", "LG-D06"), survey.Open, survey.GradeF},
		{"studies over TLS", list(with(associates, overTLS(required))), failed(104, "LG-D04"), survey.Open, survey.GradeF},
		{"images by C-GET", list(associates), failed(104, "LG-D04", "LG-D06"), survey.OpenImages, survey.GradeF},
		{"images by C-MOVE", list(associates), failed(104, "LG-D05", "LG-D07"), survey.OpenImages, survey.GradeF},
		{"C-GET without a query", list(associates), failed(104, "LG-D06"), survey.Identified, survey.GradeC},
		{"query and C-GET on two ports", list(associates, with(associates, func(s *survey.Service) { s.Port = 11112 })),
			append(failed(104, "LG-D04"), failed(11112, "LG-D06")...), survey.Open, survey.GradeF},
		{"an open port beside others", list(speaks(), other(survey.Mute), with(associates, func(s *survey.Service) { s.Port = 4242 })),
			failed(4242, "LG-D04", "LG-D06"), survey.OpenImages, survey.GradeF},
	} {
		v := survey.VerdictOf(test.services, test.checks)
		if v != test.verdict {
			t.Errorf("%s: verdict %s, want %s", test.name, v, test.verdict)
		}
		rule := assess.RuleFor(test.services, test.checks)
		if g := assess.Grade(test.services, test.checks); g != test.grade || rule.Grade != g {
			t.Errorf("%s: grade %q by rule %q, want %q", test.name, g, rule.When, test.grade)
		}
		rows[rule.When] = true
	}
	for _, r := range assess.GradeRules() {
		if !rows[r.When] {
			t.Errorf("no case for grade %q when %s", r.Grade, r.When)
		}
	}
	for _, g := range []survey.Grade{"", "A", "B", "C", "D", "F"} {
		if !slices.ContainsFunc(assess.GradeRules(), func(r assess.GradeRule) bool { return r.Grade == g }) {
			t.Errorf("grade %q is never given", g)
		}
	}
}

func TestViewer(t *testing.T) {
	open := page(survey.HTTP{Status: 200, Page: "ohif-viewer", Viewer: true})
	secure := with(open, overTLS(survey.TLS{Version: "TLS 1.3"}))
	login := page(survey.HTTP{Status: 401, Page: "ohif-viewer", Viewer: true, AuthRequired: true})
	for _, test := range []struct {
		services []survey.Service
		want     survey.Viewer
	}{
		{nil, ""}, {[]survey.Service{login, speaks()}, ""}, {[]survey.Service{page(survey.HTTP{Status: 200})}, ""},
		{[]survey.Service{login, open}, survey.ViewerOpenHTTP}, {[]survey.Service{secure}, survey.ViewerOpenHTTPS},
		{[]survey.Service{secure, open}, survey.ViewerOpenHTTP},
	} {
		if got, _ := survey.ViewerOf(test.services); got != test.want {
			t.Errorf("%+v: %q, want %q", test.services, got, test.want)
		}
	}
}

func TestDecides(t *testing.T) {
	associates := with(speaks(), func(s *survey.Service) { s.Port, s.Levels.Associates = 4242, true })
	mute := survey.Service{Port: 1, Outcome: survey.Mute}
	for _, test := range []struct {
		services []survey.Service
		checks   []survey.Check
		want     int
	}{
		{nil, nil, -1}, {[]survey.Service{{Port: 9, Outcome: survey.Refused}}, nil, -1}, {[]survey.Service{mute}, nil, 0},
		{[]survey.Service{mute, speaks()}, nil, 1}, {[]survey.Service{associates, speaks()}, nil, 0},
		{[]survey.Service{associates, speaks()}, failed(104, "LG-D04"), 1},
	} {
		if got := survey.Decides(test.services, test.checks); got != test.want {
			t.Errorf("service %d, want %d", got, test.want)
		}
	}
}

// TestAcceptanceCutShort: a presentation context whose result was not read is not one
// that was refused.
func TestAcceptanceCutShort(t *testing.T) {
	for name, c := range map[string]struct {
		tolerated []string
		state     survey.CheckState
	}{
		"whole":               {nil, survey.Pass},
		"cut behind contexts": {[]string{"acceptance-cut-short"}, survey.Pass},
		"without results":     {[]string{"context-without-result"}, survey.Pass},
		"cut among contexts":  {[]string{"acceptance-cut-short", "context-without-result"}, survey.Unknown},
	} {
		tg := identify(t, provide(t, &dimse.Provider{}, dicom.Verification))
		tg.session.Service.Tolerated = c.tolerated
		_, by := tg.run(t)
		for _, id := range []string{"LG-D04", "LG-D05", "LG-D06", "LG-D07", "LG-D08", "LG-D09", "LG-D13"} {
			if by[id].State != c.state {
				t.Errorf("%s: %s is %s: %s", name, id, by[id].State, by[id].Evidence)
			}
		}
	}
}
