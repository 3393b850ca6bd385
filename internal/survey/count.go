package survey

import "fmt"

// Quality says how a number was obtained.
type Quality string

// The qualities of a count.
const (
	// Exact: the number is the archive's number.
	Exact Quality = "exact"
	// LowerBound: there are at least so many.
	LowerBound Quality = "lower-bound"
	// Estimated: the number is the middle of an interval.
	Estimated Quality = "estimate"
	// UnknownQuality: no number could be obtained, and none is given.
	UnknownQuality Quality = "unknown"
)

// Count is a number that says how it was obtained. The zero Count is not
// valid; use one of the constructors.
type Count struct {
	// Value is absent when the quality is unknown.
	Value   *int64  `json:"value,omitempty"`
	Quality Quality `json:"quality"`
	// Reason explains every quality but exact.
	Reason string `json:"reason,omitempty"`
	// Low, High and Confidence are the interval of an estimate.
	Low        *int64  `json:"low,omitempty"`
	High       *int64  `json:"high,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
	// Source says by which route the number was obtained: "c-find-study",
	// "c-find-series", or the name of a product's number-only routes.
	Source string `json:"source,omitempty"`
}

// ExactCount is a count of known value.
func ExactCount(n int64, source string) Count {
	return Count{Value: &n, Quality: Exact, Source: source}
}

// AtLeast is a lower bound, with the reason why it is not exact.
func AtLeast(n int64, source, reason string) Count {
	return Count{Value: &n, Quality: LowerBound, Source: source, Reason: reason}
}

// EstimateOf is an estimate with its interval.
func EstimateOf(n, low, high int64, confidence float64, source, reason string) Count {
	return Count{Value: &n, Quality: Estimated, Low: &low, High: &high,
		Confidence: confidence, Source: source, Reason: reason}
}

// UnknownCount is a count without a number, with the reason why.
func UnknownCount(reason string) Count {
	return Count{Quality: UnknownQuality, Reason: reason}
}

// Int returns the number and whether there is one.
func (c Count) Int() (int64, bool) {
	if c.Value == nil {
		return 0, false
	}
	return *c.Value, true
}

// String is the number with its quality for a person: "40", "at least 40",
// "about 40 (38 to 44)", "unknown".
func (c Count) String() string {
	n, ok := c.Int()
	switch {
	case !ok:
		return "unknown"
	case c.Quality == LowerBound:
		return fmt.Sprintf("at least %d", n)
	case c.Quality == Estimated && c.Low != nil && c.High != nil:
		return fmt.Sprintf("about %d (%d to %d)", n, *c.Low, *c.High)
	default:
		return fmt.Sprintf("%d", n)
	}
}

// Validate returns an error when the parts of c contradict each other.
func (c Count) Validate() error {
	switch c.Quality {
	case Exact, LowerBound, Estimated:
		if c.Value == nil {
			return fmt.Errorf("count of quality %q has no value", c.Quality)
		}
	case UnknownQuality:
		if c.Value != nil {
			return fmt.Errorf("unknown count has the value %d", *c.Value)
		}
	default:
		return fmt.Errorf("unknown quality %q", c.Quality)
	}
	if c.Quality != Exact && c.Reason == "" {
		return fmt.Errorf("count of quality %q gives no reason", c.Quality)
	}
	if c.Quality == Estimated && (c.Low == nil || c.High == nil || *c.Low > *c.Value || *c.High < *c.Value) {
		return fmt.Errorf("estimate without an interval that holds it")
	}
	return nil
}

// Counts is what one archive exposes.
type Counts struct {
	Studies Count `json:"studies"`
	// ImagesLinked is the number of instances that the studies refer to.
	ImagesLinked Count `json:"images_linked"`
	// ImagesAccessible is the number of linked instances that an open
	// retrieval route would send.
	ImagesAccessible Count `json:"images_accessible"`
	Patients         Count `json:"patients"`
	// NationalIDs is the number of study records whose patient ID has the
	// form of a US Social Security number, counted in place.
	NationalIDs *Count `json:"ssn_pattern_records,omitempty"`
	// Years is the number of studies by year of the study date; key "none"
	// for studies without a date. Present only when it was obtained.
	Years map[string]int64 `json:"years,omitempty"`
	// Modalities is the number of studies that name a modality; a study may
	// name several.
	Modalities map[string]int64 `json:"modalities,omitempty"`
	// Duplicates is how many responses repeated a study already counted.
	Duplicates int64 `json:"duplicates,omitempty"`
}

// NotCounted returns counts that are all unknown, for one reason.
func NotCounted(reason string) Counts {
	u := UnknownCount(reason)
	return Counts{Studies: u, ImagesLinked: u, ImagesAccessible: u, Patients: u}
}
