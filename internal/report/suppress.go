package report

import (
	"cmp"
	"slices"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// protectRows says which countries go into the row of others. A country is
// shown when it has enough archives, and either enough open ones or none, and
// as many that are not; of the rows that are not shown the archives, and the
// open ones, cannot be had from the sums. If whole is true, no row can be shown,
// and not even the number of countries.
func (p *publisher) protectRows(rows []Row, countries []string) (hidden []bool, whole bool) {
	t := publish.Table{Apart: make([]bool, len(rows))}
	lines := make([][]string, len(rows))
	columns := make([][]publish.Cell, 3)
	for i, r := range rows {
		for c, n := range []int64{r.Open, r.Archives - r.Open, r.Archives} {
			columns[c] = append(columns[c], publish.CountOf(n))
		}
		t.Apart[i], lines[i] = r.Archives == 0, countries[i:i+1]
	}
	for c, key := range []string{keyOpen, keyClosed, keyArchives} {
		t.Columns = append(t.Columns, p.since(columns[c], key, lines)...)
	}
	return t.Protect(p.min)
}

// row is one labelled number on its way into a table: value is published.
type row struct {
	name  string
	value int64
	publish.Cell
}

// table makes the table of a key of rows, the largest first. Withheld rows are
// not named: they go into one sum of others. Where secretSum is set the sum of the
// table must not be had from it: the others are withheld, and where there are
// none, all rows. gap is what the table lacks of a sum that is published elsewhere;
// beside one the others are withheld in any case.
func (p *publisher) table(rows []row, key string, overlap, secretSum bool, gap *publish.Cell) Distribution {
	if p.nothing && len(rows) > 0 {
		return Distribution{Rows: []Slice{}, Other: &publish.Number{Hidden: true}}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.name, b.name))
	})
	t := publish.Table{Overlap: overlap, Apart: make([]bool, len(rows)+1)}
	column, lines := make([]publish.Cell, len(rows)+1), make([][]string, len(rows)+1)
	for i, r := range rows {
		column[i], lines[i] = r.Cell, []string{r.name}
	}
	t.Apart[len(rows)] = true
	if gap != nil {
		column[len(rows)], lines[len(rows)] = *gap, []string{""}
	}
	t.Columns = p.since(column, key, lines)
	hidden, whole := t.Protect(p.min)
	secretSum = secretSum && p.min > 1
	if secretSum && len(rows) > 0 && !slices.Contains(hidden[:len(rows)], true) {
		return Distribution{Rows: []Slice{}, Other: &publish.Number{Hidden: true}}
	}
	d := Distribution{Rows: []Slice{}}
	other, withheld := publish.Number{}, false
	for i, r := range rows {
		if !hidden[i] {
			d.Rows = append(d.Rows, Slice{Name: r.name, Count: publish.Number{N: r.value}})
			continue
		}
		withheld = true
		other.N = survey.AddCapped(other.N, r.value)
	}
	if withheld {
		if whole || secretSum || gap != nil && p.min > 1 {
			other = publish.Number{Hidden: true} // the value is not even kept
		}
		d.Other = &other
	}
	return d
}
