package merge

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"leadglass/internal/survey"
)

// counted is a stream of facts and then an error, if it is not nil; running
// goes up while it is being read.
func counted(facts []survey.Facts, end error, running *atomic.Int64) Stream {
	return func(yield func(survey.Facts, error) bool) {
		running.Add(1)
		defer running.Add(-1)
		for _, f := range facts {
			if !yield(f, nil) {
				return
			}
		}
		if end != nil {
			yield(survey.Facts{}, end)
		}
	}
}

// records are n records of targets with one to three ports, in order, without
// the targets whose number step divides.
func records(n, step int) []survey.Facts {
	var all []survey.Facts
	for i := 1; len(all) < n; i++ {
		for port := range 1 + i%3 {
			if i%step != 0 && len(all) < n {
				all = append(all, survey.Facts{Target: fmt.Sprintf("t%06d", i), RequestedPort: uint16(1 + port)})
			}
		}
	}
	return all
}

// TestMerged: whatever the lengths of the streams, and wherever their batches
// end, all records of a target come together, and the targets in order.
func TestMerged(t *testing.T) {
	for _, lengths := range [][]int{{0, 0}, {0, 1}, {batchSize, batchSize - 1, batchSize + 1}, {1, 7 * batchSize}, {2 * batchSize, 0, 1000, 1001, 1002, 1003, 1004}} {
		var running atomic.Int64
		var streams []Stream
		want := map[string][][]survey.Facts{}
		for i, n := range lengths {
			facts := records(n, 2+i)
			streams = append(streams, counted(facts, nil, &running))
			for _, f := range facts {
				if want[f.Target] == nil {
					want[f.Target] = make([][]survey.Facts, len(lengths))
				}
				want[f.Target][i] = append(want[f.Target][i], f)
			}
		}
		targets := slices.Sorted(maps.Keys(want))
		for groups, err := range ByTarget(streams) {
			if err != nil || len(targets) == 0 {
				t.Fatalf("%v: %v, %v after all targets", lengths, groups, err)
			}
			for i, g := range groups {
				if w := want[targets[0]][i]; len(g) != len(w) || len(g) > 0 && !reflect.DeepEqual(g, w) {
					t.Fatalf("%v: %s in stream %d: %v, want %v", lengths, targets[0], i, g, w)
				}
			}
			targets = targets[1:]
		}
		if len(targets) > 0 || running.Load() != 0 {
			t.Errorf("%v: %d targets are missing, %d streams still read", lengths, len(targets), running.Load())
		}
	}
}

// TestMergedEnds: when the consumer stops, and when a stream fails, nobody
// reads on; and what came before the failure was yielded.
func TestMergedEnds(t *testing.T) {
	broken := errors.New("broken")
	long, short := records(5000, 2), records(batchSize+3, 2)
	for name, c := range map[string]struct {
		end  error
		stop int // targets after which the consumer stops
	}{"stopped at once": {stop: 1}, "stopped later": {stop: 1000}, "failed": {end: broken, stop: 1e6}} {
		var running atomic.Int64
		second := long
		if c.end != nil {
			second = short
		}
		var got error
		turns, last := 0, ""
		for groups, err := range ByTarget([]Stream{counted(long, nil, &running), counted(second, c.end, &running)}) {
			if got = err; err != nil {
				break
			}
			last = cmp.Or(max(first(groups[0]), first(groups[1])), last)
			if turns++; turns == c.stop {
				break
			}
		}
		if n := running.Load(); n != 0 {
			t.Errorf("%s: %d streams are still read", name, n)
		}
		if !errors.Is(got, c.end) {
			t.Errorf("%s: %v, want %v", name, got, c.end)
		}
		// Whether more records of the last target would have come is not known.
		if c.end != nil && last != short[slices.IndexFunc(short, func(f survey.Facts) bool { return f.Target == short[len(short)-1].Target })-1].Target {
			t.Errorf("%s: the last target is %s", name, last)
		}
	}
}

func first(g []survey.Facts) string {
	if len(g) == 0 {
		return ""
	}
	return g[0].Target
}
