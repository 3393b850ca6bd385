package census

import "math/bits"

// sums are the numbers of a part of an archive.
type sums struct {
	studies int64
	// images is the sum of the usable numbers of images, accessible the part
	// of it that is at hand.
	images, accessible int64
	// unusable is the number of studies without a usable number of images,
	// zero that of studies that claim none, away that of studies not at hand.
	unusable, zero, away int64
	undated              int64
	years                yearCounts
	modalities           [len(modalityCodes)]int64
	groups               [groups]int64
}

// The years counted one by one; others come under farYears.
const (
	yearsFrom = 1895 // X-rays were found
	yearsTo   = 2150
	farYears  = yearsTo - yearsFrom + 1
)

type yearCounts [farYears + 1]int64

func (s *sums) add(o *sums) {
	s.studies += o.studies
	s.images += o.images
	s.accessible += o.accessible
	s.unusable += o.unusable
	s.zero += o.zero
	s.away += o.away
	s.undated += o.undated
	for i, n := range o.years {
		s.years[i] += n
	}
	for i, n := range o.modalities {
		s.modalities[i] += n
	}
	for i, n := range o.groups {
		s.groups[i] += n
	}
}

// count counts one study.
func (s *sums) count(r *study) {
	s.studies++
	if r.images >= 0 {
		s.images += r.images
		if r.images == 0 {
			s.zero++
		}
		if !r.away {
			s.accessible += r.images
		}
	} else {
		s.unusable++
	}
	if r.away {
		s.away++
	}
	if !r.dated {
		s.undated++
	} else if y := r.date.year(); y >= yearsFrom && y <= yearsTo {
		s.years[y-yearsFrom]++
	} else {
		s.years[farYears]++
	}
	for i, word := range r.modalities {
		for ; word != 0; word &= word - 1 {
			s.modalities[64*i+bits.TrailingZeros64(word)]++
		}
	}
	s.groups[r.group]++
}
