package report

import (
	"cmp"
	"slices"

	"leadglass/internal/publish"
)

// protectRows says which countries go into the row of others. A country is
// shown when it has enough archives, and either enough open ones or none; of
// the rows that are not shown the archives, and the open ones, cannot be had
// from the sums. If whole is true, no row can be shown, and not even the number
// of countries.
func protectRows(rows []Row, least int64) (hidden []bool, whole bool) {
	if least <= 1 {
		return make([]bool, len(rows)), false
	}
	archives, open, none := make([]int64, len(rows)), make([]int64, len(rows)), make([]bool, len(rows))
	for i, r := range rows {
		archives[i], open[i], none[i] = r.Archives, r.Open, r.Archives == 0
	}
	return publish.ProtectRows([][]int64{open, archives}, none, least)
}

// cell is one labelled number on its way into a table.
type cell struct {
	name string
	// value is what is published, archives how many archives stand behind it.
	value, archives int64
}

// distribution makes a table of cells, the largest first. Withheld cells are
// not named: they go into one sum of others. Where secretSum is set, the sum
// of the table must not be had from it either: then the others are withheld,
// and there are others always.
func distribution(cells []cell, least int64, secretSum bool) Distribution {
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.name, b.name))
	})
	n := make([]int64, len(cells))
	for i, c := range cells {
		n[i] = c.archives
	}
	hidden, whole := publish.Protect(n, least)
	if secretSum && !slices.Contains(hidden, true) && len(cells) > 0 {
		hidden[len(hidden)-1] = true // the smallest
	}
	d := Distribution{Rows: []Slice{}}
	other, withheld := publish.Number{}, false
	for i, c := range cells {
		if !hidden[i] {
			d.Rows = append(d.Rows, Slice{Name: c.name, Count: publish.Number{N: c.value}})
			continue
		}
		withheld = true
		other.N = publish.AddCapped(other.N, c.value)
	}
	if withheld {
		if whole || secretSum {
			other = publish.Number{Hidden: true} // the value is not even kept
		}
		d.Other = &other
	}
	return d
}
