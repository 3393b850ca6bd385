package compare

import (
	"cmp"
	"maps"
	"slices"

	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// otherCountries is the name of the row that adds up what may not be shown.
const otherCountries = "Other countries"

// publisher holds the decisions that concern more than one table.
type publisher struct {
	of  *Comparison
	min int64
	// hidden are the cells of the table of kinds that are withheld.
	hidden map[Kind][4]bool
	// goneShown: the number of open archives that are gone is published, and
	// marks may follow from its parts.
	goneShown bool
	// coarse, coarseRest: the sums of a part of the table of kinds are
	// withheld, of the kinds that compare like for like and of the others.
	coarse, coarseRest bool
	// reports are those on the two surveys.
	reports []report.Public
}

// Publish makes a comparison in which no cell with fewer than minCount
// archives behind it is shown or can be worked out from what is; 1 or less
// shows all. What the public reports on the two surveys, the earlier one first,
// withhold is withheld too.
func Publish(s *Comparison, minCount int, reports ...report.Public) Public {
	p := &publisher{of: s, min: max(1, int64(minCount)), hidden: map[Kind][4]bool{}, reports: reports}
	like, rest := s.LikeForLike(), s.Rest()
	for _, r := range reports {
		// The open archives of a report, less those that compare like for like,
		// are the others.
		p.coarse = p.coarse || r.Totals.ArchivesOpen.Hidden || publish.Small(rest.Before(), p.min) || publish.Small(rest.Now(), p.min)
	}
	p.protectKinds()
	p.goneShown = !p.hidden[Gone][1]
	r := Public{Schema: Schema, Edition: publish.EditionPublic, MinCount: p.min,
		Before: labelOf(s.Frame.Before), Now: labelOf(s.Frame.Now), Common: s.Frame.common(),
		Kinds: p.kinds(), Countries: []CountryRow{}, Rule: markRule, Notes: s.notes(p.min)}
	r.LikeForLike = p.net(&like, p.coarse)
	for i, pair := range r.LikeForLike.pairs() {
		if f := &rest.Figures[i]; len(reports) > 0 && p.unsafe(f.Before.Cell(), f.Now.Cell()) {
			*pair = withheldPair()
		}
	}
	p.countries(&r)
	// What is not like for like follows from the difference of the two.
	all := like.plus(rest)
	r.InAll = p.net(&all, p.coarse || p.coarseRest)
	for i, pair := range r.InAll.pairs() {
		if p.unsafe(figureCells(&rest.Figures[i])...) || r.LikeForLike.pairs()[i].Before.Hidden {
			*pair = withheldPair()
		}
	}
	r.Balance = r.balance()
	r.Summary = r.Balance.sentence()
	if p.min == 1 {
		r.Causes, r.Checks = s.causes(), s.checks()
	}
	return r
}

func labelOf(v survey.Survey) Label {
	return Label{Name: v.Name, Organisation: v.Authority.Organisation, StartedAt: v.StartedAt.UTC(),
		FinishedAt: v.FinishedAt, State: v.State, Version: v.Version, Simulated: v.Simulated}
}

// withholds reports whether any number of the table of kinds or of what compares
// like for like is withheld.
func (r *Public) withholds() bool {
	like := r.LikeForLike.StudyRecords.Difference.Hidden || r.LikeForLike.ImagesLinked.Difference.Hidden || r.LikeForLike.ImagesAccessible.Difference.Hidden
	return like || slices.ContainsFunc(r.Kinds, func(k KindRow) bool {
		return k.Stayed.Hidden || k.Left.Hidden || k.Entered.Hidden || k.Closed.Hidden
	})
}

// unsafe reports whether any of the cells may not be published.
func (p *publisher) unsafe(cells ...publish.Cell) bool {
	return slices.ContainsFunc(cells, func(c publish.Cell) bool { return !c.Safe(p.min) })
}

func (p *publisher) number(n int64, hide bool) publish.Number {
	if hide {
		return publish.Number{Hidden: true}
	}
	return publish.Number{N: n}
}

// cells are the numbers of a row of the table of kinds.
func cells(t Tally) [4]int64 { return [4]int64{t.Stayed, t.Left, t.Entered, t.Closed} }

// protectKinds protects the columns of the table of kinds, the kinds that
// compare like for like and the others each for themselves: their sums are
// published.
func (p *publisher) protectKinds() {
	for _, like := range []bool{true, false} {
		kinds := slices.DeleteFunc(slices.Clone(Kinds), func(k Kind) bool { return k.LikeForLike() != like })
		for column := range 4 {
			n := make([]int64, len(kinds))
			for i, k := range kinds {
				n[i] = cells(p.of.Kinds[k])[column]
			}
			hidden, whole := publish.Protect(publish.CountsOf(n...), p.min)
			for i, k := range kinds {
				h := p.hidden[k]
				h[column] = hidden[i]
				p.hidden[k] = h
			}
			if column < 3 && like {
				p.coarse = p.coarse || whole
			} else if column < 3 {
				p.coarseRest = p.coarseRest || whole
			}
		}
		if like && !p.coarse || !like && !p.coarseRest {
			continue
		}
		// A report gives the number of archives that are open now: with one of
		// the columns that add up to it, the other would be known.
		for _, k := range kinds {
			h := p.hidden[k]
			h[0], h[1], h[2] = true, true, true
			p.hidden[k] = h
		}
	}
}

func (p *publisher) kinds() []KindRow {
	var rows []KindRow
	for _, k := range Kinds {
		n, h := cells(p.of.Kinds[k]), p.hidden[k]
		rows = append(rows, KindRow{Kind: k, LikeForLike: k.LikeForLike(), Stayed: p.number(n[0], h[0]),
			Left: p.number(n[1], h[1]), Entered: p.number(n[2], h[2]), Closed: p.number(n[3], h[3])})
	}
	return rows
}

// pairs are the three figures of a net.
func (n *Net) pairs() [3]*Pair {
	return [3]*Pair{&n.StudyRecords, &n.ImagesLinked, &n.ImagesAccessible}
}

func withheldPair() Pair {
	return Pair{Before: publish.Figure{Hidden: true}, Now: publish.Figure{Hidden: true}, Difference: Shown{Hidden: true}}
}

// net is a tally, withheld where hide is set; a figure also where few archives
// stand behind it or behind its change.
func (p *publisher) net(t *Tally, hide bool) Net {
	n := Net{OpenBefore: p.number(t.Before(), hide), OpenNow: p.number(t.Now(), hide), Stayed: p.number(t.Stayed, hide),
		Left: p.number(t.Left, hide), Entered: p.number(t.Entered, hide)}
	for i, pair := range n.pairs() {
		f := &t.Figures[i]
		if hide || p.withheld(i) || p.unsafe(figureCells(f)...) {
			*pair = withheldPair()
			continue
		}
		before, now := f.Before, f.Now // no total of a survey that is not whole is exact
		before.Part, now.Part = p.of.Frame.Before.State != survey.StateFinished, p.of.Frame.Now.State != survey.StateFinished
		*pair = Pair{Before: publish.Figure{Count: before.Count()}, Now: publish.Figure{Count: now.Count()},
			Difference: Shown{Difference: f.changes.difference(), Partial: f.changes.known > 0 && f.changes.unknown > 0}}
		if p.min == 1 {
			pair.Before.WithoutCount, pair.Now.WithoutCount = f.Before.Unknowns, f.Now.Unknowns
			pair.Difference.Without = f.changes.unknown
		}
	}
	return n
}

// withheld reports whether a report withholds the total of a figure, or gives a
// coarse one.
func (p *publisher) withheld(figure int) bool {
	return slices.ContainsFunc(p.reports, func(r report.Public) bool {
		f := [3]publish.Figure{r.Totals.StudyRecords, r.Totals.ImagesLinked, r.Totals.ImagesAccessible}[figure]
		return f.Hidden || f.Coarse
	})
}

// apart reports whether a report does not show the row of a country in full. A
// country without an archive has none.
func (p *publisher) apart(iso2 string) bool {
	like, rest := p.of.Countries[iso2], p.of.Elsewhere[iso2]
	open := []int64{like.Before() + rest.Before(), like.Now() + rest.Now()}
	for i, r := range p.reports {
		row := slices.IndexFunc(r.Countries, func(c report.Country) bool { return c.ISO2 == iso2 })
		if row < 0 && (open[i] > 0 || r.Other != nil) || row >= 0 && hidesFigure(&r.Countries[row]) {
			return true
		}
	}
	return false
}

func hidesFigure(c *report.Country) bool {
	return c.StudyRecords.Hidden || c.ImagesLinked.Hidden || c.ImagesAccessible.Hidden
}

// figureCells are what a figure must not give away: the sums before and now, the
// change, and the archives that no difference can be given of.
func figureCells(f *Figures) []publish.Cell {
	return []publish.Cell{f.Before.Cell(), f.Now.Cell(), f.changes.change(), publish.CountOf(f.changes.unknown)}
}

// rowCells are what the row of a country must not give away: of the archives that
// compare like for like all that it shows, and of the others what the rows of two
// reports less this one show.
func (p *publisher) rowCells(like, rest *Tally) []publish.Cell {
	cells := publish.CountsOf(like.Stayed, like.Left, like.Entered, rest.Before(), rest.Now())
	if p.goneShown { // the mark follows from them
		cells = append(cells, publish.CountsOf(like.Gone, like.Left-like.Gone)...)
	}
	for i := range like.Figures {
		r := &rest.Figures[i]
		cells = append(append(cells, figureCells(&like.Figures[i])...), r.Before.Cell(), r.Now.Cell())
	}
	return cells
}

// countries fills in the table of countries. A row in which any number is
// small goes into the row of others.
func (p *publisher) countries(r *Public) {
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(p.of.Countries)), func(k string) bool {
		t := p.of.Countries[k]
		return t.Archives() == t.Closed // nothing was open, and nothing is
	})
	if p.coarse || len(keys) == 0 {
		return
	}
	var table publish.Table
	for i, k := range keys {
		table.Apart = append(table.Apart, p.apart(k))
		like, rest := p.of.Countries[k], p.of.Elsewhere[k]
		for c, cell := range p.rowCells(&like, &rest) {
			if i == 0 {
				table.Columns = append(table.Columns, make([]publish.Cell, len(keys)))
			}
			table.Columns[c][i] = cell
		}
	}
	hidden, whole := table.Protect(p.min)
	if whole {
		return
	}
	var other Tally
	for i, k := range keys {
		t := p.of.Countries[k]
		if hidden[i] {
			other = other.plus(t)
			continue
		}
		row := CountryRow{ISO2: k, Name: publish.CountryName(k), Net: p.net(&t, false)}
		row.Mark = row.mark(t.Gone, p.goneShown)
		r.Countries = append(r.Countries, row)
	}
	slices.SortStableFunc(r.Countries, func(a, b CountryRow) int {
		return cmp.Or(boolCompare(a.ISO2 == publish.UnknownCountry, b.ISO2 == publish.UnknownCountry),
			cmp.Compare(b.OpenNow.N, a.OpenNow.N), cmp.Compare(b.OpenBefore.N, a.OpenBefore.N), cmp.Compare(a.ISO2, b.ISO2))
	})
	if slices.Contains(hidden, true) {
		r.Other = &CountryRow{Name: otherCountries, Net: p.net(&other, false)}
	}
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// markRule is mark in words.
var markRule = []string{
	"Good: fewer archives are open than before, also if those that are gone are counted as open, and the study records open are not known to have become more.",
	"Ugly: archives were open before, no fewer are now, and the study records open are known to have become more.",
	"Bad: every other country with an open archive that has a mark.",
	"Countries are judged like for like. One in which nothing was open and nothing is has no mark, nor has one in which fewer are open only because archives are gone, or in which that number is withheld: gone is no proof of a repair.",
}

// mark judges a row that is shown, by what it shows and by how many of its open
// archives are gone, if that is not withheld.
func (r *CountryRow) mark(gone int64, known bool) Mark {
	more := !r.StudyRecords.Difference.Hidden && r.StudyRecords.Difference.rose()
	switch fewer := r.OpenNow.N < r.OpenBefore.N; {
	case r.OpenBefore.N == 0 && r.OpenNow.N == 0:
		return ""
	case fewer && more:
		return Bad
	case fewer && known && r.OpenNow.N+gone < r.OpenBefore.N:
		return Good
	case fewer:
		return ""
	case more && r.OpenBefore.N > 0:
		return Ugly
	}
	return Bad
}
