package compare_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"leadglass/internal/compare"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// The attacker holds the public comparison, knows the program, and makes every
// pair of surveys of a small universe that could lie behind it. A number of
// archives that is small and the same in all of them is disclosed.

// pair is a number of archives in each cell of a universe.
type pair []int

// pairs are all pairs with 0 to top archives in each of so many cells.
func pairs(cells, top int) []pair {
	all := []pair{{}}
	for range cells {
		var next []pair
		for _, w := range all {
			for n := range top + 1 {
				next = append(next, append(slices.Clone(w), n))
			}
		}
		all = next
	}
	return all
}

// public makes the public comparison of changes.
func public(t testing.TB, changes []compare.Change, least int) string {
	t.Helper()
	f, err := compare.NewFrame(base(nil), base(nil), judge)
	if err != nil {
		t.Fatal(err)
	}
	sum := compare.NewComparison(f)
	for _, c := range changes {
		sum.Add(c)
	}
	var b bytes.Buffer
	if err := compare.WriteJSON(&b, compare.Publish(sum, least), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// together publishes the comparison of changes beside the totals of both
// surveys, as the report on the later one shows them. The numbers of targets
// that answered and of archives that are not open are left out: the attacker of
// these tests knows that there are no others than those that he varies, which
// nobody can.
func together(t testing.TB, changes []compare.Change, least int) string {
	t.Helper()
	f, err := compare.NewFrame(base(nil), base(nil), judge)
	if err != nil {
		t.Fatal(err)
	}
	sum := compare.NewComparison(f)
	var records [2][]survey.Record
	for i, c := range changes {
		sum.Add(c)
		records[0] = append(records[0], recordOf(i, c.Before, c.Country))
		records[1] = append(records[1], recordOf(i, c.Now, c.Country))
	}
	earlier, r := publishedOneByOne(t, least, records[:]...)
	diff := compare.Publish(sum, least, earlier, r)
	earlier.Totals.ArchivesAnalysed, earlier.Totals.Archives = publish.Number{}, publish.Number{}
	n := r.Totals
	var b bytes.Buffer
	if err := errors.Join(compare.WriteJSON(&b, diff, nil), json.NewEncoder(&b).Encode([]any{earlier.Headline(),
		n.ArchivesOpen, n.StudyRecords, n.ImagesLinked, n.ImagesAccessible})); err != nil {
		t.Fatal(err)
	}
	consistent(t, diff, earlier.Totals, n)
	return b.String()
}

// publishedOneByOne are the reports on two surveys, the earlier one published
// first.
func publishedOneByOne(t testing.TB, least int, records ...[]survey.Record) (before, now report.Public) {
	t.Helper()
	var surveys []survey.Survey
	var streams []iter.Seq2[survey.Record, error]
	for _, rs := range records {
		surveys, streams = append(surveys, base(nil)), append(streams, func(yield func(survey.Record, error) bool) {
			for _, r := range rs {
				if !yield(r, nil) {
					return
				}
			}
		})
	}
	aggregates, changes, err := report.Series(surveys, streams)
	if err != nil {
		t.Fatal(err)
	}
	return report.Publish(aggregates[0], least), report.Publish(aggregates[1], least, changes[1]...)
}

// consistent: what a report withholds the comparison does not show.
func consistent(t testing.TB, diff compare.Public, before, now report.Totals) {
	t.Helper()
	n := diff.InAll
	for name, pair := range map[string][2]bool{
		"open before":       {before.ArchivesOpen.Hidden, n.OpenBefore.Hidden},
		"records before":    {before.StudyRecords.Hidden, n.StudyRecords.Before.Hidden},
		"accessible before": {before.ImagesAccessible.Hidden, n.ImagesAccessible.Before.Hidden},
		"open now":          {now.ArchivesOpen.Hidden, n.OpenNow.Hidden},
		"records now":       {now.StudyRecords.Hidden, n.StudyRecords.Now.Hidden},
		"accessible now":    {now.ImagesAccessible.Hidden, n.ImagesAccessible.Now.Hidden},
	} {
		if pair[0] && !pair[1] {
			t.Errorf("%s: withheld in the report, and shown in the comparison", name)
		}
	}
}

// recordOf is the record that a survey has of an archive in that state; of one
// that is not open there is none, see together.
func recordOf(i int, s *compare.State, country string) survey.Record {
	f := survey.Finding{Target: survey.Target{Address: fmt.Sprintf("%04d", i)}, Verdict: survey.Unreachable, Owner: &survey.Owner{Country: country}, Counts: survey.NotCounted("closed")}
	if s.Verdict.FreelyAccessible() {
		f.Verdict = s.Verdict
		f.Counts.Studies, f.Counts.ImagesLinked, f.Counts.ImagesAccessible = s.StudyRecords, s.ImagesLinked, s.ImagesAccessible
	}
	return survey.Record{Finding: f}
}

// attack publishes each pair and complains of every small cell that all pairs
// with the same publication agree on.
func attack(t *testing.T, all []pair, build func(pair) []compare.Change) {
	t.Helper()
	for what, of := range map[string]func(testing.TB, []compare.Change, int) string{"the comparison": public, "the comparison and the report": together} {
		t.Run(what, func(t *testing.T) { attackBy(t, all, build, of) })
	}
}

func attackBy(t *testing.T, all []pair, build func(pair) []compare.Change, of func(testing.TB, []compare.Change, int) string) {
	t.Helper()
	const least = 3
	groups := map[string][]pair{}
	for _, w := range all {
		p := of(t, build(w), least)
		groups[p] = append(groups[p], w)
	}
	top := slices.Max(slices.Concat(all...))
	failures := 0
	for _, group := range groups {
		if atTop := slices.DeleteFunc(slices.Clone(group[0]), func(n int) bool { return n != top }); len(group[0])-len(atTop) <= 1 && len(atTop) > 2 {
			continue // pairs with one archive more, which would be taken for it, are not made here
		}
		for cell, v := range group[0] {
			if 0 < v && v < least && !slices.ContainsFunc(group, func(w pair) bool { return w[cell] != v }) {
				if failures++; failures <= 5 {
					t.Errorf("cell %d of %v is disclosed (%d pairs have this publication)", cell, group[0], len(group))
				}
			}
		}
	}
	if failures > 5 {
		t.Errorf("%d cells are disclosed in all", failures)
	}
	if len(groups) < len(all)/100 {
		t.Errorf("only %d publications of %d pairs: too much is withheld to be of use", len(groups), len(all))
	}
}

// many are n archives of a kind in a country, each with a thousand records
// where it is open, so that figures give numbers of archives away.
func many(n int, country string, kind compare.Kind, before, now survey.Verdict) []compare.Change {
	state := func(v survey.Verdict) *compare.State {
		none := survey.ExactCount(0, "")
		s := &compare.State{Verdict: v, StudyRecords: none, ImagesLinked: none, ImagesAccessible: none}
		if v.FreelyAccessible() {
			s.StudyRecords = survey.ExactCount(1000, "")
		}
		return s
	}
	var cs []compare.Change
	for range n {
		cs = append(cs, compare.Change{Kind: kind, Country: country, Before: state(before), Now: state(now)})
	}
	return cs
}

// TestRepairsAreNotDisclosed varies the fixed archives of four countries, with
// none to many that stay open in each.
func TestRepairsAreNotDisclosed(t *testing.T) {
	for _, stay := range []int{0, 1, 5} {
		t.Run(fmt.Sprintf("%d stay open", stay), func(t *testing.T) {
			attack(t, pairs(4, 5), func(w pair) []compare.Change {
				var cs []compare.Change
				for i, country := range []string{"DE", "FR", "IT", "US"} {
					cs = append(cs, many(w[i], country, compare.Fixed, survey.Open, survey.Protected)...)
					cs = append(cs, many(stay, country, compare.Unchanged, survey.Open, survey.Open)...)
				}
				return cs
			})
		})
	}
}

// TestComingAndGoingIsNotDisclosed varies what is new and gone in two
// countries.
func TestComingAndGoingIsNotDisclosed(t *testing.T) {
	attack(t, pairs(4, 5), func(w pair) []compare.Change {
		var cs []compare.Change
		for i, country := range []string{"DE", "FR"} {
			cs = append(cs, many(w[2*i], country, compare.New, survey.Unreachable, survey.Open)...)
			cs = append(cs, many(w[2*i+1], country, compare.Gone, survey.Open, survey.Unreachable)...)
			cs = append(cs, many(6, country, compare.Unchanged, survey.Open, survey.Open)...)
		}
		return cs
	})
}

// TestKindsAreNotDisclosed varies the kinds within one country: those that are
// open no more, and those that stay open.
func TestKindsAreNotDisclosed(t *testing.T) {
	attack(t, pairs(5, 4), func(w pair) []compare.Change {
		return slices.Concat(
			many(w[4], "DE", compare.Unchanged, survey.Protected, survey.Protected),
			many(w[0], "DE", compare.Fixed, survey.Open, survey.Protected),
			many(w[1], "DE", compare.Gone, survey.Open, survey.Unreachable),
			many(w[2], "DE", compare.NotReassessed, survey.Open, survey.Identified),
			many(w[3], "DE", compare.NotCoveredNow, survey.Open, survey.Unreachable),
			many(6, "DE", compare.Unchanged, survey.Open, survey.Open))
	})
	attack(t, pairs(4, 5), func(w pair) []compare.Change {
		return slices.Concat(
			many(w[3], "DE", compare.New, survey.Unreachable, survey.Open),
			many(w[0], "DE", compare.Unchanged, survey.Open, survey.Open),
			many(w[1], "DE", compare.Better, survey.OpenImages, survey.Open),
			many(w[2], "DE", compare.Worse, survey.Open, survey.OpenImages))
	})
}

// TestASingleArchivesRecordsAreNotDisclosed: one archive among many whose
// records grow must not be read from the difference.
func TestASingleArchivesRecordsAreNotDisclosed(t *testing.T) {
	grown := many(1, "DE", compare.Unchanged, survey.Open, survey.Open)
	grown[0].Now.StudyRecords = survey.ExactCount(7777, "")
	text := public(t, append(grown, many(9, "DE", compare.Unchanged, survey.Open, survey.Open)...), 3)
	for _, number := range []string{"6777", "7777", "16777", "10000"} {
		if bytes.Contains([]byte(text), []byte(number)) {
			t.Errorf("%s is in %s", number, text)
		}
	}
}
