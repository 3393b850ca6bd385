package publish

import (
	"bytes"
	"encoding/json"

	"leadglass/internal/survey"
)

// Number is a number of archives or other things that may be withheld. In
// JSON it is the number, or {"suppressed":true}.
type Number struct {
	N      int64
	Hidden bool
}

type suppressed struct {
	Suppressed bool `json:"suppressed"`
}

// MarshalJSON never writes the value of a withheld number.
func (n Number) MarshalJSON() ([]byte, error) {
	if n.Hidden {
		return json.Marshal(suppressed{true})
	}
	return json.Marshal(n.N)
}

// Figure is a count with its quality that may be withheld. In JSON it is the
// count, or {"suppressed":true}.
type Figure struct {
	survey.Count
	// WithoutCount is the number of archives that are not in the count
	// because no number could be obtained; absent when there is none, or when
	// it is withheld.
	WithoutCount int64
	Hidden       bool
	// Coarse: the count is a lower bound in place of a number that would
	// disclose an archive.
	Coarse bool
}

// MarshalJSON never writes the value of a withheld figure.
func (f Figure) MarshalJSON() ([]byte, error) {
	if f.Hidden {
		return json.Marshal(suppressed{true})
	}
	return json.Marshal(struct {
		survey.Count
		WithoutCount int64 `json:"without_count,omitempty"`
		Coarse       bool  `json:"coarse,omitempty"`
	}{f.Count, f.WithoutCount, f.Coarse})
}

// isSuppressed says whether a JSON value stands for a withheld one.
func isSuppressed(data []byte) bool { return bytes.Contains(data, []byte(`"suppressed"`)) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(data []byte) error {
	*n = Number{Hidden: isSuppressed(data)}
	if n.Hidden {
		return nil
	}
	return json.Unmarshal(data, &n.N)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Figure) UnmarshalJSON(data []byte) error {
	*f = Figure{Hidden: isSuppressed(data)}
	if f.Hidden {
		return nil
	}
	rest := struct {
		WithoutCount int64 `json:"without_count"`
		Coarse       bool  `json:"coarse"`
	}{}
	if err := json.Unmarshal(data, &rest); err != nil {
		return err
	}
	f.WithoutCount, f.Coarse = rest.WithoutCount, rest.Coarse
	return json.Unmarshal(data, &f.Count)
}

// AtMost keeps an estimate of different studies, and its interval, from being
// above the number of study records that is published with it: each different
// study is one of them. A lower bound, or a withheld number, caps nothing. f
// may be nil.
func (f *Figure) AtMost(total Figure) {
	n, ok := total.Int()
	if f == nil || f.Hidden || f.Value == nil || total.Hidden || !ok || total.Quality == survey.LowerBound {
		return
	}
	value, low, high := min(*f.Value, n), n, n
	if f.Low != nil {
		low = min(*f.Low, n)
	}
	if f.High != nil {
		high = min(*f.High, n)
	}
	if value != *f.Value || f.High != nil && high != *f.High {
		f.Count = survey.EstimateOf(value, low, high, f.Confidence, f.Source, f.Reason+"; no more than there are study records")
	}
}
