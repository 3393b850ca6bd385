package compare_test

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"leadglass/internal/compare"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// The attacker of this file holds all public documents on two surveys: both
// reports, with every table, the comparison and the trend. He knows the labels of
// all lines, also of those that are withheld, and how verdicts, grades, checks and
// transport hang together, and reasons by linear programming: for each number
// that may not be published he finds between which values it lies. It is
// recovered where that leaves one value, or where one archive makes up more than
// 80 % of it, the value of that archive within 10 %.

const leastPublished = 3

// TestNothingIsRecoveredOfAllDocuments attacks many worlds; LEADGLASS_WORLDS says
// how many.
func TestNothingIsRecoveredOfAllDocuments(t *testing.T) {
	worlds := 400
	if s := os.Getenv("LEADGLASS_WORLDS"); s != "" {
		var err error
		if worlds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var sum tally
	var lock sync.Mutex
	var group sync.WaitGroup
	for part := range 4 {
		group.Go(func() {
			for seed := part; seed < worlds; seed += 4 {
				found, one := attackWorld(t, uint64(seed), leastPublished)
				lock.Lock()
				sum.add(one)
				if len(found) > 0 {
					t.Errorf("seed %d: recovered %q", seed, found)
				}
				lock.Unlock()
			}
		})
	}
	group.Wait()
	t.Logf("%d worlds: %d numbers that may not be published, %d countries and %d changes shown", worlds, sum.secret, sum.countries, sum.changes)
	if sum.secret < 40*worlds || sum.countries < worlds || sum.changes < worlds/50 {
		t.Errorf("%+v of %d worlds: too little to recover, or too little is shown", sum, worlds)
	}
}

// TestAttackerOfDocumentsIsAble: where nothing is withheld in regard to another
// report, or but the small cells themselves, he recovers many numbers.
func TestAttackerOfDocumentsIsAble(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		got, _ := attackWorld(t, seed, 1)
		found += len(got)
	}
	if found < 500 {
		t.Errorf("he recovers %d numbers where nothing is withheld", found)
	}
}

// tally says how much there was.
type tally struct{ secret, countries, changes int }

func (t *tally) add(o tally) {
	t.secret, t.countries, t.changes = t.secret+o.secret, t.countries+o.countries, t.changes+o.changes
}

// documents are all that is published of a world.
type documents struct {
	reports [2]report.Public
	diff    compare.Public
	trend   compare.Trend
}

func publishWorld(t testing.TB, w world, least int) documents {
	t.Helper()
	var surveys [2]survey.Survey
	var records []iter.Seq2[survey.Record, error]
	var facts []compare.Stream
	for i := range w {
		surveys[i] = base(func(v *survey.Survey) {
			v.Coverage.Ranges = []survey.AddressRange{{From: netip.MustParseAddr("2001:db8::"), To: netip.MustParseAddr("2001:db8::ffff")}}
			v.Coverage.Ports = []uint16{104, 2762}
		})
		records = append(records, func(yield func(survey.Record, error) bool) {
			for _, r := range w[i] {
				if !yield(r, nil) {
					return
				}
			}
		})
		facts = append(facts, func(yield func(survey.Facts, error) bool) {
			for j := range w[i] {
				if !yield(survey.FactsOf(&w[i][j]), nil) {
					return
				}
			}
		})
	}
	aggregates, since, err := report.Series(surveys[:], records)
	if err != nil {
		t.Fatal(err)
	}
	var d documents
	for i := range d.reports {
		d.reports[i] = report.Publish(aggregates[i], least, since[i]...)
	}
	d.reports[1].Follow(d.reports[0])
	frame, err := compare.NewFrame(surveys[0], surveys[1], survey.VerdictOf)
	if err != nil {
		t.Fatal(err)
	}
	sum := compare.NewComparison(frame)
	for c, err := range frame.Changes(facts[0], facts[1]) {
		if err != nil {
			t.Fatal(err)
		}
		sum.Add(c)
	}
	d.diff = compare.Publish(sum, least, d.reports[:]...)
	if d.trend, err = compare.NewTrend(surveys[:], facts, survey.VerdictOf, least, d.reports[:]...); err != nil {
		t.Fatal(err)
	}
	return d
}

// attackWorld returns what the attacker recovers of a world.
func attackWorld(t testing.TB, seed uint64, least int) (found []string, much tally) {
	w := newWorld(seed)
	d := publishWorld(t, w, least)
	secret := map[string]publish.Cell{} // what he may not know, by name
	truth := map[string]float64{}
	labels := map[string]bool{}
	of := [2]map[string]publish.Cell{cells(w[0]), cells(w[1])}
	for i, mark := range []string{"A ", "B "} {
		for name, c := range of[i] {
			secret[mark+name], truth[mark+name], labels[name] = c, float64(c.Sum), true
		}
		much.countries += len(d.reports[i].Countries)
	}
	for name, c := range changes(w) {
		secret["D "+name] = c
	}
	for name := range labels {
		truth["D "+name] = far + float64(of[1][name].Sum-of[0][name].Sum)
	}
	moves(w, truth)
	much.changes = len(d.diff.Countries)
	maps.DeleteFunc(secret, func(_ string, c publish.Cell) bool { return c.Safe(leastPublished) })
	much.secret = len(secret)
	for _, s := range systems(&d, labels) {
		if wrong := s.Wrong(truth); len(wrong) > 0 {
			t.Errorf("seed %d: the attacker reasons wrongly: %q", seed, wrong)
			continue
		}
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(secret)), func(name string) bool { return !s.Has(name) })
		wide := func(name string, low, high float64) bool {
			return !recovers(name, secret[name], truth[name], low, high)
		}
		for name, b := range s.Bounds(truth, names, wide) {
			if !wide(name, b[0], b[1]) {
				found = append(found, fmt.Sprintf("%s = %.0f of %d archives, largest %d, in %.0f to %.0f", name, truth[name], secret[name].Archives, secret[name].Largest, b[0], b[1]))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), much
}

// moves sets how many archives stayed open, are open no more, and newly are.
func moves(w world, truth map[string]float64) {
	for i := range w[1] {
		now, before := &w[1][i].Finding, &survey.Finding{}
		if i < len(w[0]) {
			before = &w[0][i].Finding
		}
		what, country := "", ""
		switch {
		case now.Verdict.FreelyAccessible() && before.Verdict.FreelyAccessible():
			what, country = "stayed", now.Owner.Country
		case now.Verdict.FreelyAccessible():
			what, country = "entered", now.Owner.Country
		case before.Verdict.FreelyAccessible():
			what, country = "left", before.Owner.Country
		default:
			continue
		}
		truth[what]++
		truth[what+" "+country]++
	}
}

// far is added to differences, so that they are not below 0.
const far = 1 << 32

// recovers reports whether an interval gives a number away that may not be
// published.
func recovers(name string, c publish.Cell, truth, low, high float64) bool {
	const little = 1e-3
	if strings.HasPrefix(name, "D ") {
		truth, low, high = truth-far, low-far, high-far
		if truth < 0 {
			truth, low, high = -truth, -high, -low
		}
		if truth == 0 {
			return false // as many came as went
		}
	}
	if small := publish.Small(c.Archives, leastPublished); small && low > truth-1+little && high < truth+1-little {
		return true
	}
	x := float64(c.Largest)
	return c.Largest > 1 && low >= 0.9*x && high <= 1.1*x
}
