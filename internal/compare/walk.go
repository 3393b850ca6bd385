package compare

import (
	"iter"

	"leadglass/internal/merge"
)

// Stream is the facts of one survey, in the order of their targets' bytes.
type Stream = merge.Stream

// Changes compares target by target. Memory does not grow with the number of
// targets. An error of a stream ends the iteration.
func (f *Frame) Changes(before, now Stream) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		for groups, err := range merge.ByTarget([]Stream{before, now}) {
			if err != nil {
				yield(Change{}, err)
				return
			}
			if c, any := f.Target(groups[0], groups[1]); any && !yield(c, nil) {
				return
			}
		}
	}
}
