package survey

import (
	"fmt"
	"math"
	"strings"
)

// Least is the least that c says: the low end of an estimate, else its number;
// -1 for an unknown count, so that every number is more.
func (c Count) Least() int64 {
	n, ok := c.Int()
	switch {
	case !ok:
		return -1
	case c.Quality == Estimated && c.Low != nil:
		return *c.Low
	}
	return n
}

// Most is the most that c says, and whether it says one: a lower bound and an
// unknown count do not.
func (c Count) Most() (int64, bool) {
	n, ok := c.Int()
	switch {
	case !ok, c.Quality == LowerBound:
		return 0, false
	case c.Quality == Estimated && c.High != nil:
		return *c.High, true
	}
	return n, true
}

// Because is c with one more reason.
func (c Count) Because(why string) Count {
	if c.Reason != "" && why != "" {
		why = c.Reason + "; " + why
	} else if why == "" {
		why = c.Reason
	}
	c.Reason = why
	return c
}

// Bound is c as a lower bound, for one more reason; an unknown count stays.
func (c Count) Bound(why string) Count {
	if _, ok := c.Int(); !ok {
		return c
	}
	return AtLeast(c.Least(), c.Source, c.Reason).Because(why)
}

// CountedOf is the reason of a sum over archives, of which some gave no number.
func CountedOf(archives, counted int64) string {
	return fmt.Sprintf("of %d archives, %d counted", archives, counted)
}

// Plus adds the counts of further archives to c: exact ones to an exact sum,
// estimates to an estimate whose half-widths are added in quadrature, with the
// least of the confidences. With a lower bound the sum is one, in which the
// estimates together count with the low end of their sum, and with an unknown
// part too: its reason says how many of the archives were counted.
// Nothing but unknown parts is unknown.
func (c Count) Plus(others ...Count) Count {
	parts := append([]Count{c}, others...)
	var value, certain, counted int64
	var below, above, confidence float64
	exact, bound := true, false
	var sum Count
	for _, p := range parts {
		n, known := p.Int()
		if !strings.Contains(sum.Reason, p.Reason) {
			sum = sum.Because(p.Reason)
		}
		exact, bound = exact && p.Quality == Exact, bound || !known
		if !known {
			continue
		}
		if !strings.Contains(sum.Source, p.Source) {
			sum.Source = strings.TrimPrefix(sum.Source+", "+p.Source, ", ")
		}
		counted++
		value = AddCapped(value, n)
		if p.Quality != Estimated {
			certain = AddCapped(certain, max(0, n))
		}
		most, bounded := p.Most()
		if bound = bound || !bounded; bounded {
			below, above = math.Hypot(below, float64(n-p.Least())), math.Hypot(above, float64(most-n))
		}
		if p.Confidence > 0 && (confidence == 0 || p.Confidence < confidence) {
			confidence = p.Confidence
		}
	}
	switch {
	case counted == 0:
		return UnknownCount(sum.Reason)
	case bound:
		if n := int64(len(parts)); counted < n {
			sum = sum.Because(CountedOf(n, counted))
		}
		return AtLeast(max(certain, value-int64(math.Ceil(below))), sum.Source, sum.Reason)
	case exact:
		return ExactCount(value, sum.Source).Because(sum.Reason)
	}
	return EstimateOf(value, max(0, value-int64(math.Ceil(below))), AddCapped(value, int64(math.Ceil(above))), confidence, sum.Source, sum.Reason)
}

// AddCapped adds two numbers that are not negative; the sum is at most
// [math.MaxInt64].
func AddCapped(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}
