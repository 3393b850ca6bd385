package compare_test

import (
	"slices"
	"testing"

	"leadglass/internal/compare"
	"leadglass/internal/survey"
)

// base is a survey of 192.0.2.1 to 192.0.2.9, ports 104 and 4242.
func base(change func(*survey.Survey)) survey.Survey {
	v := survey.Survey{ID: "s", State: survey.StateFinished, Coverage: &survey.Coverage{Version: "1", DefaultAETitles: true,
		Ranges: []survey.AddressRange{{From: addr(1), To: addr(9)}}, Ports: []uint16{104, 4242}, Checks: allChecks}}
	if change != nil {
		change(&v)
	}
	return v
}

// at is what was found on one port of 192.0.2.5: "open-images", "open",
// "asked" (open but the query had no result), "identified", "protected",
// "foreign".
func at(port uint16, what string) survey.Facts {
	f := survey.Facts{Target: addr(5).String(), Country: "DE",
		Services: []survey.ServiceFacts{{Port: port, Outcome: survey.Answered, Levels: &survey.Levels{Speaks: true, Associates: true}}}}
	p := survey.PortChecks{Port: port, Passed: []string{"LG-D06"}, Failed: []string{"LG-D03"}}
	switch what {
	case "open-images":
		p = survey.PortChecks{Port: port, Failed: []string{"LG-D03", "LG-D04", "LG-D06"}}
	case "open":
		p.Failed = append(p.Failed, "LG-D04")
	case "asked":
		p.Unknown = []string{"LG-D04"}
	case "protected":
		f.Services[0].Levels.Associates = false
	case "busy":
		f.Services[0].Levels.Associates, f.Services[0].Busy = false, true
	case "mute":
		f.Services[0].Levels, f.Services[0].Outcome, p = nil, survey.Mute, survey.PortChecks{Port: port}
	case "web", "viewer", "login":
		f.Services[0].Levels, f.Services[0].Protocol, p = nil, survey.ProtocolHTTP, survey.PortChecks{Port: port}
		if what == "viewer" {
			p.Failed = []string{"LG-W04"}
		} else if what == "login" {
			p.Passed = []string{"LG-W04"}
		}
	case "foreign":
		f.Services[0].Levels, f.Services[0].Outcome, p = nil, survey.Foreign, survey.PortChecks{Port: port}
	default:
		p.Passed = append(p.Passed, "LG-D04")
	}
	f.Checks = []survey.PortChecks{p}
	return judged(f)
}

// judged sets the verdict of the facts.
func judged(f survey.Facts) survey.Facts {
	var services []survey.Service
	var failed []survey.Check
	for i := range f.Services {
		services = append(services, f.Services[i].Service())
	}
	for _, p := range f.Checks {
		for _, id := range p.Failed {
			failed = append(failed, survey.Check{ID: id, Port: p.Port})
		}
	}
	f.Verdict = judge(services, failed)
	n := survey.ExactCount(100, "")
	f.Studies = &n
	return f
}

// and is two ports of one host.
func and(a, b survey.Facts) survey.Facts {
	a.Services, a.Checks = append(a.Services, b.Services...), append(a.Checks, b.Checks...)
	return judged(a)
}

func incomplete(f survey.Facts) survey.Facts {
	f.Incomplete = true
	return f
}

func ports(p ...uint16) func(*survey.Survey) {
	return func(v *survey.Survey) { v.Coverage.Ports = p }
}

func otherVersion(v *survey.Survey) { v.Coverage.Version = "2" }

func without(id string) func(*survey.Survey) {
	return func(v *survey.Survey) {
		v.Coverage.Checks = slices.DeleteFunc(slices.Clone(v.Coverage.Checks), func(c survey.CoveredCheck) bool { return c.ID == id })
	}
}

func otherMethod(id string) func(*survey.Survey) {
	return func(v *survey.Survey) {
		v.Coverage.Checks = slices.Clone(v.Coverage.Checks)
		for i := range v.Coverage.Checks {
			if v.Coverage.Checks[i].ID == id {
				v.Coverage.Checks[i].Method = "other"
			}
		}
	}
}

// TestTarget goes through what can become of an archive.
func TestTarget(t *testing.T) {
	elsewhere := func(v *survey.Survey) {
		v.Coverage.Ranges = []survey.AddressRange{{From: addr(6), To: addr(9)}}
	}
	interrupted := func(v *survey.Survey) { v.State = survey.StateInterrupted }
	noTitles := func(v *survey.Survey) { v.Coverage.DefaultAETitles = false }
	ownTitle := func(v *survey.Survey) { v.Coverage.CalledAETitles = []string{"OURS"} }
	only := func(f ...survey.Facts) []survey.Facts { return f }
	requested := at(4242, "open")
	requested.RequestedPort = 4242
	for _, c := range []struct {
		name        string
		before, now []survey.Facts
		was, is     func(*survey.Survey)
		kind        compare.Kind
		cause       compare.Cause
	}{
		{"open then and now", only(at(104, "open")), only(at(104, "open")), nil, nil, compare.Unchanged, ""},
		{"refuses now", only(at(104, "open")), only(at(104, "protected")), nil, nil, compare.Fixed, ""},
		{"refuses the query now", only(at(104, "open-images")), only(at(104, "identified")), nil, nil, compare.Fixed, ""},
		{"the query had no result", only(at(104, "open")), only(at(104, "asked")), nil, nil, compare.NotReassessed, compare.CauseUnanswered},
		{"images no more", only(at(104, "open-images")), only(at(104, "open")), nil, nil, compare.Better, ""},
		{"images now", only(at(104, "open")), only(at(104, "open-images")), nil, nil, compare.Worse, ""},
		{"opened", only(at(104, "protected")), only(at(104, "open")), nil, nil, compare.Worse, ""},
		{"nothing answers", only(at(104, "open")), nil, nil, nil, compare.Gone, ""},
		{"another protocol", only(at(104, "open")), only(at(104, "foreign")), nil, nil, compare.Gone, ""},
		{"another protocol, for another version", only(at(104, "open")), only(at(104, "foreign")), nil, otherVersion, compare.OtherMethod, compare.CauseVersion},
		{"closed port, another version", only(at(104, "open")), nil, nil, otherVersion, compare.Gone, ""},
		{"out of budget now", only(at(104, "open")), only(incomplete(at(104, "foreign"))), nil, nil, compare.NotReassessed, compare.CauseBudget},
		{"interrupted", only(at(104, "open")), nil, nil, interrupted, compare.NotReassessed, compare.CauseInterrupted},
		{"a new archive", nil, only(at(104, "open")), nil, nil, compare.New, ""},
		{"interrupted then", nil, only(at(104, "open")), interrupted, nil, compare.NotAssessedBefore, compare.CauseInterrupted},
		{"out of budget then", only(incomplete(at(104, "identified"))), only(at(104, "open")), nil, nil, compare.NotAssessedBefore, compare.CauseBudget},
		{"wider scope", nil, only(at(104, "open")), elsewhere, nil, compare.NotCoveredBefore, compare.CauseAddress},
		{"narrower scope", only(at(104, "open")), nil, nil, elsewhere, compare.NotCoveredNow, compare.CauseAddress},
		{"narrower scope, asked for by itself", only(at(104, "open")), only(at(104, "protected")), nil, elsewhere, compare.Fixed, ""},
		{"more ports", nil, only(at(4242, "open")), ports(104), nil, compare.NotCoveredBefore, compare.CausePort},
		{"fewer ports", only(at(4242, "open")), nil, nil, ports(104), compare.NotCoveredNow, compare.CausePort},
		{"open on a port that was not tried", only(at(104, "protected")), only(and(at(104, "protected"), at(4242, "open"))), ports(104), nil, compare.NotCoveredBefore, compare.CausePort},
		{"fixed where both tried", only(at(104, "open")), only(at(104, "protected")), ports(104), nil, compare.Fixed, ""},
		{"the open port is closed, another answers", only(and(at(104, "open"), at(4242, "protected"))), only(at(4242, "protected")), nil, nil, compare.Fixed, ""},
		{"the open port is closed, a web page of the same system answers", only(and(at(104, "open"), at(4242, "web"))), only(at(4242, "web")), nil, nil, compare.Fixed, ""},
		{"the open port is closed, something that is new answers", only(at(104, "open")), only(at(4242, "web")), nil, nil, compare.Gone, ""},
		{"busy now", only(at(104, "open")), only(at(104, "busy")), nil, nil, compare.NotReassessed, compare.CauseUnanswered},
		{"accepts and says nothing now", only(at(104, "open")), only(at(104, "mute")), nil, nil, compare.NotReassessed, compare.CauseUnanswered},
		{"said nothing then", only(at(104, "mute")), only(at(104, "open")), nil, nil, compare.NotAssessedBefore, compare.CauseUnanswered},
		{"a viewer's port is closed, the archive refuses", only(and(at(104, "protected"), at(4242, "viewer"))), only(at(104, "protected")), nil, nil, compare.Fixed, ""},
		{"a viewer demands a login", only(and(at(104, "protected"), at(4242, "viewer"))), only(and(at(104, "protected"), at(4242, "login"))), nil, nil, compare.Fixed, ""},
		{"a viewer and the archive are gone", only(and(at(104, "protected"), at(4242, "viewer"))), nil, nil, nil, compare.Gone, ""},
		{"a viewer appeared", only(at(104, "protected")), only(and(at(104, "protected"), at(4242, "viewer"))), nil, nil, compare.Worse, ""},
		{"the archive is closed, its viewer is open", only(and(at(104, "open"), at(4242, "viewer"))), only(and(at(104, "protected"), at(4242, "viewer"))), nil, nil, compare.Better, ""},
		{"one of two open ports refuses", only(and(at(104, "open"), at(4242, "open"))), only(and(at(104, "open"), at(4242, "protected"))), nil, nil, compare.Unchanged, ""},
		{"a port opened beside", only(at(104, "protected")), only(and(at(104, "protected"), at(4242, "open"))), nil, nil, compare.Worse, ""},
		{"a new check found it", only(at(104, "identified")), only(at(104, "open")), without("LG-D04"), nil, compare.NotCoveredBefore, compare.CauseCheck},
		{"the check was left out", only(at(104, "open")), only(at(104, "identified")), nil, without("LG-D04"), compare.NotCoveredNow, compare.CauseCheck},
		{"the check is made otherwise", only(at(104, "identified")), only(at(104, "open")), otherMethod("LG-D04"), nil, compare.NotCoveredBefore, compare.CauseCheck},
		{"recognised by another version", only(at(104, "protected")), only(at(104, "identified")), nil, otherVersion, compare.OtherMethod, compare.CauseVersion},
		{"opened, another version", only(at(104, "identified")), only(at(104, "open")), nil, otherVersion, compare.Worse, ""},
		{"its title may not be tried", only(at(104, "open")), only(at(104, "protected")), nil, noTitles, compare.NotReassessed, compare.CauseTechnique},
		{"a title of the authority's own was given", only(at(104, "protected")), only(at(104, "open")), nil, ownTitle, compare.NotAssessedBefore, compare.CauseTechnique},
		{"open on a port that another scanner named", only(at(104, "protected")), only(and(at(104, "protected"), at(5678, "open"))), nil, nil, compare.NotCoveredBefore, compare.CausePort},
		{"fixed on a port that was named twice", only(and(at(104, "protected"), at(5678, "open"))), only(and(at(104, "protected"), at(5678, "protected"))), nil, nil, compare.Fixed, ""},
		{"one port was asked for, another answers", only(requested), only(at(104, "open")), nil, ports(104), compare.OtherMethod, compare.CausePort},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := compare.NewFrame(base(c.was), base(c.is), judge)
			if err != nil {
				t.Fatal(err)
			}
			got, any := f.Target(c.before, c.now)
			if !any || got.Kind != c.kind || got.Cause != c.cause {
				t.Errorf("%v %s (%s), want %s (%s)", any, got.Kind, got.Cause, c.kind, c.cause)
			}
		})
	}
}

// TestNoArchive: what was no archive and is none is no change.
func TestNoArchive(t *testing.T) {
	f, err := compare.NewFrame(base(nil), base(nil), judge)
	if err != nil {
		t.Fatal(err)
	}
	if c, any := f.Target([]survey.Facts{at(104, "foreign")}, nil); any {
		t.Errorf("%+v", c)
	}
}

// TestWithoutCoverage: surveys that do not say what they covered are refused.
func TestWithoutCoverage(t *testing.T) {
	if _, err := compare.NewFrame(base(nil), base(func(v *survey.Survey) { v.Coverage = nil }), judge); err == nil {
		t.Error("no error")
	}
}

// TestDifference: bounds have no difference with each other, and one with an
// exact number.
func TestDifference(t *testing.T) {
	exact, bound := survey.ExactCount(10, ""), survey.AtLeast(40, "", "a cap")
	estimate := survey.EstimateOf(100, 90, 120, 0.95, "", "sampled")
	for _, c := range []struct {
		before, now survey.Count
		want        string
	}{
		{exact, survey.ExactCount(12, ""), "+2"}, {exact, survey.ExactCount(4, ""), "−6"}, {exact, exact, "0"},
		{exact, bound, "at least +30"}, {bound, exact, "at most −30"}, {bound, bound, "unknown"},
		{exact, survey.UnknownCount("refused"), "unknown"}, {survey.UnknownCount("refused"), bound, "unknown"},
		{exact, estimate, "about +90 (+80 to +110)"}, {estimate, exact, "about −90 (−110 to −80)"},
		{estimate, bound, "at least −80"}, {bound, estimate, "at most +80"},
	} {
		if got := compare.DifferenceOf(c.before, c.now).String(); got != c.want {
			t.Errorf("from %s to %s: %s, want %s", c.before, c.now, got, c.want)
		}
	}
}
