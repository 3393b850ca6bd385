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
	columns := []struct {
		key   string
		of    func(*Row) *publish.Sum
		cell  func(*Country) *publish.Figure
		total *publish.Figure
	}{
		{keyStudies, func(r *Row) *publish.Sum { return &r.StudyRecords }, func(c *Country) *publish.Figure { return &c.StudyRecords }, &r.Totals.StudyRecords},
		{keyLinked, func(r *Row) *publish.Sum { return &r.ImagesLinked }, func(c *Country) *publish.Figure { return &c.ImagesLinked }, &r.Totals.ImagesLinked},
		{keyAccessible, func(r *Row) *publish.Sum { return &r.ImagesAccessible }, func(c *Country) *publish.Figure { return &c.ImagesAccessible }, &r.Totals.ImagesAccessible},
	}
	// What is kept of the images linked is the difference of two columns.
	kept, keptWhole := p.protectColumn(rows, lines, keyKept, func(r *Row) publish.Cell { return r.Kept.Cell() })
	for _, column := range columns {
		accessible := column.key == keyAccessible
		hidden, whole := p.protectColumn(rows, lines, column.key, func(r *Row) publish.Cell { return column.of(r).Cell() })
		for i := range rows {
			*column.cell(&out[i]) = p.figure(*column.of(&rows[i]), hidden[i] || accessible && kept[i])
		}
		exact := !whole && !p.moved(column.key, "") && !(accessible && (keptWhole || p.moved(keyKept, "")))
		*column.total = p.total(*column.of(&p.agg.Total), exact)
	}
	hidden, whole := p.protectColumn(rows, lines, keyViewers, func(r *Row) publish.Cell { return publish.CountOf(r.Viewers) })
	for i := range rows {
		out[i].ViewersOpen = p.number(rows[i].Viewers, hidden[i] || p.nothing)
	}
	r.Totals.ViewersOpen = p.number(p.agg.Total.Viewers, whole || p.nothing || p.moved(keyViewers, ""))
	p.viewersHidden = r.Totals.ViewersOpen.Hidden
	return out
}

// protectColumn protects one column of the table of countries.
func (p *publisher) protectColumn(rows []Row, lines [][]string, key string, of func(*Row) publish.Cell) (hidden []bool, whole bool) {
	column := make([]publish.Cell, len(rows))
	for i := range rows {
		column[i] = of(&rows[i])
	}
	return publish.Table{Columns: p.since(column, key, lines)}.Protect(p.min)
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
