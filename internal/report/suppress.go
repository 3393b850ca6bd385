package report

import (
	"cmp"
	"math"
	"slices"
)

// Suppression.
//
// A cell is small when 0 < n < `least` archives stand behind it. Small cells
// are withheld. Where cells add up to a number that is published too, the
// withheld ones could be had by subtraction; so all cells with 0 < n < limit
// are withheld, for the lowest limit from `least` on such that, of the k
// withheld cells and their sum S,
//
//	k >= 2                          no cell is the rest of a subtraction;
//	S >= k + max(least-2, 1)        not all of them need be 1;
//	S <= 1 + (k-1) * (limit-1)      not all of them need be the largest.
//
// Then a small cell can be raised by one, or lowered by one, at the cost of
// another withheld cell, without a change to anything that is published, not
// even to which cells are withheld. Where no limit does it, the whole table is
// withheld together with its sum. The tests play an attacker who knows all of
// this.

// small reports whether n archives are too few to be published.
func small(n, least int64) bool { return 0 < n && n < least }

// enough is the condition above, for k cells below limit that add up to sum.
func enough(k, sum, least, limit int64) bool {
	return k == 0 || (k >= 2 && sum >= k+max(least-2, 1) && sum <= 1+(k-1)*(limit-1))
}

// protect says which cells of a table are withheld. n are the archives behind
// each cell. If whole is true, every cell must be withheld, and the sum too.
func protect(n []int64, least int64) (hidden []bool, whole bool) {
	hidden = make([]bool, len(n))
	for limit := least; ; {
		var k, sum int64
		for i := range n {
			if hidden[i] = small(n[i], limit); hidden[i] {
				k, sum = k+1, sum+n[i]
			}
		}
		if enough(k, sum, least, limit) {
			return hidden, false
		}
		next, ok := nextLimit(n, limit)
		if !ok {
			// All cells are withheld, so the limit may be thought as high as
			// one likes.
			if enough(k, sum, least, math.MaxInt32) {
				return hidden, false
			}
			for i := range hidden {
				hidden[i] = true
			}
			return hidden, true
		}
		limit = next
	}
}

// nextLimit is the lowest limit that withholds a cell that limit does not.
func nextLimit(n []int64, limit int64) (next int64, ok bool) {
	for _, v := range n {
		if v >= limit && (!ok || v < next) {
			next, ok = v, true
		}
	}
	return next + 1, ok
}

// protectRows says which countries go into the row of others. A country is
// shown when it has enough archives, and either enough open ones or none; of
// the rows that are not shown the archives, and the open ones, meet the
// condition for withheld cells. If whole is true, no row can be shown, and
// not even the number of countries.
func protectRows(rows []Row, least int64) (hidden []bool, whole bool) {
	hidden = make([]bool, len(rows))
	if least <= 1 {
		return hidden, false
	}
	archives, open := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		archives[i], open[i] = r.Archives, r.Open
	}
	for archiveLimit, openLimit := least, least; ; {
		for i := range rows {
			hidden[i] = archives[i] < archiveLimit || small(open[i], openLimit)
		}
		ok := true
		if k, sum := hiddenSum(open, hidden); !enough(k, sum, least, openLimit) {
			openLimit, ok = nextLimit(open, openLimit)
		} else if k, sum := hiddenSum(archives, hidden); !enough(k, sum, least, archiveLimit) {
			archiveLimit, ok = nextLimit(archives, archiveLimit)
		} else {
			return hidden, false
		}
		if !ok {
			for i := range hidden {
				hidden[i] = true
			}
			return hidden, true
		}
	}
}

// hiddenSum is the number and the sum of the hidden cells that are not zero.
func hiddenSum(n []int64, hidden []bool) (k, sum int64) {
	for i := range n {
		if hidden[i] && n[i] > 0 {
			k, sum = k+1, sum+n[i]
		}
	}
	return k, sum
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
	hidden, whole := protect(n, least)
	if secretSum && !slices.Contains(hidden, true) && len(cells) > 0 {
		hidden[len(hidden)-1] = true // the smallest
	}
	d := Distribution{Rows: []Slice{}}
	other, withheld := Number{}, false
	for i, c := range cells {
		if !hidden[i] {
			d.Rows = append(d.Rows, Slice{Name: c.name, Count: Number{N: c.value}})
			continue
		}
		withheld = true
		other.N = addCapped(other.N, c.value)
	}
	if withheld {
		if whole || secretSum {
			other = Number{Hidden: true} // the value is not even kept
		}
		d.Other = &other
	}
	return d
}
