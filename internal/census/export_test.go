package census

import "leadglass/dicom"

// RoundLength is roundLength, for the tests.
var RoundLength = roundLength

// EstimateDays estimates an archive of which held tells each day's studies.
func EstimateDays(first, last dicom.Date, budget int64, seed uint64, held func(dicom.Date) int64) (low, mid, high float64) {
	s := newDaySample(first, last, budget, seed)
	for {
		i, d, ok := s.next()
		if !ok {
			break
		}
		s.add(i, tallyOf{studies: held(d)})
	}
	e := s.estimate(func(t tallyOf) int64 { return t.studies })
	return e.low, e.mid, e.high
}
