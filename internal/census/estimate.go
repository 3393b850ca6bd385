package census

import (
	"math"
	"slices"
)

// confidence is that of the intervals given.
const confidence = 0.95

// stratum is a part of a population of known size, and the values found in
// some of its members, chosen at random without replacement.
type stratum struct {
	size   int64
	values []float64
	// kind tells strata apart that have nothing in common; those of one kind
	// stand next to each other in order.
	kind int
}

// interval is an estimate with the bounds between which the truth lies with
// the probability confidence.
type interval struct{ mid, low, high float64 }

// estimateTotal estimates the sum of all values of a stratified population
// (Cochran, Sampling Techniques, 5.3 and 5.4): strata are expanded by their
// sizes, variances carry the finite population correction, and the quantile is
// Student's with Satterthwaite's effective degrees of freedom. Strata with
// fewer than two values and not counted in full are joined with others first.
func estimateTotal(strata []stratum) interval {
	var total, variance, denominator float64
	joined := join(strata)
	for i, s := range joined {
		n := float64(len(s.values))
		if n == 0 {
			continue
		}
		size := float64(s.size)
		mean, sq := moments(s.values)
		total += size * mean
		if n < 2 || n >= size {
			continue
		}
		// A few values that happen to be equal do not prove that all are. The
		// spread of a stratum and its neighbour together does not vanish then
		// (collapsed strata, Cochran 5A.12) but counts the difference between
		// them as well; half-way between the two, intervals hold the truth as
		// often as they should.
		spread := sq
		for _, j := range []int{i - 1, i + 1} {
			if j >= 0 && j < len(joined) && joined[j].kind == s.kind {
				_, both := moments(slices.Concat(s.values, joined[j].values))
				spread = math.Max(spread, both)
			}
		}
		sq = (sq + spread) / 2
		v := size * (size - n) * sq / n
		variance += v
		denominator += v * v / (n - 1)
	}
	if variance == 0 {
		return interval{total, total, total}
	}
	half := studentQuantile(variance*variance/denominator) * math.Sqrt(variance)
	return interval{total, math.Max(0, total-half), total + half}
}

// join joins each stratum that has too few values with its predecessor, or its
// successor where it is the first.
func join(strata []stratum) []stratum {
	var joined []stratum
	poor := func(s stratum) bool { return len(s.values) < 2 && int64(len(s.values)) < s.size }
	merge := func(a, b stratum) stratum {
		return stratum{a.size + b.size, slices.Concat(a.values, b.values), a.kind}
	}
	for _, s := range strata {
		if s.size == 0 {
			continue
		}
		if n := len(joined); n > 0 && (poor(s) || poor(joined[n-1])) {
			joined[n-1] = merge(joined[n-1], s)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// moments returns the mean of values and the estimate of their variance, 0 of
// one value.
func moments(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	if len(values) < 2 {
		return mean, 0
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(values)-1)
}

// studentQuantile is the 0.975 quantile of Student's distribution with df
// degrees of freedom: tabled up to 10, and the expansion of Cornish and Fisher
// beyond (Abramowitz and Stegun 26.7.5).
func studentQuantile(df float64) float64 {
	table := [...]float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228}
	if df < 1 {
		df = 1
	}
	if df < float64(len(table)) {
		i := int(df)
		return table[i-1] + (df-float64(i))*(table[i]-table[i-1])
	}
	const z = 1.959964
	z3, z5 := math.Pow(z, 3), math.Pow(z, 5)
	return z + (z3+z)/(4*df) + (5*z5+16*z3+3*z)/(96*df*df)
}
