package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// common is what the surveys of a frame have in common.
func (f *Frame) common() Common {
	b, n := f.Before.Coverage, f.Now.Coverage
	c := Common{SameAddresses: slices.Equal(b.Ranges, n.Ranges), SameVersion: f.sameVersion,
		Ports: append([]uint16{}, f.ports...), PortsOnlyBefore: without(b.Ports, n.Ports), PortsOnlyNow: without(n.Ports, b.Ports),
		ChecksOnlyBefore: without(ids(b), ids(n)), ChecksOnlyNow: without(ids(n), ids(b)), ChecksOtherwise: []string{}}
	for _, check := range n.Checks {
		if !f.alike[check.ID] && !slices.Contains(c.ChecksOnlyNow, check.ID) {
			c.ChecksOtherwise = append(c.ChecksOtherwise, check.ID)
		}
	}
	return c
}

func ids(c *survey.Coverage) []string {
	list := make([]string, len(c.Checks))
	for i, check := range c.Checks {
		list[i] = check.ID
	}
	return list
}

// without is what of a is not in b; never nil.
func without[T comparable](a, b []T) []T {
	left := []T{}
	for _, v := range a {
		if !slices.Contains(b, v) {
			left = append(left, v)
		}
	}
	return left
}

// causes are the rows of the table of causes.
func (s *Comparison) causes() []CauseRow {
	var rows []CauseRow
	for _, k := range Kinds {
		for _, c := range slices.Sorted(maps.Keys(s.Causes[k])) {
			rows = append(rows, CauseRow{k, c, s.Causes[k][c]})
		}
	}
	return rows
}

// checks are the rows of the table of checks, the gravest first.
func (s *Comparison) checks() []CheckRow {
	var rows []CheckRow
	for _, c := range s.Frame.Now.Coverage.Checks {
		if s.Failing[c.ID]+s.Mended[c.ID] > 0 {
			rows = append(rows, CheckRow{c.ID, report.CleanTitle(c.Title), c.Severity, s.Failing[c.ID], s.Mended[c.ID]})
		}
	}
	slices.SortStableFunc(rows, func(a, b CheckRow) int {
		return cmp.Or(cmp.Compare(s.Frame.severity[a.ID], s.Frame.severity[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	return rows
}

// notes say what to know of this comparison. They hold no number of archives.
func (s *Comparison) notes(least int64) []string {
	f, c := s.Frame, s.Frame.common()
	notes := []string{
		"Like for like are the archives at addresses and ports that both surveys tried, by the checks that both made in the same way, judged by one rule. An archive that only one of them could have found is in the other rows.",
		"Fixed means that every port which was exposed has answered again and no longer is, or does not answer while another port of the same system does. Gone means that nothing of it answers any more, which is no proof of a repair. Nothing is said of an archive that may have moved to another address.",
		"A difference of two lower bounds is not a number. A sum of differences is that of the archives whose numbers have one; where those are not all, it says so (\"in part\", \"all but 3\").",
	}
	if f.Before.Simulated || f.Now.Simulated {
		notes = append(notes, "Simulated: the archives are those of Leadglass's laboratory; the figures say nothing about real archives, countries or products.")
	}
	for _, v := range []survey.Survey{f.Before, f.Now} {
		if v.State != survey.StateFinished {
			notes = append(notes, "Survey "+v.Name+" of "+publish.Moment(v.StartedAt)+" was not finished; what it did not get to is not compared.")
		}
	}
	if !c.SameAddresses {
		notes = append(notes, "The scopes did not hold the same addresses.")
	}
	if !c.SameVersion {
		notes = append(notes, "The surveys were made by different versions of Leadglass ("+f.Before.Coverage.Version+" and "+f.Now.Coverage.Version+"); where another way of recognition may explain a difference, it is not called a change.")
	}
	for _, only := range []struct{ what, list string }{
		{"Ports that only the earlier survey tried", numbers(c.PortsOnlyBefore)}, {"Ports that only the later survey tried", numbers(c.PortsOnlyNow)},
		{"Checks that only the earlier survey made", strings.Join(c.ChecksOnlyBefore, ", ")},
		{"Checks that only the later survey made", strings.Join(c.ChecksOnlyNow, ", ")},
		{"Checks that were not made in the same way", strings.Join(c.ChecksOtherwise, ", ")},
	} {
		if only.list != "" {
			notes = append(notes, only.what+": "+only.list+".")
		}
	}
	if b, n := f.Before.Coverage, f.Now.Coverage; b.CountMode != n.CountMode || b.PerHostTimeMS != n.PerHostTimeMS || b.PerHostBytes != n.PerHostBytes {
		notes = append(notes, "The surveys counted in different modes or with different budgets; the qualities of the figures say what can be compared.")
	}
	if least > 1 {
		notes = append(notes, "Cells with few archives behind them are withheld, and so are further cells from which those could be worked out.")
	}
	return notes
}

func numbers(ports []uint16) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = fmt.Sprint(p)
	}
	return strings.Join(words, ", ")
}
