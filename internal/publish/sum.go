package publish

import (
	"math"

	"leadglass/internal/survey"
)

// Sum adds counts of different quality as [survey.Count.Plus] does, of any number
// of archives, with what suppression has to know of them, and stays honest about
// the result:
//
//   - exact counts only: exact;
//   - exact counts and estimates: an estimate. The archives were sampled
//     independently of each other, so half-widths add in quadrature, the lower
//     and the upper ones apart; the confidence is the least of the parts';
//   - with any lower bound, an archive without a number, or archives that are
//     missing: a lower bound, in which an estimate stands with the low end of
//     the interval.
//
// The zero Sum is empty. Sums add with Merge in any order with the same result.
type Sum struct {
	// Exact, Bound and Estimate are the sums of the values of each quality.
	Exact, Bound, Estimate int64
	// BelowSq and AboveSq are the sums of the squared half-widths of the
	// estimates, below and above their values.
	BelowSq, AboveSq float64
	// Confidence is the least of the estimates', 0 without one.
	Confidence float64
	// Exacts, Bounds, Estimates and Unknowns count the archives of each
	// quality.
	Exacts, Bounds, Estimates, Unknowns int64
	// Contributors counts the archives with a value above 0: those whose
	// figures the sum would disclose were they too few.
	Contributors int64
	// Largest is the largest value of one archive.
	Largest int64
	// Part: archives are missing from the sum, because the survey is not whole.
	// Then it is a lower bound, also where it is 0.
	Part bool
}

// Cell is the sum on its way into a publication.
func (s Sum) Cell() Cell {
	return Cell{Archives: s.Contributors, Sum: survey.AddCapped(survey.AddCapped(s.Exact, s.Bound), s.Estimate), Largest: s.Largest}
}

// Add adds the count of one archive. A count that contradicts itself is an
// unknown one.
func (s *Sum) Add(c survey.Count) {
	n, _ := c.Int()
	switch QualityOf(c) {
	case survey.Exact:
		s.Exacts++
		s.Exact = survey.AddCapped(s.Exact, n)
	case survey.LowerBound:
		s.Bounds++
		s.Bound = survey.AddCapped(s.Bound, n)
	case survey.Estimated:
		s.Estimates++
		s.Estimate = survey.AddCapped(s.Estimate, n)
		most, _ := c.Most()
		s.BelowSq += square(n - c.Least())
		s.AboveSq += square(most - n)
		s.Confidence = lesserConfidence(s.Confidence, c.Confidence)
	default:
		s.Unknowns++
		return
	}
	if n > 0 {
		s.Contributors++
	}
	s.Largest = max(s.Largest, n)
}

// QualityOf is the quality of c; unknown for a count that contradicts itself.
func QualityOf(c survey.Count) survey.Quality {
	n, ok := c.Int()
	switch {
	case !ok || n < 0:
		return survey.UnknownQuality
	case c.Quality == survey.Estimated && (c.Low == nil || c.High == nil || *c.Low < 0 || *c.Low > n || *c.High < n):
		return survey.UnknownQuality
	case c.Quality == survey.Exact || c.Quality == survey.LowerBound || c.Quality == survey.Estimated:
		return c.Quality
	}
	return survey.UnknownQuality
}

// Merge adds all that was added to o.
func (s *Sum) Merge(o Sum) {
	s.Exact = survey.AddCapped(s.Exact, o.Exact)
	s.Bound = survey.AddCapped(s.Bound, o.Bound)
	s.Estimate = survey.AddCapped(s.Estimate, o.Estimate)
	s.BelowSq += o.BelowSq
	s.AboveSq += o.AboveSq
	s.Confidence = lesserConfidence(s.Confidence, o.Confidence)
	s.Exacts += o.Exacts
	s.Bounds += o.Bounds
	s.Estimates += o.Estimates
	s.Unknowns += o.Unknowns
	s.Contributors += o.Contributors
	s.Largest = max(s.Largest, o.Largest)
	s.Part = s.Part || o.Part
}

// Coarse is the sum as a lower bound that says little: the largest power of ten
// that is at most half of it. It is for a sum of which one archive makes up most.
// The second result is false where there is none.
func (s Sum) Coarse() (survey.Count, bool) {
	n, ok := s.Count().Int()
	if !ok || n < 20 {
		return survey.Count{}, false
	}
	bound := int64(10)
	for bound <= n/20 {
		bound *= 10
	}
	return survey.AtLeast(bound, "", reasonCoarse), true
}

// The reasons that a sum gives for its quality. They hold no numbers: a
// number of archives could be a small one.
const (
	reasonNoNumber = "no archive gave a number"
	reasonEstimate = "some archives were counted by sample; their intervals are added in quadrature"
	reasonBound    = "for some archives only a lower bound is known, or no number at all"
	reasonCoarse   = "the exact sum would disclose a single archive; this is a power of ten that is at most half of it"
	reasonPart     = "the survey is not whole: what it did not get to is missing"
	reasonPartEst  = reasonPart + "; estimates enter the sum with the low end of their interval"
	reasonBoundEst = reasonBound + "; estimates enter the sum with the low end of their interval"
)

// Count is the sum as one count.
func (s Sum) Count() survey.Count {
	below, above := math.Sqrt(s.BelowSq), math.Sqrt(s.AboveSq)
	certain := survey.AddCapped(s.Exact, s.Bound)
	switch {
	case s.Unknowns > 0 && s.Exacts+s.Bounds+s.Estimates == 0:
		return survey.UnknownCount(reasonNoNumber)
	case (s.Bounds > 0 || s.Unknowns > 0) && s.Estimates > 0:
		return survey.AtLeast(survey.AddCapped(certain, max(0, s.Estimate-ceil(below))), "", reasonBoundEst)
	case s.Bounds > 0 || s.Unknowns > 0:
		return survey.AtLeast(certain, "", reasonBound)
	case s.Part && s.Estimates > 0:
		return survey.AtLeast(survey.AddCapped(certain, max(0, s.Estimate-ceil(below))), "", reasonPartEst)
	case s.Part:
		return survey.AtLeast(certain, "", reasonPart)
	case s.Estimates > 0:
		n := survey.AddCapped(certain, s.Estimate)
		low := max(certain, n-ceil(below))
		return survey.EstimateOf(n, low, survey.AddCapped(n, ceil(above)), s.Confidence, "", reasonEstimate)
	}
	return survey.ExactCount(s.Exact, "")
}

// CountOfParts is Count with a reason that also says of how many archives the
// sum is made where some gave no number, as [survey.Count.Plus] does. A small
// number of archives would disclose them: it is for publications in which
// nothing is suppressed.
func (s Sum) CountOfParts() survey.Count {
	counted := s.Exacts + s.Bounds + s.Estimates
	if s.Unknowns == 0 || counted == 0 {
		return s.Count()
	}
	return s.Count().Because(survey.CountedOf(counted+s.Unknowns, counted))
}

func ceil(x float64) int64 {
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Ceil(x))
}

func square(n int64) float64 { return float64(n) * float64(n) }

// lesserConfidence is the lesser of two confidences, where 0 means none yet.
func lesserConfidence(a, b float64) float64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
