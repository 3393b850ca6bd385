package publish

import (
	"fmt"
	"testing"
)

// TestProtectAgainstOneWhoKnowsTheRule makes all tables of a few cells, and
// asks that no small cell has the same value in all tables that look alike.
func TestProtectAgainstOneWhoKnowsTheRule(t *testing.T) {
	for _, tt := range []struct {
		least       int64
		cells, high int
	}{{2, 2, 20}, {2, 3, 14}, {2, 4, 8}, {3, 2, 30}, {3, 3, 16}, {3, 4, 9}, {5, 2, 40}, {5, 3, 18}} {
		t.Run(fmt.Sprintf("least %d, %d cells", tt.least, tt.cells), func(t *testing.T) {
			groups := map[string][][]int64{}
			table := make([]int64, tt.cells)
			var fill func(i int)
			fill = func(i int) {
				if i == len(table) {
					groups[look(table, tt.least)] = append(groups[look(table, tt.least)], append([]int64{}, table...))
					return
				}
				for n := range int64(tt.high) + 1 {
					table[i] = n
					fill(i + 1)
				}
			}
			fill(0)
			for seen, group := range groups {
				for c := range tt.cells {
					disclosed := Small(group[0][c], tt.least)
					for _, other := range group {
						// A table at the edge of what is made here may look
						// like others that are not.
						disclosed = disclosed && other[c] == group[0][c] && highest(other) < int64(tt.high)-2
					}
					if disclosed {
						t.Fatalf("cell %d of %v is disclosed by %s", c, group[0], seen)
					}
				}
			}
		})
	}
}

// look is what is published of a table.
func look(n []int64, least int64) string {
	hidden, whole := Protect(CountsOf(n...), least)
	seen, sum := "", int64(0)
	for i := range n {
		sum += n[i]
		if hidden[i] {
			seen += " -"
		} else {
			seen += fmt.Sprint(" ", n[i])
		}
	}
	if !whole {
		seen += fmt.Sprint(" = ", sum)
	}
	return seen
}

func highest(n []int64) (high int64) {
	for _, v := range n {
		high = max(high, v)
	}
	return high
}
