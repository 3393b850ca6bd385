package attacker

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Bounds says between which values each of the variables lies, by linear
// programming, given the values that they really have, which must fit all that
// the system says. Bounds of variables that are found not to be of interest are
// those that were found first: enough reports whether an interval is wide enough
// for the attacker to know nothing.
func (s *System) Bounds(truth map[string]float64, of []string, enough func(name string, low, high float64) bool) map[string][2]float64 {
	p := s.program(truth)
	found := map[string][2]float64{}
	for _, name := range of {
		v := truth[name]
		found[name] = [2]float64{v, v}
	}
	note := func(d []float64) {
		for name, b := range found {
			if i, ok := s.index[name]; ok {
				v := p.truth[i] + d[i]
				found[name] = [2]float64{min(b[0], v), max(b[1], v)}
			}
		}
	}
	// A corner in any direction moves many variables at once.
	rng := rand.New(rand.NewPCG(1, uint64(len(of))))
	objective := make([]float64, len(s.names))
	for range 6 {
		for i := range objective {
			objective[i] = rng.Float64() - 0.5
		}
		note(p.maximise(objective))
	}
	for _, name := range of {
		i, ok := s.index[name]
		if !ok {
			found[name] = [2]float64{0, math.Inf(1)} // he knows nothing of it
			continue
		}
		for _, sign := range []float64{1, -1} {
			if b := found[name]; enough(name, b[0], b[1]) {
				break
			}
			clear(objective)
			objective[i] = sign
			note(p.maximise(objective))
		}
	}
	return found
}

// Wrong are the equations and inequalities that the real values do not fit: there
// the attacker takes something for true that is not.
func (s *System) Wrong(truth map[string]float64) []string {
	var wrong []string
	check := func(line map[int]int64, equal bool) {
		sum, text := 0.0, ""
		for i, c := range line {
			v := truth[s.names[i]]
			if i == 0 {
				v = 1
			}
			sum += float64(c) * v
			text += fmt.Sprintf(" %+d×%s(%.0f)", c, s.names[i], v)
		}
		if math.Abs(sum) > tiny && (equal || sum < 0) {
			wrong = append(wrong, text)
		}
	}
	for _, e := range s.equations {
		check(e, true)
	}
	for _, e := range s.inequalities {
		check(e, false)
	}
	for i, name := range s.names {
		if v := truth[name]; name != one && (v < float64(s.low[i]) || v > float64(s.top[i])) {
			wrong = append(wrong, fmt.Sprintf("%s(%.0f) in %d to %d", name, v, s.low[i], s.top[i]))
		}
	}
	return wrong
}

// program is a linear program about the steps d away from the truth: each
// variable is a sum over the free ones.
type program struct {
	truth []float64
	free  []int // the variables that are free
	// by[i] are the coefficients of variable i over the free ones.
	by        [][]float64
	low, high []float64 // how far each variable may go
	// extra are inequalities: coefficients over the free variables, and the
	// least that they may add up to.
	extra [][]float64
	least []float64
}

// tiny is what is taken for 0.
const tiny = 1e-7

// program solves the equations for the variables that are not free (Gauss and
// Jordan, with the largest pivot of a line).
func (s *System) program(truth map[string]float64) *program {
	n := len(s.names)
	p := &program{truth: make([]float64, n), low: make([]float64, n), high: make([]float64, n)}
	for i, name := range s.names {
		p.truth[i] = truth[name]
		if name == one {
			p.truth[i] = 1
		}
		p.low[i], p.high[i] = math.Min(0, float64(s.low[i])-p.truth[i]), math.Max(0, float64(s.top[i])-p.truth[i])
	}
	rows := make([][]float64, 0, len(s.equations)+1)
	rows = append(rows, make([]float64, n))
	rows[0][0] = 1 // the variable that is 1 does not move
	for _, e := range s.equations {
		row := make([]float64, n)
		for i, c := range e {
			row[i] = float64(c)
		}
		rows = append(rows, row)
	}
	pivots := eliminate(rows, n)
	bound := make([]int, n)
	for i := range bound {
		bound[i] = -1
	}
	for r, c := range pivots {
		bound[c] = r
	}
	for i := range n {
		if bound[i] < 0 {
			p.free = append(p.free, i)
		}
	}
	p.by = make([][]float64, n)
	for i := range n {
		p.by[i] = make([]float64, len(p.free))
		for k, f := range p.free {
			switch {
			case i == f:
				p.by[i][k] = 1
			case bound[i] >= 0:
				p.by[i][k] = -rows[bound[i]][f]
			}
		}
	}
	for _, line := range s.inequalities {
		coefficients, value := make([]float64, len(p.free)), 0.0
		for i, c := range line {
			value += float64(c) * p.truth[i]
			for k := range p.free {
				coefficients[k] += float64(c) * p.by[i][k]
			}
		}
		p.extra, p.least = append(p.extra, coefficients), append(p.least, math.Min(0, -value))
	}
	return p
}

// eliminate brings rows into reduced echelon form, and returns the column of
// each row's pivot.
func eliminate(rows [][]float64, n int) (pivots []int) {
	for r := 0; r < len(rows); r++ {
		best, column := -1, 0
		for c := range n {
			if v := math.Abs(rows[r][c]); v > tiny && (best < 0 || v > math.Abs(rows[r][column])) {
				best, column = r, c
			}
		}
		if best < 0 {
			rows = append(rows[:r], rows[r+1:]...)
			r--
			continue
		}
		f := rows[r][column]
		for c := range n {
			rows[r][c] /= f
		}
		for o := range rows {
			if g := rows[o][column]; o != r && g != 0 {
				for c := range n {
					rows[o][c] -= g * rows[r][c]
				}
			}
		}
		pivots = append(pivots, column)
	}
	return pivots
}

// maximise returns the step of all variables that goes furthest in a direction.
// The truth, a step of 0, is a corner of the program where each free variable is
// taken apart into what it goes up and what it goes down.
func (p *program) maximise(objective []float64) []float64 {
	k := len(p.free)
	var lines [][]float64 // coefficients over up and down, then the limit
	limit := func(coefficients []float64, sign, most float64) {
		if most > float64(Unbounded)/4 {
			return
		}
		line := make([]float64, 2*k+1)
		for j, c := range coefficients {
			line[j], line[k+j] = sign*c, -sign*c
		}
		line[2*k] = most
		lines = append(lines, line)
	}
	for i := range p.by {
		limit(p.by[i], 1, p.high[i])
		limit(p.by[i], -1, -p.low[i])
	}
	for i := range p.extra {
		limit(p.extra[i], -1, -p.least[i])
	}
	goal := make([]float64, 2*k+1)
	for i := range p.by {
		for j, c := range p.by[i] {
			goal[j] += objective[i] * c
			goal[k+j] -= objective[i] * c
		}
	}
	step := simplex(lines, goal, 2*k)
	d := make([]float64, len(p.by))
	for i := range p.by {
		for j, c := range p.by[i] {
			d[i] += c * (step[j] - step[k+j])
		}
	}
	return d
}

// simplex maximises goal over lines (a·x <= limit, limit >= 0, x >= 0) from the
// corner 0. Where there is no largest value it returns a point that is far away.
func simplex(lines [][]float64, goal []float64, n int) []float64 {
	const far, rounds = 1e12, 2000
	basis := make([]int, len(lines)) // n+i: the slack of line i
	at := make([]int, n)             // which variable each column stands for
	for i := range basis {
		basis[i] = n + i
	}
	for j := range at {
		at[j] = j
	}
	x := make([]float64, n+len(lines))
	for round := range rounds {
		column := -1
		for j := range n { // the steepest; after many rounds the first (Bland)
			if goal[j] > tiny && (column < 0 || round < rounds/2 && goal[j] > goal[column] || round >= rounds/2 && at[j] < at[column]) {
				column = j
			}
		}
		if column < 0 {
			break
		}
		row := -1
		for i, line := range lines {
			if line[column] > tiny {
				if row < 0 {
					row = i
				} else if a, b := line[n]/line[column], lines[row][n]/lines[row][column]; a < b-tiny || a < b+tiny && basis[i] < basis[row] {
					row = i
				}
			}
		}
		if row < 0 { // no limit: go far along the column
			for i, line := range lines {
				x[basis[i]] = line[n] - far*line[column]
			}
			x[at[column]] = far
			return x[:n]
		}
		pivot(lines, goal, row, column, n)
		basis[row], at[column] = at[column], basis[row]
	}
	for i, line := range lines {
		x[basis[i]] = line[n]
	}
	return x[:n]
}

// pivot lets the variable of a column and that of a row change places.
func pivot(lines [][]float64, goal []float64, row, column, n int) {
	of := lines[row]
	f := 1 / of[column]
	for j := range n + 1 {
		of[j] *= f
	}
	of[column] = f
	clean := func(line []float64) {
		g := line[column]
		if g == 0 {
			return
		}
		line[column] = 0
		for j := range n + 1 {
			line[j] -= g * of[j]
		}
	}
	for i := range lines {
		if i != row {
			clean(lines[i])
		}
	}
	clean(goal)
}
