package census

import (
	"math"
	"math/rand/v2"

	"leadglass/dicom"
)

// tallyOf is what one day holds.
type tallyOf struct{ studies, images, accessible int64 }

// daySample chooses days at random for an estimate, and makes the estimate of
// what they held. Strata are years, and in each the working days and the
// weekends, which differ more than years do. It knows no archive: it says which
// day to look at next and is told what was found.
type daySample struct {
	random *rand.Rand
	strata []dayStratum
	// left is how many more studies the archive may be made to list, spent how
	// many it was.
	left, spent int64
	// asked is how many days were looked at.
	asked int64
}

type dayStratum struct {
	// days are all days of the stratum; the first drawn of them are those
	// looked at, in the order of a random permutation.
	days  []dicom.Date
	found []tallyOf
}

// pilotDays is how many days of each stratum are looked at before the rest of
// the budget goes to where the numbers vary most.
const pilotDays = 3

// newDaySample returns a sample of the days from first to last, which may make
// the archive list about responses studies.
func newDaySample(first, last dicom.Date, responses int64, seed uint64) *daySample {
	s := &daySample{random: rand.New(rand.NewPCG(seed, 0xDA75)), left: responses}
	for from := first; from <= last; {
		to := min(last, dicom.DateOf(from.Year(), 12, 31))
		if to-from < 30 && len(s.strata) > 0 { // a short rest joins the year before
			to = min(to, last)
		}
		var working, weekend dayStratum
		for d := from; d <= to; d++ {
			if isWeekend(d) {
				weekend.days = append(weekend.days, d)
			} else {
				working.days = append(working.days, d)
			}
		}
		s.strata = append(s.strata, working, weekend)
		from = to + 1
	}
	for i := range s.strata {
		days := s.strata[i].days
		s.random.Shuffle(len(days), func(a, b int) { days[a], days[b] = days[b], days[a] })
	}
	return s
}

// isWeekend reports whether d is a Saturday or Sunday; 1970-01-01 was a
// Thursday.
func isWeekend(d dicom.Date) bool {
	w := (int(d)%7 + 7 + 4) % 7
	return w == 0 || w == 6
}

// next returns the day to look at next; ok is false when the budget is spent.
// While the pilot lasts, strata take turns; then the next day goes to the
// stratum whose estimate gains most by it (Neyman's allocation, one at a time).
func (s *daySample) next() (stratum int, d dicom.Date, ok bool) {
	if s.left <= 0 {
		return 0, 0, false
	}
	best, gain := -1, 0.0
	for round := range pilotDays {
		// The pilot goes through the strata in a new order each round, so that
		// a budget that ends in it leaves no years out by rule.
		for _, i := range s.random.Perm(len(s.strata)) {
			if len(s.strata[i].found) == round && round < len(s.strata[i].days) {
				return i, s.strata[i].days[round], true
			}
		}
	}
	for i := range s.strata {
		if g := s.strata[i].gain(); g > gain {
			best, gain = i, g
		}
	}
	if best < 0 {
		return 0, 0, false
	}
	t := &s.strata[best]
	return best, t.days[len(t.found)], true
}

// gain is by how much one more day lowers the variance of the estimate, for
// each study that it is likely to list.
func (t *dayStratum) gain() float64 {
	n, size := float64(len(t.found)), float64(len(t.days))
	if n >= size {
		return 0
	}
	values := make([]float64, len(t.found))
	for i, f := range t.found {
		values[i] = float64(f.studies)
	}
	mean, variance := moments(values)
	// A few equal days do not prove that all are: at least the variance of
	// chance arrivals is assumed.
	variance = math.Max(variance, mean+0.1)
	return size * size * variance * (1/n - 1/(n+1)) / (mean + 1)
}

// add tells what the day that next returned held.
func (s *daySample) add(stratum int, found tallyOf) {
	s.strata[stratum].found = append(s.strata[stratum].found, found)
	s.left -= found.studies + 1
	s.spent += found.studies
	s.asked++
}

// estimate estimates the totals of all days; what selects the number.
func (s *daySample) estimate(what func(tallyOf) int64) interval {
	strata := make([]stratum, len(s.strata))
	for i := range s.strata {
		t := &s.strata[i]
		strata[i].size, strata[i].kind = int64(len(t.days)), i%2
		for _, f := range t.found {
			strata[i].values = append(strata[i].values, float64(what(f)))
		}
	}
	// Working days join working days, weekends weekends.
	var ordered []stratum
	for first := range 2 {
		for i := first; i < len(strata); i += 2 {
			ordered = append(ordered, strata[i])
		}
	}
	return estimateTotal(ordered)
}
