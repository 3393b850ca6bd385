package publish

import "math"

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

// Small reports whether n archives are too few to be published.
func Small(n, least int64) bool { return 0 < n && n < least }

// enough is the condition above, for k cells below limit that add up to sum.
func enough(k, sum, least, limit int64) bool {
	return k == 0 || (k >= 2 && sum >= k+max(least-2, 1) && sum <= 1+(k-1)*(limit-1))
}

// Protect says which cells of a table whose sum is published are withheld. n
// are the archives behind each cell. If whole is true, every cell must be
// withheld, and the sum too.
func Protect(n []int64, least int64) (hidden []bool, whole bool) {
	hidden = make([]bool, len(n))
	for limit := least; ; {
		var k, sum int64
		for i := range n {
			if hidden[i] = Small(n[i], limit); hidden[i] {
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

// hiddenSum is the number and the sum of the hidden cells that are not zero.
func hiddenSum(n []int64, hidden []bool) (k, sum int64) {
	for i := range n {
		if hidden[i] && n[i] > 0 {
			k, sum = k+1, sum+n[i]
		}
	}
	return k, sum
}

// ProtectRows is Protect for the rows of a table of several columns, each of
// which has a published sum: a row is shown or withheld as a whole,
// columns[c][i] being the archives behind cell c of row i. The rows for which
// apart is set are withheld in any case; nil sets none. The rows withheld may be
// published as one. If whole is true no row can be shown, nor any sum.
func ProtectRows(columns [][]int64, apart []bool, least int64) (hidden []bool, whole bool) {
	if len(columns) == 0 {
		return nil, false
	}
	hidden = make([]bool, len(columns[0]))
	limits := make([]int64, len(columns))
	for c := range limits {
		limits[c] = least
	}
	for c := 0; c < len(columns); {
		for i := range hidden {
			hidden[i] = apart != nil && apart[i]
			for d := range columns {
				hidden[i] = hidden[i] || Small(columns[d][i], limits[d])
			}
		}
		if k, sum := hiddenSum(columns[c], hidden); enough(k, sum, least, limits[c]) {
			c++
			continue
		}
		next, ok := nextLimit(columns[c], limits[c])
		if !ok {
			for i := range hidden {
				hidden[i] = true
			}
			return hidden, true
		}
		limits[c], c = next, 0 // columns that were settled have to be looked at again
	}
	return hidden, false
}
