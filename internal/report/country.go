package report

import (
	"cmp"
	"maps"
	"slices"

	"leadglass/internal/publish"
)

// otherCountries is the name of the row that adds up what may not be shown.
const otherCountries = "Other countries"

// countryTable fills in the totals and the table of countries. Rows that may
// not be shown are merged first; then each column is protected on its own,
// since a country with many open archives may have one open viewer.
func (p *publisher) countryTable(r *Public) {
	keys := slices.Sorted(maps.Keys(p.agg.Countries))
	rows := make([]Row, len(keys))
	open := int64(0)
	for i, k := range keys {
		rows[i] = p.agg.Countries[k]
		if rows[i].Open > 0 && k != publish.UnknownCountry {
			open++
		}
	}
	hidden, whole := p.protectRows(rows, keys)
	var shown []Row
	var names, others []string
	var other Row
	merged := false
	for i, k := range keys {
		if hidden[i] {
			other, others = other.plus(rows[i]), append(others, k)
			merged = true
			continue
		}
		shown, names = append(shown, rows[i]), append(names, k)
	}
	lines := make([][]string, 0, len(shown)+1)
	for _, k := range names {
		lines = append(lines, []string{k})
	}
	if merged {
		shown, lines = append(shown, other), append(lines, others)
	}
	table := p.columns(shown, lines, r)
	r.Totals.ArchivesAnalysed = p.number(p.agg.Analysed, p.nothing)
	r.Totals.Archives = p.number(p.agg.Total.Archives, p.coarse)
	r.Totals.ArchivesOpen = p.number(p.agg.Total.Open, p.nothing || publish.Small(p.agg.Total.Open, p.min) || p.moved(keyOpen, ""))
	r.Totals.Countries = p.number(open, whole || p.nothing || r.Totals.ArchivesOpen.Hidden || p.movedAnywhere(keyOpen))
	r.Totals.Incomplete = p.count(p.agg.Incomplete, "incomplete", "")
	r.Countries = []Country{}
	for i, k := range names {
		table[i].ISO2, table[i].Name = k, publish.CountryName(k)
		r.Countries = append(r.Countries, table[i])
	}
	// The order tells nothing that the column of open archives, which is
	// shown in every row that is, does not tell.
	slices.SortStableFunc(r.Countries, func(a, b Country) int {
		return cmp.Or(boolCompare(a.ISO2 == publish.UnknownCountry, b.ISO2 == publish.UnknownCountry),
			cmp.Compare(b.ArchivesOpen.N, a.ArchivesOpen.N), cmp.Compare(a.ISO2, b.ISO2))
	})
	if merged && !whole && !p.nothing {
		row := table[len(table)-1]
		row.Name = otherCountries
		r.Other = &row
	}
}

// columns protects the columns of the merged rows, which are of these lines, and
// sets the totals of those that are sums of a column.
func (p *publisher) columns(rows []Row, lines [][]string, r *Public) []Country {
	out := make([]Country, len(rows))
	for i, row := range rows {
		out[i].Archives = p.number(row.Archives, p.coarse)
		out[i].ArchivesOpen = p.number(row.Open, p.nothing || publish.Small(row.Open, p.min))
	}
	columns := []sumColumn{
		{keyStudies, func(r *Row) *publish.Sum { return &r.StudyRecords }, func(c *Country) *publish.Figure { return &c.StudyRecords }, &r.Totals.StudyRecords},
		{keyLinked, func(r *Row) *publish.Sum { return &r.ImagesLinked }, func(c *Country) *publish.Figure { return &c.ImagesLinked }, &r.Totals.ImagesLinked},
		{keyAccessible, func(r *Row) *publish.Sum { return &r.ImagesAccessible }, func(c *Country) *publish.Figure { return &c.ImagesAccessible }, &r.Totals.ImagesAccessible},
	}
	hidden, whole := p.protectColumns(rows, lines, columns[0])
	images, noImages := p.protectColumns(rows, lines, columns[1], columns[2], sumColumn{key: keyKept, of: func(r *Row) *publish.Sum { return &r.Kept }})
	for _, column := range columns {
		exact := !p.moved(column.key, "")
		if column.key != keyStudies {
			hidden, whole = images, noImages
			exact = exact && !p.moved(keyKept, "")
		}
		for i := range rows {
			*column.cell(&out[i]) = p.figure(*column.of(&rows[i]), hidden[i])
		}
		*column.total = p.total(*column.of(&p.agg.Total), exact && !whole)
	}
	viewers := make([]publish.Cell, len(rows))
	for i := range rows {
		viewers[i] = publish.CountOf(rows[i].Viewers)
	}
	hidden, whole = publish.Table{Columns: p.since(viewers, keyViewers, lines)}.Protect(p.min)
	for i := range rows {
		out[i].ViewersOpen = p.number(rows[i].Viewers, hidden[i] || p.nothing)
	}
	r.Totals.ViewersOpen = p.number(p.agg.Total.Viewers, whole || p.nothing || p.moved(keyViewers, ""))
	p.viewersHidden = r.Totals.ViewersOpen.Hidden
	return out
}

// sumColumn is a column of sums in the table of countries.
type sumColumn struct {
	key   string
	of    func(*Row) *publish.Sum
	cell  func(*Country) *publish.Figure
	total *publish.Figure
}

// protectColumns protects columns of the table of countries that hang together:
// a row shows all of them or none. What is kept of the images is the difference
// of those linked and those accessible.
func (p *publisher) protectColumns(rows []Row, lines [][]string, columns ...sumColumn) (hidden []bool, whole bool) {
	var t publish.Table
	for _, c := range columns {
		cells := make([]publish.Cell, len(rows))
		for i := range rows {
			cells[i] = c.of(&rows[i]).Cell()
		}
		t.Columns = append(t.Columns, p.since(cells, c.key, lines)...)
	}
	return t.Protect(p.min)
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
