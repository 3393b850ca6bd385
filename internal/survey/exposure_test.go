package survey_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/survey"
)

func checkOn(id string, state survey.CheckState, port uint16) survey.Check {
	return survey.Check{ID: id, State: state, Port: port, Evidence: "Test."}
}

// service is a service at a port, of a product where one is named.
func service(port uint16, product string) survey.Service {
	s := survey.Service{Port: port, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered, Levels: survey.Levels{Speaks: true, Associates: true}}
	if product != "" {
		s.Product = survey.Product{Name: product, Confidence: survey.Likely}
	}
	return s
}

// TestRetrieval: a route is open, closed or undecided; a route of another port
// counts where the product is the same, and is undecided where it may be.
func TestRetrieval(t *testing.T) {
	const fail, pass, unknown, none = survey.Fail, survey.Pass, survey.Unknown, survey.NotApplicable
	lists := checkOn("LG-D04", fail, 104)
	for name, c := range map[string]struct {
		services []survey.Service
		checks   []survey.Check
		want     survey.Decision
		open     string
		verdict  survey.Verdict
	}{
		"nothing":          {nil, nil, survey.DecidedClosed, "", survey.Unreachable},
		"closed":           {[]survey.Service{service(104, "")}, []survey.Check{lists, checkOn("LG-D06", pass, 104), checkOn("LG-D07", pass, 104)}, survey.DecidedClosed, "", survey.Open},
		"undecided":        {[]survey.Service{service(104, "")}, []survey.Check{lists, checkOn("LG-D06", pass, 104), checkOn("LG-D07", unknown, 104)}, survey.Undecided, "", survey.Open},
		"one open":         {[]survey.Service{service(104, "")}, []survey.Check{lists, checkOn("LG-D06", fail, 104), checkOn("LG-D07", unknown, 104)}, survey.DecidedOpen, "C-GET", survey.OpenImages},
		"not listed":       {[]survey.Service{service(104, "")}, []survey.Check{checkOn("LG-D04", pass, 104), checkOn("LG-D06", unknown, 104)}, survey.Undecided, "", survey.Identified},
		"no check applied": {[]survey.Service{service(104, "")}, []survey.Check{lists, checkOn("LG-D06", none, 104)}, survey.DecidedClosed, "", survey.Open},
		"same product": {[]survey.Service{service(104, "Orthanc"), service(8042, "Orthanc")},
			[]survey.Check{lists, checkOn("LG-D06", pass, 104), checkOn("LG-W02", fail, 8042)}, survey.DecidedOpen, "WADO-RS", survey.OpenImages},
		"another product": {[]survey.Service{service(104, "Orthanc"), service(8042, "Conquest")},
			[]survey.Check{lists, checkOn("LG-D06", pass, 104), checkOn("LG-W02", fail, 8042)}, survey.DecidedClosed, "", survey.Open},
		"may be the same": {[]survey.Service{service(104, "Orthanc"), service(8042, "")},
			[]survey.Check{lists, checkOn("LG-D06", pass, 104), checkOn("LG-W02", fail, 8042)}, survey.Undecided, "", survey.Open},
	} {
		f := survey.Finding{Services: c.services, Checks: c.checks}
		r := f.Retrieval()
		var names []string
		for _, n := range r.Open {
			names = append(names, string(n))
		}
		if r.State != c.want || strings.Join(names, " ") != c.open || (r.Why != "") != (c.want == survey.Undecided) {
			t.Errorf("%s: %+v", name, r)
		}
		if v := survey.VerdictOf(c.services, c.checks); v != c.verdict {
			t.Errorf("%s: %s, want %s", name, v, c.verdict)
		}
	}
}

// TestExposed: what letters are about.
func TestExposed(t *testing.T) {
	for name, c := range map[string]struct {
		finding survey.Finding
		exposed bool
		listing uint16
	}{
		"nothing":    {survey.Finding{Verdict: survey.Protected}, false, 0},
		"open":       {survey.Finding{Verdict: survey.Open}, true, 0},
		"viewer":     {survey.Finding{Verdict: survey.Protected, Viewer: survey.ViewerOpenHTTP}, true, 0},
		"files":      {survey.Finding{Verdict: survey.NotDICOM, Checks: []survey.Check{checkOn("LG-W07", survey.Fail, 80)}}, true, 80},
		"no files":   {survey.Finding{Verdict: survey.NotDICOM, Checks: []survey.Check{checkOn("LG-W07", survey.Pass, 80)}}, false, 0},
		"identified": {survey.Finding{Verdict: survey.Identified}, false, 0},
	} {
		if f := &c.finding; f.Exposed() != c.exposed || f.Listing() != c.listing {
			t.Errorf("%s: exposed %t, listing %d", name, f.Exposed(), f.Listing())
		}
	}
}

// TestExposureOf: several checks of one route on one port are one decision, and
// several ports are apart.
func TestExposureOf(t *testing.T) {
	e := survey.ExposureOf([]survey.Check{
		checkOn("LG-D04", survey.Pass, 104), checkOn("LG-D05", survey.Fail, 104), checkOn("LG-D04", survey.Pass, 105),
		checkOn("LG-W07", survey.Unknown, 80), checkOn("LG-T02", survey.Fail, 104),
	})
	if got := e.With(survey.Lists); len(got) != 2 || got.On(104).State() != survey.DecidedOpen || got.On(105).State() != survey.DecidedClosed {
		t.Errorf("%+v", got)
	}
	if got := e.In(survey.Undecided).Names(); !slices.Equal(got, []survey.Route{survey.RouteListing}) {
		t.Errorf("%v", got)
	}
}
