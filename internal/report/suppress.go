package report

import (
	"cmp"
	"slices"

	"leadglass/internal/publish"
)

// protectRows says which countries go into the row of others. A country is
// shown when it has enough archives, and either enough open ones or none, and
// as many that are not; of the rows that are not shown the archives, and the
// open ones, cannot be had from the sums. If whole is true, no row can be shown,
// and not even the number of countries.
func protectRows(rows []Row, least int64) (hidden []bool, whole bool) {
	t := publish.Table{Columns: make([][]publish.Cell, 3), Apart: make([]bool, len(rows))}
	for i, r := range rows {
		for c, n := range []int64{r.Open, r.Archives - r.Open, r.Archives} {
			t.Columns[c] = append(t.Columns[c], publish.CountOf(n))
		}
		t.Apart[i] = r.Archives == 0
	}
	return t.Protect(least)
}

// row is one labelled number on its way into a table: value is published.
type row struct {
	name  string
	value int64
	publish.Cell
}

// table makes a table of rows, the largest first. Withheld rows are not named:
// they go into one sum of others, which is withheld where secretSum is set. gap
// is what the table lacks of a sum that is published elsewhere.
func table(rows []row, least int64, overlap, secretSum bool, gap publish.Cell) Distribution {
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.name, b.name))
	})
	t := publish.Table{Columns: [][]publish.Cell{make([]publish.Cell, len(rows)+1)}, Overlap: overlap, Apart: make([]bool, len(rows)+1)}
	for i, r := range rows {
		t.Columns[0][i] = r.Cell
	}
	t.Columns[0][len(rows)], t.Apart[len(rows)] = gap, true
	hidden, whole := t.Protect(least)
	d := Distribution{Rows: []Slice{}}
	other, withheld := publish.Number{}, false
	for i, r := range rows {
		if !hidden[i] {
			d.Rows = append(d.Rows, Slice{Name: r.name, Count: publish.Number{N: r.value}})
			continue
		}
		withheld = true
		other.N = publish.AddCapped(other.N, r.value)
	}
	if withheld {
		if whole || secretSum {
			other = publish.Number{Hidden: true} // the value is not even kept
		}
		d.Other = &other
	}
	return d
}
