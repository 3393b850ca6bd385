// Package attacker is test support: what can be worked out of published numbers.
// A System holds what an attacker knows of numbers that are not negative; linear
// algebra, intervals and linear programming say what follows from it.
package attacker

import "math"

// System is what an attacker knows of numbers of archives: whole numbers that
// are not negative, equations and inequalities between them.
type System struct {
	index    map[string]int
	names    []string
	low, top []int64
	// Each equation says that the terms add up to 0; the variable 0 is 1.
	equations []map[int]int64
	// Each inequality says that the terms add up to 0 or more.
	inequalities []map[int]int64
}

// Unbounded stands for no upper bound.
const Unbounded = int64(1) << 40

// one is the name of the variable that is 1.
const one = ""

// New returns a system that says nothing.
func New() *System {
	s := &System{index: map[string]int{}}
	i := s.variable(one)
	s.low[i], s.top[i] = 1, 1
	return s
}

// variable returns the number of the variable of that name.
func (s *System) variable(name string) int {
	i, ok := s.index[name]
	if !ok {
		i = len(s.names)
		s.index[name] = i
		s.names, s.low, s.top = append(s.names, name), append(s.low, 0), append(s.top, Unbounded)
	}
	return i
}

// Has reports whether anything was said of the variable.
func (s *System) Has(name string) bool { _, ok := s.index[name]; return ok }

// Is says that the variables add up to n.
func (s *System) Is(n int64, names ...string) {
	e := map[int]int64{0: -n}
	for _, name := range names {
		e[s.variable(name)]++
	}
	s.equations = append(s.equations, e)
}

// Same says that the variables add up to what the variable total is.
func (s *System) Same(total string, names ...string) {
	e := map[int]int64{s.variable(total): -1}
	for _, name := range names {
		e[s.variable(name)]++
	}
	s.equations = append(s.equations, e)
}

// Say says that the terms, each a variable and how often it counts, add up to n.
func (s *System) Say(n int64, terms map[string]int64) {
	e := map[int]int64{0: -n}
	for name, c := range terms {
		e[s.variable(name)] += c
	}
	s.equations = append(s.equations, e)
}

// AtMost says that a is no more than the others together.
func (s *System) AtMost(a string, others ...string) {
	e := map[int]int64{s.variable(a): -1}
	for _, name := range others {
		e[s.variable(name)]++
	}
	s.inequalities = append(s.inequalities, e)
}

// Between says that the variable is from low to top.
func (s *System) Between(name string, low, top int64) {
	i := s.variable(name)
	s.low[i], s.top[i] = max(s.low[i], low), min(s.top[i], top)
}

// Known solves the system as far as linear algebra and intervals lead, and
// returns the variables that have one possible value.
func (s *System) Known() map[string]int64 {
	all := append(s.reduce(), s.equations...)
	for changed, rounds := true, 0; changed && rounds < 1000; rounds++ {
		changed = false
		for _, e := range all {
			changed = s.narrow(e, true) || changed
		}
		for _, e := range s.inequalities {
			changed = s.narrow(e, false) || changed
		}
	}
	known := map[string]int64{}
	for i, name := range s.names {
		if i > 0 && s.low[i] == s.top[i] {
			known[name] = s.low[i]
		}
	}
	return known
}

// narrow tightens the bounds of the terms of one line: for each of them the
// others leave a least and a largest value.
func (s *System) narrow(line map[int]int64, equal bool) (changed bool) {
	var least, most int64 // of the whole sum
	for i, c := range line {
		l, m := c*s.low[i], c*s.top[i]
		least, most = least+min(l, m), most+max(l, m)
	}
	for i, c := range line {
		if i == 0 || c == 0 {
			continue
		}
		l, m := c*s.low[i], c*s.top[i]
		// c*x >= -(most of the others); where equal, c*x <= -(least of them).
		low, top := s.low[i], s.top[i]
		from, to := -(most - max(l, m)), -(least - min(l, m))
		if c > 0 {
			low = max(low, ceilDiv(from, c))
			if equal {
				top = min(top, floorDiv(to, c))
			}
		} else {
			top = min(top, floorDiv(from, c))
			if equal {
				low = max(low, ceilDiv(to, c))
			}
		}
		if low > s.low[i] || top < s.top[i] {
			s.low[i], s.top[i], changed = low, top, true
			return true // the sums above are stale
		}
	}
	return changed
}

func floorDiv(a, b int64) int64 { return int64(math.Floor(float64(a) / float64(b))) }
func ceilDiv(a, b int64) int64  { return int64(math.Ceil(float64(a) / float64(b))) }

// prime is the modulus of the elimination; the numbers of a survey are small
// beside it.
const prime = 1<<31 - 1

// reduce eliminates (Gauss and Jordan), and returns the lines that result whose
// coefficients are small numbers. A variable that follows from the equations
// alone stands on a line of its own there.
func (s *System) reduce() []map[int]int64 {
	rows := make([][]int64, len(s.equations))
	for r, e := range s.equations {
		rows[r] = make([]int64, len(s.names))
		for i, c := range e {
			rows[r][i] = ((c % prime) + prime) % prime
		}
	}
	done := 0
	for column := len(s.names) - 1; column > 0 && done < len(rows); column-- {
		pivot := -1
		for r := done; r < len(rows); r++ {
			if rows[r][column] != 0 {
				pivot = r
				break
			}
		}
		if pivot < 0 {
			continue
		}
		rows[done], rows[pivot] = rows[pivot], rows[done]
		scale(rows[done], inverse(rows[done][column]))
		for r := range rows {
			if f := rows[r][column]; r != done && f != 0 {
				for i := range rows[r] {
					rows[r][i] = (rows[r][i] + (prime-f)*rows[done][i]) % prime
				}
			}
		}
		done++
	}
	var lines []map[int]int64
	for _, row := range rows[:done] {
		line, small := map[int]int64{}, true
		for i, c := range row {
			if c > prime/2 {
				c -= prime
			}
			if c != 0 {
				line[i] = c
				small = small && (i == 0 || -8 <= c && c <= 8)
			}
		}
		if small {
			lines = append(lines, line)
		}
	}
	return lines
}

func scale(row []int64, f int64) {
	for i := range row {
		row[i] = row[i] * f % prime
	}
}

// inverse is 1/a modulo prime, by Fermat.
func inverse(a int64) int64 {
	result := int64(1)
	for e := int64(prime - 2); e > 0; e >>= 1 {
		if e&1 == 1 {
			result = result * a % prime
		}
		a = a * a % prime
	}
	return result
}
