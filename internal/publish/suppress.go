package publish

import (
	"math"
	"slices"

	"leadglass/internal/survey"
)

// Suppression.
//
// A cell is sensitive when 0 < n < `least` archives stand behind it, when one
// archive makes up more than 80 % of it, or when who makes the table marks it.
// Sensitive cells are withheld. Where cells add up to a number that is published
// too, the sum of the withheld ones can be had by subtraction; so further cells
// are withheld until that sum is one that could be published itself. Adding a cell that may be published to such a sum keeps it so:
// more archives stand behind it, and no archive's share is above the greater of
// its shares in the two.
//
// Small cells need more, against one who knows this rule. All cells with
// 0 < n < limit are withheld, for the lowest limit from `least` on such that, of
// the k withheld cells and their sum S,
//
//	k >= 2                          no cell is the rest of a subtraction;
//	S >= k + max(least-2, 2)        not all of them need be 1, nor all but one;
//	S <= 1 + (k-1) * (limit-1)      not all of them need be the largest.
//
// Then a small cell can be raised by one, or lowered by one, at the cost of
// another withheld cell, without a change to anything that is published, not
// even to which cells are withheld. Where no limit does it, the whole table is
// withheld together with its sum. The tests play an attacker who knows all of
// this.

// Cell is a number on its way into a publication.
type Cell struct {
	// Archives is how many archives stand behind the number.
	Archives int64
	// Sum is the number, Largest the part of it that one archive makes up.
	Sum, Largest int64
	// Secret: the number is withheld in any case, for a reason that lies outside
	// its table.
	Secret bool
}

// CountOf is the cell of a number of archives.
func CountOf(n int64) Cell { return Cell{Archives: n, Sum: n, Largest: min(n, 1)} }

// CountsOf are the cells of numbers of archives.
func CountsOf(n ...int64) []Cell {
	cells := make([]Cell, len(n))
	for i := range n {
		cells[i] = CountOf(n[i])
	}
	return cells
}

// Safe reports whether the number may be published: no archive stands behind it,
// or at least least do, of which none makes up more than 80 %. With least 1
// every number may be.
func (c Cell) Safe(least int64) bool {
	return least <= 1 || !c.Secret && !Small(c.Archives, least) && !c.Dominated()
}

// Dominated reports whether one archive makes up more than 80 % of the number.
func (c Cell) Dominated() bool { return c.Largest > c.Sum-c.Sum/5 }

// Plus is the sum of two cells behind which no archive stands twice.
func (c Cell) Plus(o Cell) Cell {
	return Cell{Archives: survey.AddCapped(c.Archives, o.Archives), Sum: survey.AddCapped(c.Sum, o.Sum), Largest: max(c.Largest, o.Largest)}
}

// over is the sum of two cells behind which an archive may stand twice, with as
// few archives as there may be and as large a part of one as there may be.
func (c Cell) over(o Cell) Cell {
	return Cell{Archives: max(c.Archives, o.Archives), Sum: survey.AddCapped(c.Sum, o.Sum), Largest: survey.AddCapped(c.Largest, o.Largest)}
}

// Small reports whether n archives are too few to be published.
func Small(n, least int64) bool { return 0 < n && n < least }

// enough is the condition above, for k cells below limit that add up to sum.
func enough(k, sum, least, limit int64) bool {
	return k == 0 || (k >= 2 && sum >= k+max(least-2, 2) && sum <= 1+(k-1)*(limit-1))
}

// Table is cells that add up to a number that is published too, and the rows
// that they stand in.
type Table struct {
	// Columns[c][i] is the cell of column c in row i. A row is shown or withheld
	// as a whole. Each column has a published sum.
	Columns [][]Cell
	// Overlap: an archive may stand behind several rows.
	Overlap bool
	// Apart are rows that are withheld in any case; nil means none.
	Apart []bool
}

// Protect says which rows of a table are withheld. The rows withheld may be
// published as one. If whole is true no row can be shown, nor any sum.
func (t Table) Protect(least int64) (hidden []bool, whole bool) {
	if len(t.Columns) == 0 {
		return nil, false
	}
	hidden = make([]bool, len(t.Columns[0]))
	if least <= 1 {
		return hidden, false
	}
	limits := make([]int64, len(t.Columns))
	for c := range limits {
		limits[c] = least
	}
	for c := 0; c < len(t.Columns); {
		t.hide(hidden, limits, least)
		if t.settled(c, hidden, least, limits[c]) {
			c++
			continue
		}
		next, ok := nextLimit(t.Columns[c], limits[c])
		if !ok {
			if t.settled(c, hidden, least, math.MaxInt32) {
				c++ // all are withheld: the limit may be as high as one likes
				continue
			}
			for i := range hidden {
				hidden[i] = true
			}
			return hidden, true
		}
		limits[c], c = next, 0 // columns that were settled have to be looked at again
	}
	// A table of several columns without a row must not say why it has none.
	return hidden, len(t.Columns) > 1 && !slices.Contains(hidden, false)
}

// hide sets the rows that the limits withhold.
func (t Table) hide(hidden []bool, limits []int64, least int64) {
	for i := range hidden {
		hidden[i] = t.Apart != nil && t.Apart[i]
		for c := range t.Columns {
			cell := t.Columns[c][i]
			hidden[i] = hidden[i] || Small(cell.Archives, limits[c]) || !cell.Safe(least)
		}
	}
}

// settled reports whether the hidden cells of a column are safe beside its sum.
func (t Table) settled(column int, hidden []bool, least, limit int64) bool {
	var k, sum int64
	var group Cell
	anySmall, secret := false, false
	for i, cell := range t.Columns[column] {
		if !hidden[i] || cell.Archives == 0 {
			continue
		}
		k, sum = k+1, sum+cell.Archives
		anySmall, secret = anySmall || Small(cell.Archives, least), secret || cell.Secret
		if t.Overlap {
			group = group.over(cell)
		} else {
			group = group.Plus(cell)
		}
	}
	if anySmall && !enough(k, sum, least, limit) {
		return false
	}
	return k == 0 || group.Safe(least) && (k >= 2 || !secret)
}

// Protect says which cells of a table whose sum is published are withheld. If
// whole is true, every cell must be withheld, and the sum too.
func Protect(cells []Cell, least int64) (hidden []bool, whole bool) {
	return Table{Columns: [][]Cell{cells}}.Protect(least)
}

// nextLimit is the lowest limit that withholds a cell that limit does not.
func nextLimit(cells []Cell, limit int64) (next int64, ok bool) {
	for _, c := range cells {
		if v := c.Archives; v >= limit && (!ok || v < next) {
			next, ok = v, true
		}
	}
	return next + 1, ok
}
