package examine

import (
	"fmt"
	"strings"
	"testing"

	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// service is a count of the studies from one number up to another.
func service(port uint16, from, to int, studies survey.Count) countedService {
	c := countedService{service: &survey.Service{Port: port}, counts: survey.Counts{Studies: studies,
		ImagesLinked: studies, ImagesAccessible: studies, Patients: survey.UnknownCount("not asked")}}
	if to > from {
		key := privacy.KeyFrom([16]byte{1})
		c.sketch = privacy.NewSketch()
		for i := from; i < to; i++ {
			c.sketch.AddHash(key.Hash(fmt.Append(nil, i)))
		}
	}
	return c
}

func TestJoinCounts(t *testing.T) {
	t.Parallel()
	exact := func(n int64) survey.Count { return survey.ExactCount(n, "c-find-study") }
	bound := func(n int64) survey.Count { return survey.AtLeast(n, "c-find-study", "cut") }
	estimate := func(n int64) survey.Count {
		return survey.EstimateOf(n, n-3, n+4, 0.95, "c-find-study", "sampled")
	}
	unknown := survey.UnknownCount("refused")
	for name, c := range map[string]struct {
		counted []countedService
		short   string
		want    string
		reason  string
	}{
		"one":                     {[]countedService{service(104, 0, 12, exact(12))}, "", "12", ""},
		"two apart":               {[]countedService{service(104, 0, 12, exact(12)), service(11112, 12, 17, exact(5))}, "", "17", "different archives"},
		"a part of the other":     {[]countedService{service(104, 2, 7, exact(5)), service(11112, 0, 12, exact(12))}, "", "12", "same archive"},
		"an empty one":            {[]countedService{service(104, 0, 0, exact(0)), service(11112, 0, 12, exact(12))}, "", "12", "same archive"},
		"cut, then whole":         {[]countedService{service(104, 0, 5, bound(5)), service(2762, 0, 12, exact(12))}, "", "12", "same archive"},
		"whole, and more seen":    {[]countedService{service(104, 0, 12, bound(12)), service(2762, 0, 5, exact(5))}, "", "at least 12", "cut"},
		"cut beside another":      {[]countedService{service(104, 0, 5, bound(5)), service(2762, 20, 32, exact(12))}, "", "at least 17", "cut"},
		"cut and cut, apart":      {[]countedService{service(104, 0, 5, bound(5)), service(2762, 20, 32, bound(12))}, "", "at least 12", "cannot be distinguished"},
		"estimates":               {[]countedService{service(104, 0, 40, estimate(40)), service(2762, 50, 60, exact(10))}, "", "about 50 (47 to 54)", "sampled"},
		"overlapping":             {[]countedService{service(104, 0, 100, exact(100)), service(2762, 50, 170, exact(120))}, "", "at least 120", "partly the same"},
		"one failed":              {[]countedService{service(104, 0, 0, unknown), service(2762, 0, 12, exact(12))}, "", "at least 12", "port 104 could not be counted (refused)"},
		"all failed":              {[]countedService{service(104, 0, 0, unknown), service(2762, 0, 0, unknown)}, "", "unknown", "refused"},
		"more than were counted":  {[]countedService{service(104, 0, 12, exact(12))}, "the budget of the host was used up", "at least 12", "budget"},
		"one, two, and the first": {[]countedService{service(104, 0, 12, exact(12)), service(2762, 12, 17, exact(5)), service(4242, 0, 12, exact(12))}, "", "17", "12 at ports 104 and 4242, 5 at port 2762"},
	} {
		h := joinCounts(c.counted, c.short)
		for _, n := range []survey.Count{h.counts.Studies, h.counts.ImagesLinked, h.counts.ImagesAccessible} {
			if n.String() != c.want || n.Validate() != nil {
				t.Errorf("%s: %s (%v), want %s", name, n, n.Validate(), c.want)
			}
		}
		if got := h.counts.Studies.Reason; !strings.Contains(got, c.reason) || c.reason == "" && got != "" {
			t.Errorf("%s: reason %q, want %q", name, got, c.reason)
		}
	}
}

// TestJoinCrossCheck: what a web service says of one archive is not held
// against the sum of two, and proves nothing of an archive that was left out.
func TestJoinCrossCheck(t *testing.T) {
	t.Parallel()
	of := func(c countedService, product string) countedService {
		c.service.Product = survey.Product{Name: product, Confidence: survey.Certain}
		return c
	}
	n := survey.ExactCount(12, "orthanc-statistics")
	numbers := survey.Counts{Studies: n, ImagesLinked: n, ImagesAccessible: n, Patients: n}
	web := &survey.Service{Port: 8042, Product: survey.Product{Name: "Orthanc", Confidence: survey.Certain}}
	first := of(service(104, 0, 12, survey.AtLeast(12, "c-find-study", "cut")), "Orthanc")
	h := joinCounts([]countedService{first, of(service(11112, 20, 25, survey.ExactCount(5, "c-find-study")), "DCMTK")}, "")
	if got := h.crossCheck(numbers, web).Studies; got.String() != "17" || !strings.Contains(got.Reason, "orthanc-statistics says the same") {
		t.Errorf("two archives: %s (%s), want 17", got, got.Reason)
	}
	h = joinCounts([]countedService{first}, "the budget of the host was used up")
	if got := h.crossCheck(numbers, web).Studies; got.String() != "at least 12" {
		t.Errorf("another one left out: %s, want at least 12", got)
	}
}
