package compare

import (
	"fmt"
	"math"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// DifferenceQuality says what is known of a difference.
type DifferenceQuality string

// The qualities of a difference.
const (
	// DifferenceExact: both numbers are exact.
	DifferenceExact DifferenceQuality = "exact"
	// DifferenceEstimate: at least one is an estimate, none a bound.
	DifferenceEstimate DifferenceQuality = "estimate"
	// AtLeast and AtMost: one of the numbers is a lower bound.
	AtLeast DifferenceQuality = "at-least"
	AtMost  DifferenceQuality = "at-most"
	// DifferenceUnknown: two lower bounds have no difference, and neither has
	// a number that is not known.
	DifferenceUnknown DifferenceQuality = "unknown"
)

// Difference is a number now less the same number before.
type Difference struct {
	// Value is absent when the quality is unknown.
	Value   *int64            `json:"value,omitempty"`
	Quality DifferenceQuality `json:"quality"`
	// Low, High and Confidence are the interval of an estimate.
	Low        *int64  `json:"low,omitempty"`
	High       *int64  `json:"high,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
}

// span is what a count says of the number: at least low, at most high.
type span struct {
	low, value, high int64
	confidence       float64
	exact, bounded   bool // bounded: high is known
}

// spanOf is the span of a count; false when it says nothing.
func spanOf(c survey.Count) (span, bool) {
	quality := publish.QualityOf(c)
	if quality == survey.UnknownQuality {
		return span{}, false
	}
	n, _ := c.Int()
	high, bounded := c.Most()
	return span{low: c.Least(), value: n, high: high, confidence: c.Confidence, exact: quality == survey.Exact, bounded: bounded}, true
}

// DifferenceOf is what can be said of after less before.
func DifferenceOf(before, after survey.Count) Difference {
	b, known := spanOf(before)
	a, alsoKnown := spanOf(after)
	switch {
	case !known || !alsoKnown || !a.bounded && !b.bounded:
		return Difference{Quality: DifferenceUnknown}
	case a.exact && b.exact:
		return Difference{Value: ptr(a.value - b.value), Quality: DifferenceExact}
	case !a.bounded:
		return Difference{Value: ptr(a.low - b.high), Quality: AtLeast}
	case !b.bounded:
		return Difference{Value: ptr(a.high - b.low), Quality: AtMost}
	}
	var t total
	t.add(before, after)
	return t.difference()
}

func ptr[T any](v T) *T { return &v }

// rose reports whether d is known to be above zero.
func (d Difference) rose() bool {
	switch {
	case d.Value == nil || d.Quality == AtMost:
		return false
	case d.Quality == DifferenceEstimate:
		return *d.Low > 0
	}
	return *d.Value > 0
}

// String is the difference for a person: "+40", "−3", "at least +5", "about
// +40 (+38 to +44)", "unknown".
func (d Difference) String() string {
	switch d.Quality {
	case DifferenceUnknown:
		return "unknown"
	case AtLeast:
		return "at least " + signed(*d.Value)
	case AtMost:
		return "at most " + signed(*d.Value)
	case DifferenceEstimate:
		return fmt.Sprintf("about %s (%s to %s)", signed(*d.Value), signed(*d.Low), signed(*d.High))
	}
	return signed(*d.Value)
}

// total adds the differences of archives whose numbers have one: exact ones
// and estimates, whose half-widths add in quadrature, as in a report's sums.
type total struct {
	sum              int64
	belowSq, aboveSq float64
	confidence       float64
	estimates        int64
	// known and unknown count the archives with and without a difference,
	// changed those whose numbers are not the same.
	known, unknown, changed int64
	// moved adds up by how much the numbers changed, up or down; most is the
	// change of one archive.
	moved, most int64
}

// change is the change of a sum on its way into a publication.
func (t *total) change() publish.Cell {
	return publish.Cell{Archives: t.changed, Sum: t.moved, Largest: t.most}
}

// add adds the difference of one archive.
func (t *total) add(before, after survey.Count) {
	b, known := spanOf(before)
	a, alsoKnown := spanOf(after)
	if known != alsoKnown || a != b {
		t.changed++
		by := max(a.value-b.value, b.value-a.value)
		t.moved, t.most = survey.AddCapped(t.moved, by), max(t.most, by)
	}
	if !known || !alsoKnown || !a.bounded || !b.bounded {
		t.unknown++
		return
	}
	t.known++
	t.sum += a.value - b.value
	for _, s := range []span{a, b} {
		if s.exact {
			continue
		}
		t.estimates++
		if t.confidence == 0 || s.confidence < t.confidence {
			t.confidence = s.confidence
		}
	}
	t.belowSq += square(a.value-a.low) + square(b.high-b.value)
	t.aboveSq += square(a.high-a.value) + square(b.value-b.low)
}

func square(n int64) float64 { return float64(n) * float64(n) }

// merge adds all that was added to o.
func (t *total) merge(o total) {
	t.sum += o.sum
	t.belowSq += o.belowSq
	t.aboveSq += o.aboveSq
	if t.confidence == 0 || o.confidence != 0 && o.confidence < t.confidence {
		t.confidence = o.confidence
	}
	t.estimates += o.estimates
	t.known += o.known
	t.unknown += o.unknown
	t.changed += o.changed
	t.moved, t.most = survey.AddCapped(t.moved, o.moved), max(t.most, o.most)
}

// difference is the sum of the differences that are known.
func (t *total) difference() Difference {
	switch {
	case t.known == 0 && t.unknown > 0:
		return Difference{Quality: DifferenceUnknown}
	case t.estimates == 0:
		return Difference{Value: ptr(t.sum), Quality: DifferenceExact}
	}
	return Difference{Value: ptr(t.sum), Quality: DifferenceEstimate, Confidence: t.confidence,
		Low: ptr(t.sum - int64(math.Ceil(math.Sqrt(t.belowSq)))), High: ptr(t.sum + int64(math.Ceil(math.Sqrt(t.aboveSq))))}
}
