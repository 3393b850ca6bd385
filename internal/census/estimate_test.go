package census_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"leadglass/dicom"
	"leadglass/internal/census"
)

// madeDays makes up the numbers of studies of each day of an archive: it opens
// some year, grows, rests on weekends and holidays, has quiet summers, days of
// machine failure, and days on which old studies were taken over.
func madeDays(random *rand.Rand, first, last dicom.Date) []int64 {
	days := make([]int64, last-first+1)
	opened := random.IntN(len(days) * 3 / 4)
	closed := len(days)
	if random.IntN(4) == 0 {
		closed = opened + random.IntN(len(days)-opened)
	}
	rate := math.Exp(random.Float64()*5) + 0.3 // 1.3 to 150 a day
	growth := (random.Float64() - 0.2) * 0.15  // a year
	weekend := random.Float64() * 0.5
	noise := random.Float64() * 0.3
	for i := opened; i < closed; i++ {
		d := first.AddDays(i)
		mean := rate * math.Exp(growth*float64(i-opened)/365)
		mean *= 1 + 0.15*math.Sin(float64(i)*2*math.Pi/365)
		mean *= math.Exp(noise*random.NormFloat64() - noise*noise/2)
		if (int(d)%7+7+4)%7 == 0 || (int(d)%7+7+4)%7 == 6 {
			mean *= weekend
		}
		switch random.IntN(100) {
		case 0:
			mean = 0
		case 1:
			mean *= 3
		}
		days[i] = int64(math.Max(0, math.Round(mean+math.Sqrt(mean)*random.NormFloat64())))
	}
	return days
}

// TestEstimateCoverage: of 1,000 archives at least 930 have their true number
// of studies inside the interval.
func TestEstimateCoverage(t *testing.T) {
	const archives = 1000
	held, width := 0, 0.0
	for seed := range uint64(archives) {
		random := rand.New(rand.NewPCG(seed, 2019))
		first, last := dicom.DateOf(2000, 1, 1), dicom.DateOf(2019, 9, 16)
		days := madeDays(random, first, last)
		var truth int64
		for _, n := range days {
			truth += n
		}
		low, mid, high := census.EstimateDays(first, last, max(truth/20, 300), seed, func(d dicom.Date) int64 { return days[d-first] })
		if low <= float64(truth) && float64(truth) <= high {
			held++
		}
		if mid > 0 {
			width += (high - low) / mid / archives
		}
	}
	t.Logf("%d of %d intervals hold the truth; mean width %.0f %% of the estimate", held, archives, 100*width)
	if held < 930 {
		t.Errorf("%d of %d intervals hold the truth, want at least 930", held, archives)
	}
	if width > 0.5 {
		t.Errorf("intervals are %.0f %% wide on average", 100*width)
	}
}
