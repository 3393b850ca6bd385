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
	hidden, whole := protectRows(rows, p.min)
	var shown []Row
	var names []string
	var other Row
	merged := false
	for i, k := range keys {
		if hidden[i] {
			other = other.plus(rows[i])
			merged = true
			continue
		}
		shown, names = append(shown, rows[i]), append(names, k)
	}
	if merged {
		shown = append(shown, other)
	}
	table := p.columns(shown, r)
	r.Totals.ArchivesAnalysed = p.number(p.agg.Analysed, p.nothing)
	r.Totals.Archives = p.number(p.agg.Total.Archives, p.coarse)
	r.Totals.ArchivesOpen = p.count(p.agg.Total.Open)
	r.Totals.Countries = p.number(open, whole || p.nothing || r.Totals.ArchivesOpen.Hidden)
	r.Totals.Incomplete = p.count(p.agg.Incomplete)
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

// columns protects the columns of the merged rows, and sets the totals of
// those that are sums of a column.
func (p *publisher) columns(rows []Row, r *Public) []Country {
	out := make([]Country, len(rows))
	for i, row := range rows {
		out[i].Archives = p.number(row.Archives, p.coarse)
		out[i].ArchivesOpen = p.number(row.Open, p.nothing || publish.Small(row.Open, p.min))
	}
	columns := []struct {
		of    func(*Row) *publish.Sum
		cell  func(*Country) *publish.Figure
		total *publish.Figure
	}{
		{func(r *Row) *publish.Sum { return &r.StudyRecords }, func(c *Country) *publish.Figure { return &c.StudyRecords }, &r.Totals.StudyRecords},
		{func(r *Row) *publish.Sum { return &r.ImagesLinked }, func(c *Country) *publish.Figure { return &c.ImagesLinked }, &r.Totals.ImagesLinked},
		{func(r *Row) *publish.Sum { return &r.ImagesAccessible }, func(c *Country) *publish.Figure { return &c.ImagesAccessible }, &r.Totals.ImagesAccessible},
	}
	// What is kept of the images linked is the difference of two columns.
	kept, keptWhole := p.protectSums(rows, func(r *Row) *publish.Sum { return &r.Kept })
	for c, column := range columns {
		hidden, whole := p.protectSums(rows, column.of)
		for i := range rows {
			hide := hidden[i] || c == 2 && kept[i]
			*column.cell(&out[i]) = p.figure(*column.of(&rows[i]), hide)
		}
		*column.total = p.total(*column.of(&p.agg.Total), !whole && (c < 2 || !keptWhole))
	}
	var viewers []publish.Cell
	for i := range rows {
		viewers = append(viewers, publish.CountOf(rows[i].Viewers))
	}
	hidden, whole := publish.Protect(viewers, p.min)
	for i := range rows {
		out[i].ViewersOpen = p.number(rows[i].Viewers, hidden[i] || p.nothing)
	}
	r.Totals.ViewersOpen = p.number(p.agg.Total.Viewers, whole || p.nothing)
	p.viewersHidden = r.Totals.ViewersOpen.Hidden
	return out
}

// protectSums protects one column of sums.
func (p *publisher) protectSums(rows []Row, of func(*Row) *publish.Sum) (hidden []bool, whole bool) {
	cells := make([]publish.Cell, len(rows))
	for i := range rows {
		cells[i] = of(&rows[i]).Cell()
	}
	return publish.Protect(cells, p.min)
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
