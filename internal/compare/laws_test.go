package compare_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"leadglass/internal/compare"
	"leadglass/internal/survey"
)

// judge is a rule of its own, like the real one in what matters: a query makes
// open, a retrieval beside it makes open-images.
func judge(services []survey.Service, failed []survey.Check) survey.Verdict {
	best := survey.Unreachable
	fails := func(port uint16, id string) bool {
		return slices.ContainsFunc(failed, func(c survey.Check) bool { return c.ID == id && c.Port == port })
	}
	for _, s := range services {
		v := survey.NotDICOM
		switch {
		case fails(s.Port, "LG-D04") && fails(s.Port, "LG-D06"):
			v = survey.OpenImages
		case fails(s.Port, "LG-D04"):
			v = survey.Open
		case s.Levels.Associates:
			v = survey.Identified
		case s.Levels.Speaks:
			v = survey.Protected
		case s.Outcome == survey.Refused:
			v = survey.Unreachable
		}
		if v.Rank() > best.Rank() {
			best = v
		}
	}
	return best
}

// surveyed is a survey of a universe of four addresses.
type surveyed struct {
	survey.Survey
	facts []survey.Facts
}

func (s surveyed) stream() iter.Seq2[survey.Facts, error] {
	return func(yield func(survey.Facts, error) bool) {
		for _, f := range s.facts {
			if !yield(f, nil) {
				return
			}
		}
	}
}

var allChecks = []survey.CoveredCheck{
	{ID: "LG-D01", Severity: survey.High}, {ID: "LG-D03", Severity: survey.High},
	{ID: "LG-D04", Severity: survey.Critical}, {ID: "LG-D06", Severity: survey.Critical}, {ID: "LG-W04", Severity: survey.High},
}

// drawSurvey draws a survey with any coverage, whose findings are what a real
// survey with that coverage could say.
func drawSurvey(t *rapid.T, name string) surveyed {
	c := &survey.Coverage{Version: rapid.SampledFrom([]string{"1", "1", "1", "2"}).Draw(t, name+" version"),
		DefaultAETitles: rapid.Bool().Draw(t, name+" titles")}
	last := rapid.IntRange(2, 4).Draw(t, name+" addresses")
	c.Ranges = []survey.AddressRange{{From: addr(1), To: addr(last)}}
	c.Ports = rapid.SampledFrom([][]uint16{{104}, {104, 4242}, {104, 4242}, {104, 4242}, {104, 4242}, {4242}}).Draw(t, name+" ports")
	for _, check := range allChecks {
		if rapid.IntRange(0, 9).Draw(t, name+" left out") > 0 {
			check.Method = rapid.SampledFrom([]string{"a", "a", "a", "a", "a", "a", "b"}).Draw(t, name+" method")
			c.Checks = append(c.Checks, check)
		}
	}
	s := surveyed{Survey: survey.Survey{ID: name, Name: name, Coverage: c, StartedAt: time.Unix(0, 0),
		State: rapid.SampledFrom([]survey.State{survey.StateFinished, survey.StateFinished, survey.StateInterrupted}).Draw(t, name+" state")}}
	for i := 1; i <= last; i++ {
		if f, ok := drawFacts(t, fmt.Sprint(name, i), i, c); ok {
			s.facts = append(s.facts, f)
		}
	}
	return s
}

func drawFacts(t *rapid.T, name string, i int, c *survey.Coverage) (survey.Facts, bool) {
	f := survey.Facts{Target: addr(i).String(), Country: []string{"DE", "FR"}[i%2], Incomplete: rapid.IntRange(0, 5).Draw(t, name+" incomplete") == 0}
	var services []survey.Service
	var failed []survey.Check
	for _, port := range c.Ports {
		level := rapid.IntRange(0, 3).Draw(t, name+" level")
		if level == 0 {
			continue
		}
		s := survey.ServiceFacts{Port: port, Outcome: survey.Answered}
		if level > 1 {
			s.Levels = &survey.Levels{Speaks: true, Associates: level > 2}
		}
		f.Services, services = append(f.Services, s), append(services, s.Service())
		p := survey.PortChecks{Port: port}
		for _, check := range c.Checks {
			switch state := rapid.IntRange(0, 5).Draw(t, name+" "+check.ID); {
			case level < 2 || state == 5: // does not apply
			case state == 4:
				p.Unknown = append(p.Unknown, check.ID)
			case state > 1 && (level > 2 || check.ID == "LG-D03"):
				p.Failed = append(p.Failed, check.ID)
				failed = append(failed, survey.Check{ID: check.ID, Port: port})
			default:
				p.Passed = append(p.Passed, check.ID)
			}
		}
		f.Checks = append(f.Checks, p)
	}
	f.Verdict = judge(services, failed)
	if f.Verdict.FreelyAccessible() {
		f.Studies = drawCount(t, name)
	}
	return f, len(services) > 0
}

func drawCount(t *rapid.T, name string) *survey.Count {
	n := rapid.Int64Range(0, 50).Draw(t, name+" studies")
	c := survey.ExactCount(n, "")
	switch rapid.IntRange(0, 4).Draw(t, name+" quality") {
	case 0:
		return nil
	case 1:
		c = survey.AtLeast(n, "", "a cap")
	case 2:
		c = survey.EstimateOf(n, max(0, n-3), n+7, 0.95, "", "sampled")
	}
	return &c
}

func compared(t interface{ Fatal(...any) }, a, b surveyed) (*compare.Comparison, map[string]compare.Change) {
	f, err := compare.NewFrame(a.Survey, b.Survey, judge)
	if err != nil {
		t.Fatal(err)
	}
	sum, changes := compare.NewComparison(f), map[string]compare.Change{}
	for c, err := range f.Changes(a.stream(), b.stream()) {
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(c)
		changes[c.Target] = c
	}
	return sum, changes
}

// mirror is what a change is called in the other direction of time.
var mirror = map[compare.Kind][]compare.Kind{
	compare.Unchanged: {compare.Unchanged}, compare.New: {compare.Gone, compare.Fixed}, compare.Gone: {compare.New},
	compare.Better: {compare.Worse}, compare.Fixed: {compare.Worse, compare.New}, compare.Worse: {compare.Better, compare.Fixed},
	compare.NotCoveredBefore: {compare.NotCoveredNow}, compare.NotCoveredNow: {compare.NotCoveredBefore},
	compare.NotAssessedBefore: {compare.NotReassessed}, compare.NotReassessed: {compare.NotAssessedBefore},
	compare.OtherMethod: {compare.OtherMethod},
}

// TestSwappingMirrors: exchanging the surveys exchanges the kinds, the checks
// and the signs.
func TestSwappingMirrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSurvey(t, "a"), drawSurvey(t, "b")
		_, there := compared(t, a, b)
		_, back := compared(t, b, a)
		if len(there) != len(back) {
			t.Fatalf("%d changes there, %d back", len(there), len(back))
		}
		for target, c := range there {
			r := back[target]
			if !slices.Contains(mirror[c.Kind], r.Kind) || c.Cause != r.Cause {
				t.Fatalf("%s: %s (%s), in the other direction %s (%s)", target, c.Kind, c.Cause, r.Kind, r.Cause)
			}
			if fixedOrNew := []compare.Kind{compare.Fixed, compare.New}; slices.Contains(fixedOrNew, c.Kind) && slices.Contains(fixedOrNew, r.Kind) {
				continue // of an archive that is new no checks are said
			}
			if !slices.Equal(c.Failing, r.Mended) || !slices.Equal(c.Mended, r.Failing) {
				t.Fatalf("%s: failing %v, mended %v; in the other direction %v, %v", target, c.Failing, c.Mended, r.Failing, r.Mended)
			}
			if !negates(c.StudyRecords, r.StudyRecords) {
				t.Fatalf("%s: records %s, in the other direction %s", target, c.StudyRecords, r.StudyRecords)
			}
		}
	})
}

func negates(a, b compare.Difference) bool {
	want := map[compare.DifferenceQuality]compare.DifferenceQuality{compare.AtLeast: compare.AtMost, compare.AtMost: compare.AtLeast}[a.Quality]
	if want == "" {
		want = a.Quality
	}
	equal := func(x, y *int64) bool { return (x == nil) == (y == nil) && (x == nil || *x == -*y) }
	return b.Quality == want && equal(a.Value, b.Value) && equal(a.Low, b.High) && equal(a.High, b.Low)
}

// TestSelfIsUnchanged: a survey compared with itself has no change.
func TestSelfIsUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawSurvey(t, "a")
		sum, changes := compared(t, a, a)
		for target, c := range changes {
			if c.Kind != compare.Unchanged || len(c.Failing)+len(c.Mended) > 0 {
				t.Fatalf("%s: %+v", target, c)
			}
		}
		like := sum.LikeForLike()
		if like.Left+like.Entered > 0 || sum.Worse() {
			t.Fatalf("%+v", like)
		}
	})
}

// TestPartsSumToTheWhole: the kinds add up to what each survey says of its open
// archives and of their records, and the countries to the part that is like
// for like.
func TestPartsSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSurvey(t, "a"), drawSurvey(t, "b")
		sum, changes := compared(t, a, b)
		like := sum.LikeForLike()
		rest := sum.Rest()
		openA, recordsA := open(a)
		openB, recordsB := open(b)
		if like.Before()+rest.Before() != openA || like.Now()+rest.Now() != openB {
			t.Fatalf("%+v and %+v make not %d and %d", like, rest, openA, openB)
		}
		before, now := like.Figures[0].Before, like.Figures[0].Now
		before.Merge(rest.Figures[0].Before)
		now.Merge(rest.Figures[0].Now)
		if got := before.Exact + before.Bound + before.Estimate; got != recordsA {
			t.Fatalf("records before %d, want %d", got, recordsA)
		}
		if got := now.Exact + now.Bound + now.Estimate; got != recordsB {
			t.Fatalf("records now %d, want %d", got, recordsB)
		}
		var countries compare.Tally
		for _, c := range sum.Countries {
			countries.Stayed += c.Stayed
			countries.Left += c.Left
			countries.Entered += c.Entered
			countries.Closed += c.Closed
		}
		if countries.Stayed != like.Stayed || countries.Left != like.Left || countries.Entered != like.Entered || countries.Closed != like.Closed {
			t.Fatalf("countries %+v, kinds %+v", countries, like)
		}
		if int(like.Archives()+rest.Archives()) != len(changes) {
			t.Fatalf("%d archives, %d changes", like.Archives()+rest.Archives(), len(changes))
		}
	})
}

func open(s surveyed) (archives, records int64) {
	for _, f := range s.facts {
		if f.Verdict.FreelyAccessible() {
			archives++
			if f.Studies != nil {
				records += *f.Studies.Value
			}
		}
	}
	return archives, records
}

// TestFixedIsProved: nothing is called fixed, better or gone that the later
// survey did not look at to the end.
func TestFixedIsProved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSurvey(t, "a"), drawSurvey(t, "b")
		_, changes := compared(t, a, b)
		for target, c := range changes {
			i := slices.IndexFunc(b.facts, func(f survey.Facts) bool { return f.Target == target })
			if c.Kind == compare.Fixed && (i < 0 || b.facts[i].Incomplete || b.facts[i].Verdict.FreelyAccessible() || len(b.facts[i].Services) == 0) {
				t.Fatalf("%s is called fixed: %+v", target, c)
			}
			if c.Kind == compare.Gone && (i >= 0 && b.facts[i].Incomplete || i < 0 && b.State != survey.StateFinished) {
				t.Fatalf("%s is called gone: %+v", target, c)
			}
		}
	})
}

// TestFactsKeepTheirForm: what the store keeps comes back the same.
func TestFactsKeepTheirForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, f := range drawSurvey(t, "a").facts {
			text, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			var back survey.Facts
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(back)
			if err != nil || string(again) != string(text) {
				t.Fatalf("%s came back as %s (%v)", text, again, err)
			}
		}
	})
}
