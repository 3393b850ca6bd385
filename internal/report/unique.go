package report

import (
	"math"

	"github.com/axiomhq/hyperloglog"

	"leadglass/internal/survey"
)

// maxSketch bounds the size of one marshalled sketch in bytes; a dense one of
// 2^14 registers takes 16 KiB and a header.
const maxSketch = 1 << 17

// Unique is the number of different studies in the archives that have a
// sketch, estimated.
type Unique struct {
	Estimate int64
	// Archives is how many archives have a sketch.
	Archives int64
}

// uniqueStandardError is the standard error of an estimate of 2^14 registers,
// 1.04/sqrt(2^14) = 0.81 % (Flajolet et al., 2007).
const uniqueStandardError = 1.04 / 128

// Count is the estimate with its interval of 95 %.
func (u Unique) Count() survey.Count {
	half := 1.96 * uniqueStandardError * float64(u.Estimate)
	return survey.EstimateOf(u.Estimate, max(0, u.Estimate-int64(math.Ceil(half))), survey.AddCapped(u.Estimate, int64(math.Ceil(half))), 0.95,
		"", "HyperLogLog of 16,384 registers over the archives whose studies were listed one by one; standard error 0.81 %")
}

// sketchUnion merges the sketches of archives, so that a study that several of
// them hold counts once.
type sketchUnion struct {
	union    *hyperloglog.Sketch
	archives int64
}

// add merges one marshalled sketch, and says whether it could be read.
func (u *sketchUnion) add(data []byte) bool {
	if len(data) > maxSketch {
		return false
	}
	one := new(hyperloglog.Sketch)
	if err := one.UnmarshalBinary(data); err != nil {
		return false
	}
	if u.union == nil {
		u.union = hyperloglog.New14()
	}
	if err := u.union.Merge(one); err != nil {
		return false
	}
	u.archives++
	return true
}

func (u *sketchUnion) unique() Unique {
	if u.union == nil {
		return Unique{}
	}
	return Unique{Estimate: int64(min(u.union.Estimate(), math.MaxInt64)), Archives: u.archives}
}
