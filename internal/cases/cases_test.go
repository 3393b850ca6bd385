package cases_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"leadglass/internal/cases"
	"leadglass/internal/merge"
	"leadglass/internal/survey"
)

const target = "192.0.2.7"

func day(n int) time.Time { return time.Date(2026, 1, 1+n, 10, 0, 0, 0, time.UTC) }

// look is a survey of the ports 104 and 80 on the n-th day; none is one that
// found nothing at the address.
func look(n int, facts ...survey.Facts) cases.Look {
	a := netip.MustParseAddr("192.0.2.0")
	return cases.Look{ID: fmt.Sprintf("s%02d", n), At: day(n), Finished: true, Facts: facts, Coverage: &survey.Coverage{
		Ranges: []survey.AddressRange{{From: a, To: netip.MustParseAddr("192.0.2.255")}}, Ports: []uint16{80, 104},
		Checks: []survey.CoveredCheck{{ID: "LG-D04", Severity: survey.Critical}, {ID: "LG-W04", Severity: survey.High}}}}
}

// archive is an archive at port 104, with a viewer at port 80. The states are
// those of the checks that expose them, "" where the port is silent.
func archive(query, viewer survey.CheckState) survey.Facts {
	f := survey.Facts{Target: target, Verdict: survey.Unreachable}
	for _, p := range []struct {
		port     uint16
		protocol survey.Protocol
		check    string
		state    survey.CheckState
	}{{104, survey.ProtocolDICOM, "LG-D04", query}, {80, survey.ProtocolHTTP, "LG-W04", viewer}} {
		if p.state == "" {
			continue
		}
		f.Services = append(f.Services, survey.ServiceFacts{Port: p.port, Protocol: p.protocol, Outcome: survey.Answered, Levels: &survey.Levels{Speaks: p.port == 104}})
		c := survey.PortChecks{Port: p.port}
		switch p.state {
		case survey.Fail:
			c.Failed = []string{p.check}
		case survey.Pass:
			c.Passed = []string{p.check}
		default:
			c.Unknown = []string{p.check}
		}
		f.Checks = append(f.Checks, c)
		f.Verdict = survey.Protected
	}
	if query == survey.Fail {
		n := survey.ExactCount(5, "")
		f.Verdict, f.Studies = survey.Open, &n
	}
	return f
}

func derive(t *testing.T, looks []cases.Look, events ...survey.CaseEvent) cases.Case {
	t.Helper()
	c, any := cases.Derive(&cases.System{Target: target, Looks: looks, Events: events}, day(40), true)
	if !any {
		t.Fatal("no case")
	}
	return c
}

func mark(n int, m survey.CaseMark, surveyID string) survey.CaseEvent {
	return survey.CaseEvent{Target: target, Mark: m, At: day(n).Add(time.Hour), By: "Kim", Note: "why", Recipient: "CERT", Survey: surveyID}
}

func TestStates(t *testing.T) {
	open, closed, mute := archive(survey.Fail, ""), archive(survey.Pass, ""), archive("", "")
	accepted := mark(1, survey.MarkAccepted, "")
	accepted.Until = time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC) // now is its last day
	over := accepted
	over.Until = accepted.Until.AddDate(0, 0, -1)
	viewerAlone := archive("", survey.Fail)
	two := archive(survey.Fail, survey.Fail)
	for name, c := range map[string]struct {
		looks    []cases.Look
		events   []survey.CaseEvent
		want     cases.State
		reopened int
	}{
		"open":                            {[]cases.Look{look(0, open)}, nil, cases.Open, 0},
		"fixed":                           {[]cases.Look{look(0, open), look(9, closed)}, nil, cases.Fixed, 0},
		"gone":                            {[]cases.Look{look(0, open), look(9)}, nil, cases.Gone, 0},
		"gone, a record without services": {[]cases.Look{look(0, open), look(9, mute)}, nil, cases.Gone, 0},
		"fixed, then silent":              {[]cases.Look{look(0, open), look(9, closed), look(12)}, nil, cases.Fixed, 0},
		"gone, then closed":               {[]cases.Look{look(0, open), look(9), look(12, closed)}, nil, cases.Fixed, 0},
		"gone, then open":                 {[]cases.Look{look(0, open), look(9), look(12, open)}, nil, cases.Open, 0},
		"reopened":                        {[]cases.Look{look(0, open), look(9, closed), look(12, open)}, nil, cases.Reopened, 1},
		"undecided":                       {[]cases.Look{look(0, open), look(9, archive(survey.Unknown, ""))}, nil, cases.Open, 0},
		"viewer behind a firewall":        {[]cases.Look{look(0, archive(survey.Pass, survey.Fail)), look(9, closed)}, nil, cases.Fixed, 0},
		"viewer alone, silent":            {[]cases.Look{look(0, viewerAlone), look(9)}, nil, cases.Gone, 0},
		"one of two closed":               {[]cases.Look{look(0, two), look(9, archive(survey.Pass, survey.Fail))}, nil, cases.Open, 0},
		"one after the other closed":      {[]cases.Look{look(0, two), look(9, archive(survey.Pass, survey.Fail)), look(12, archive("", survey.Pass))}, nil, cases.Fixed, 0},
		"notified":                        {[]cases.Look{look(0, open)}, []survey.CaseEvent{mark(1, survey.MarkNotified, "s00")}, cases.Notified, 0},
		"acknowledged": {[]cases.Look{look(0, open)}, []survey.CaseEvent{mark(1, survey.MarkNotified, "s00"),
			mark(2, survey.MarkAcknowledged, "s00")}, cases.Acknowledged, 0},
		"notified of the time before": {[]cases.Look{look(0, open), look(9, closed), look(12, open)},
			[]survey.CaseEvent{mark(1, survey.MarkNotified, "s00"), mark(13, survey.MarkAcknowledged, "s00")}, cases.Reopened, 1},
		"accepted":                {[]cases.Look{look(0, open), look(9)}, []survey.CaseEvent{accepted}, cases.Accepted, 0},
		"acceptance is over":      {[]cases.Look{look(0, open)}, []survey.CaseEvent{over}, cases.Open, 0},
		"accepted and fixed":      {[]cases.Look{look(0, open), look(9, closed)}, []survey.CaseEvent{accepted}, cases.Fixed, 0},
		"accepted, fixed, open":   {[]cases.Look{look(0, open), look(9, closed), look(12, open)}, []survey.CaseEvent{accepted}, cases.Reopened, 1},
		"false positive for good": {[]cases.Look{look(0, open), look(9, closed), look(12, open)}, []survey.CaseEvent{mark(1, survey.MarkFalsePositive, "")}, cases.FalsePositive, 1},
		"withdrawn": {[]cases.Look{look(0, open)}, []survey.CaseEvent{mark(1, survey.MarkTest, ""),
			mark(2, survey.MarkNone, "")}, cases.Open, 0},
		"not ours": {[]cases.Look{look(0, open)}, []survey.CaseEvent{mark(1, survey.MarkNotified, "s00"), mark(2, survey.MarkNotOurs, "")}, cases.NotOurs, 0},
		"not ours, and the next is notified": {[]cases.Look{look(0, open)}, []survey.CaseEvent{mark(1, survey.MarkNotified, "s00"),
			mark(2, survey.MarkNotOurs, ""), mark(3, survey.MarkNotified, "s00")}, cases.Notified, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := derive(t, c.looks, c.events...)
			if got.State != c.want || got.Reopened != c.reopened {
				t.Errorf("%s, reopened %d times; want %s, %d\n%+v", got.State, got.Reopened, c.want, c.reopened, got)
			}
			if (got.Mark == nil) == (got.State == cases.State(survey.MarkAccepted) || got.State == cases.FalsePositive || got.State == cases.NotOurs || got.State == cases.Test) {
				t.Errorf("state %s with the mark %+v", got.State, got.Mark)
			}
		})
	}
}

func TestDates(t *testing.T) {
	c := derive(t, []cases.Look{look(0, archive(survey.Fail, "")), look(4, archive(survey.Fail, survey.Fail)), look(20, archive(survey.Pass, survey.Pass)), look(30, archive(survey.Fail, ""))},
		mark(6, survey.MarkNotified, "s00"))
	days := 13
	want := []cases.Episode{{OpenedAt: day(0), OpenedBy: "s00", NotifiedAt: day(6).Add(time.Hour), FixedAt: day(20), FixedBy: "s20", DaysToFix: &days},
		{OpenedAt: day(30), OpenedBy: "s30"}}
	if !reflect.DeepEqual(c.Episodes, want) {
		t.Errorf("episodes\n%+v, want\n%+v", c.Episodes, want)
	}
	if !c.FirstSeen.Equal(day(0)) || !c.LastSeen.Equal(day(30)) || c.DaysOpen != 10 || c.Recipient != "CERT" || c.WorstVerdict != survey.Open {
		t.Errorf("%+v", c)
	}
	if len(c.Timeline) != 5 || c.Timeline[2].Kind != "notified" || c.Timeline[3].Result != "fixed" {
		t.Errorf("timeline %+v", c.Timeline)
	}
	if n, _ := c.StudyRecords.Peak.Int(); n != 5 {
		t.Errorf("peak %v", c.StudyRecords)
	}
}

// TestLaws derives many random lives: a repair needs a look that found something,
// each reopening an earlier repair, and looks elsewhere or by an unfinished survey
// that found nothing change nothing.
func TestLaws(t *testing.T) {
	states := []survey.CheckState{"", survey.Fail, survey.Pass, survey.Unknown}
	r := rand.New(rand.NewPCG(7, 11))
	fixed, reopened := 0, 0
	for range 3000 {
		var looks, more []cases.Look
		for n := range 1 + r.IntN(8) {
			l := look(n, archive(states[r.IntN(4)], states[r.IntN(4)]))
			if r.IntN(5) == 0 {
				l.Facts = nil
			}
			blind := look(n)
			blind.ID, blind.At, blind.Finished = "blind", l.At.Add(time.Hour), false
			away := look(n)
			away.ID, away.At, away.Coverage = "away", l.At.Add(2*time.Hour), &survey.Coverage{Ports: []uint16{80, 104}}
			looks, more = append(looks, l), append(more, l, blind, away)
		}
		c, any := cases.Derive(&cases.System{Target: target, Looks: looks}, day(40), true)
		other, _ := cases.Derive(&cases.System{Target: target, Looks: more}, day(40), true)
		if !reflect.DeepEqual(c, other) {
			t.Fatalf("looks that saw nothing change the case:\n%+v\n%+v", c, other)
		}
		if !any {
			continue
		}
		repairs := 0
		for _, e := range c.Episodes {
			if e.FixedBy != "" {
				repairs++
				for _, l := range looks {
					if l.ID == e.FixedBy && (len(l.Facts) == 0 || len(l.Facts[0].Services) == 0) {
						t.Fatalf("silence proved a repair: %+v", c)
					}
				}
			}
		}
		if c.Reopened != len(c.Episodes)-1 || repairs < c.Reopened || (c.State == cases.Fixed) != (repairs == len(c.Episodes)) {
			t.Fatalf("%d repairs, %d times reopened, %+v", repairs, c.Reopened, c)
		}
		fixed, reopened = fixed+repairs, reopened+c.Reopened
	}
	if fixed < 200 || reopened < 100 {
		t.Errorf("%d repairs and %d reopenings: too few to test anything", fixed, reopened)
	}
}

func stream[T any](list ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// TestAll: events and rechecks find their systems in the streams; those of
// systems that no survey knows are passed over.
func TestAll(t *testing.T) {
	at := func(address string, f survey.Facts) survey.Facts { f.Target = address; return f }
	open, closed := archive(survey.Fail, ""), archive(survey.Pass, "")
	l := look(0)
	src := cases.Sources{Surveys: []survey.Survey{{ID: "s00", StartedAt: day(0), State: survey.StateFinished, Coverage: l.Coverage}},
		Facts:    []merge.Stream{stream(at("192.0.2.1", open), at("192.0.2.10", closed), at("192.0.2.2", open), at("192.0.2.3", open))},
		Events:   stream(survey.CaseEvent{Target: "192.0.2.0", Mark: survey.MarkTest}, survey.CaseEvent{Target: "192.0.2.2", Mark: survey.MarkTest, At: day(1)}),
		Rechecks: stream(survey.Recheck{ID: "r1", SurveyID: "s00", At: day(3), Facts: at("192.0.2.3", closed)}, survey.Recheck{ID: "r2", Facts: at("192.0.2.9", open)})}
	got := map[string]cases.State{}
	for c, err := range cases.All(src, day(9), false) {
		if err != nil {
			t.Fatal(err)
		}
		got[c.Address] = c.State
		if c.Address == "192.0.2.3" && c.Episodes[0].FixedBy != "r1" {
			t.Errorf("fixed by %+v, want the recheck", c.Episodes)
		}
	}
	if want := map[string]cases.State{"192.0.2.1": cases.Open, "192.0.2.2": cases.Test, "192.0.2.3": cases.Fixed}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
