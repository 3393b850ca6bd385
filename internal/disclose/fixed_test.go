package disclose_test

import (
	"testing"

	"leadglass/internal/disclose"
	"leadglass/internal/survey"
)

// change returns a copy of f that was changed.
func change(f *survey.Finding, how ...func(*survey.Finding)) survey.Finding {
	c := *f
	c.Checks = append([]survey.Check(nil), f.Checks...)
	c.Services = append([]survey.Service(nil), f.Services...)
	for _, h := range how {
		h(&c)
	}
	return c
}

func verdict(v survey.Verdict) func(*survey.Finding) {
	return func(f *survey.Finding) { f.Verdict, f.Viewer = v, "" }
}

func state(id string, s survey.CheckState) func(*survey.Finding) {
	return func(f *survey.Finding) {
		for i := range f.Checks {
			if f.Checks[i].ID == id {
				f.Checks[i].State = s
			}
		}
	}
}

func drop(port uint16) func(*survey.Finding) {
	return func(f *survey.Finding) {
		var services []survey.Service
		var checks []survey.Check
		for _, s := range f.Services {
			if s.Port != port {
				services = append(services, s)
			}
		}
		for _, c := range f.Checks {
			if c.Port != port {
				checks = append(checks, c)
			}
		}
		f.Services, f.Checks = services, checks
	}
}

func closed(v survey.Verdict) []func(*survey.Finding) {
	return []func(*survey.Finding){verdict(v), state("LG-D04", survey.Pass), state("LG-D06", survey.NotApplicable)}
}

func TestJudge(t *testing.T) {
	everywhere := func(uint16) bool { return true }
	nowhere := func(uint16) bool { return false }
	open, viewer, plain := openImages("192.0.2.1"), viewerOnly("192.0.2.1"), identified("192.0.2.1")
	busy := func(f *survey.Finding) {
		f.Services[0].Rejection = &survey.Rejection{Kind: "reject", Result: 2, Source: 3, Reason: 1}
	}
	mute := func(f *survey.Finding) { f.Services[0].Outcome = survey.Mute }
	with := func(f *survey.Finding, how ...func(*survey.Finding)) []survey.Finding {
		return []survey.Finding{change(f, how...)}
	}
	for _, c := range []struct {
		name    string
		told    *survey.Finding
		later   []survey.Finding
		covered func(uint16) bool
		want    disclose.Outcome
	}{
		{"as before", open, with(open), everywhere, disclose.StillOpen},
		{"images closed, queries open", open, with(open, verdict(survey.Open), state("LG-D06", survey.Pass)), everywhere, disclose.StillOpen},
		{"query refused", open, with(open, closed(survey.Identified)...), everywhere, disclose.Fixed},
		{"association rejected", open, with(open, verdict(survey.Protected), state("LG-D04", survey.NotApplicable), state("LG-D06", survey.NotApplicable)), everywhere, disclose.Fixed},
		{"rejected because busy", open, with(open, append(closed(survey.Protected), busy)...), everywhere, disclose.Unclear},
		{"accepts and says nothing", open, with(open, append(closed(survey.NotDICOM), mute)...), everywhere, disclose.Unclear},
		{"one check undecided", open, with(open, verdict(survey.Identified), state("LG-D04", survey.Unknown), state("LG-D06", survey.Pass)), everywhere, disclose.Unclear},
		{"not found", open, nil, everywhere, disclose.Gone},
		{"unreachable", open, with(open, verdict(survey.Unreachable), drop(4242)), everywhere, disclose.Gone},
		{"port closed, host answers elsewhere", open, with(viewer, verdict(survey.Protected), drop(8080)), everywhere, disclose.Fixed},
		{"port not looked at", open, with(open, verdict(survey.Protected), drop(4242)), nowhere, disclose.NotCovered},
		{"open at another port", open, with(open, closed(survey.OpenImages)...), everywhere, disclose.StillOpen},
		{"a viewer instead", open, with(viewer), everywhere, disclose.StillOpen},
		{"a second record is open", open, append(with(open, closed(survey.Identified)...), *open), everywhere, disclose.StillOpen},
		{"a lesser check still fails", open, with(open, append(closed(survey.Identified), state("LG-D03", survey.Fail))...), everywhere, disclose.Fixed},
		{"viewer asks for a login", viewer, with(viewer, verdict(survey.Protected), state("LG-W04", survey.Pass)), everywhere, disclose.Fixed},
		{"viewer's port does not answer, the archive refuses", viewer, with(viewer, verdict(survey.Protected), drop(8080)), everywhere, disclose.Fixed},
		{"nothing of a viewer's host answers", viewer, with(viewer, verdict(survey.Unreachable), drop(8080), drop(104)), everywhere, disclose.Gone},
		{"identified as before", plain, with(plain), everywhere, disclose.StillOpen},
		{"identified, now protected", plain, with(plain, verdict(survey.Protected)), everywhere, disclose.Fixed},
		{"identified, now busy", plain, with(plain, verdict(survey.Protected), busy), everywhere, disclose.Unclear},
		{"identified, gone", plain, nil, everywhere, disclose.Gone},
	} {
		if got := disclose.Judge(c.told, c.later, c.covered); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestLatest: the newest survey that saw the system decides; the first of each
// list is the newest.
func TestLatest(t *testing.T) {
	for _, c := range []struct {
		seen     []disclose.Outcome
		want     disclose.Outcome
		position int // of the survey that says so
	}{
		{nil, "", -1},
		{[]disclose.Outcome{disclose.NotCovered}, "", -1},
		{[]disclose.Outcome{disclose.Fixed, disclose.StillOpen}, disclose.Fixed, 0},
		{[]disclose.Outcome{disclose.StillOpen, disclose.Fixed}, disclose.StillOpen, 0},
		{[]disclose.Outcome{disclose.NotCovered, disclose.Fixed}, disclose.Fixed, 1},
		{[]disclose.Outcome{disclose.Gone, disclose.Fixed}, disclose.Fixed, 1},
		{[]disclose.Outcome{disclose.Gone, disclose.Unclear, disclose.Fixed}, disclose.Fixed, 2},
		{[]disclose.Outcome{disclose.Gone, disclose.StillOpen, disclose.Fixed}, disclose.Gone, 0},
		{[]disclose.Outcome{disclose.Unclear, disclose.Gone}, disclose.Unclear, 0},
	} {
		var seen []disclose.Seen
		for i, o := range c.seen {
			seen = append(seen, disclose.Seen{Survey: survey.Survey{Probed: int64(i)}, Outcome: o})
		}
		got := disclose.Latest(seen)
		if got.Outcome != c.want || c.position >= 0 && got.Survey.Probed != int64(c.position) {
			t.Errorf("%v: %s by survey %d, want %s by %d", c.seen, got.Outcome, got.Survey.Probed, c.want, c.position)
		}
	}
}
