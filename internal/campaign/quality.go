package campaign

import (
	"sync/atomic"

	"leadglass/internal/survey"
)

// Quality is that of a sum over open archives, of which many goroutines add
// parts.
type Quality struct{ bounded, estimated atomic.Int64 }

// add adds the quality of a part, and reports whether the part is exact.
func (q *Quality) add(c survey.Count) bool {
	switch c.Quality {
	case survey.Exact:
		return true
	case survey.Estimated:
		q.estimated.Add(1)
	default: // of an unknown number the sum has nothing
		q.bounded.Add(1)
	}
	return false
}

// Of is the quality of the sum: exact only if each part is and the survey is
// whole.
func (q *Quality) Of(whole bool) survey.Quality {
	switch {
	case !whole || q.bounded.Load() > 0:
		return survey.LowerBound
	case q.estimated.Load() > 0:
		return survey.Estimated
	}
	return survey.Exact
}
