package lab

import "fmt"

// wrong says what is wrong with a measured figure; empty when nothing is. A
// figure is right when what it claims is so, and it claims at least as much as
// can be expected: exact where exactness is possible. complete says that a lower
// bound has to be the truth itself.
func (n Number) wrong(truth int64, expected Quality, complete bool) string {
	switch n.Quality {
	case Exact:
		if n.Value != truth {
			return fmt.Sprintf("truth %d, measured exactly %d", truth, n.Value)
		}
	case Estimate:
		if truth < n.Low || truth > n.High {
			return fmt.Sprintf("truth %d is outside the estimate %d to %d", truth, n.Low, n.High)
		}
	case LowerBound:
		if n.Value > truth || complete && n.Value < truth {
			return fmt.Sprintf("truth %d, measured at least %d", truth, n.Value)
		}
	case Unknown:
	default:
		return fmt.Sprintf("no quality (%q)", n.Quality)
	}
	if n.Quality.rank() > expected.rank() {
		return fmt.Sprintf("truth %d can be known as %s, measured %s", truth, expected, n.Quality)
	}
	return ""
}
