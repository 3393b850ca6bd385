package examine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"leadglass/internal/census/webcount"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// hostCounts are the counts of a host, archive by archive.
type hostCounts struct {
	counts   survey.Counts
	sketch   []byte
	archives []countedArchive
	// short says why there may be more than was counted; empty where not.
	short string
}

// countedArchive is one archive with the services that lead to it.
type countedArchive struct {
	services []countedService
	counts   survey.Counts
	sketch   *privacy.Sketch
}

// joinCounts makes the host's counts of those of its services. The keyed
// sketches of their studies tell which of them lead to the same archive, whose
// best count is kept, and which to others, whose counts are added up. Where
// that cannot be told, the largest is a lower bound. short is why services
// were left out.
func joinCounts(counted []countedService, short string) hostCounts {
	h := hostCounts{short: short}
	var failed []countedService
	for _, c := range counted {
		if _, ok := c.counts.Studies.Int(); !ok {
			failed = append(failed, c)
		} else if unclear := h.place(c); unclear != "" {
			h.note(unclear)
		}
	}
	if len(h.archives) == 0 { // no number at all: as the first says
		h.archives = []countedArchive{archiveOf(failed[0])}
		failed = nil
	}
	if len(failed) > 0 {
		h.note(fmt.Sprintf("%s could not be counted (%s)", portsOf(failed), failed[0].counts.Studies.Reason))
	}
	if sketch := h.union(); sketch != nil {
		h.sketch, _ = sketch.Bytes() // never fails for a sketch of one key
	}
	h.sum()
	return h
}

func archiveOf(c countedService) countedArchive {
	return countedArchive{services: []countedService{c}, counts: c.counts, sketch: c.sketch}
}

// note adds a reason why there may be more than was counted.
func (h *hostCounts) note(why string) {
	if h.short != "" {
		why = h.short + "; " + why
	}
	h.short = why
}

// place puts a count to the archive that it is of, or makes it one of its own.
// It says why when that cannot be told; of the two the larger is kept then.
func (h *hostCounts) place(c countedService) (unclear string) {
	for i := range h.archives {
		a := &h.archives[i]
		switch a.relation(c) {
		case privacy.Within:
			a.join(c)
			return ""
		case privacy.Unclear:
			unclear = fmt.Sprintf("%s show studies that are partly the same, or cannot be distinguished: the larger count is used for both",
				portsOf(append(slices.Clone(a.services), c)))
			if c.counts.Studies.Least() > a.counts.Studies.Least() {
				*a = archiveOf(c)
			}
			return unclear
		}
	}
	h.archives = append(h.archives, archiveOf(c))
	return ""
}

// relation tells how the studies of a count lie to those of an archive. Lists
// both of which are known in part tell nothing by having no study in common.
func (a *countedArchive) relation(c countedService) privacy.Overlap {
	if c.sketch == nil || a.sketch == nil { // no study was seen
		if c.counts.Studies.Quality == survey.Exact || a.counts.Studies.Quality == survey.Exact {
			return privacy.Within
		}
		return privacy.Unclear
	}
	o, err := a.sketch.Overlap(c.sketch)
	if err != nil || o == privacy.Apart && a.counts.Studies.Quality != survey.Exact && c.counts.Studies.Quality != survey.Exact {
		return privacy.Unclear
	}
	return o
}

// join adds another way to the same archive: the better count is kept, and the
// most that either hands out.
func (a *countedArchive) join(c countedService) {
	a.services = append(a.services, c)
	reachable := a.counts.ImagesAccessible
	if c.counts.ImagesAccessible.Least() > reachable.Least() {
		reachable = c.counts.ImagesAccessible
	}
	if better(c.counts.Studies, a.counts.Studies) {
		a.counts = c.counts
	}
	a.counts.ImagesAccessible = reachable
	switch {
	case a.sketch == nil:
		a.sketch = c.sketch
	case c.sketch != nil && c.sketch.Estimate() > a.sketch.Estimate():
		a.sketch = c.sketch
	}
}

// better reports whether x says more of an archive than y: the larger of two
// counts of one quality, and an exact one unless the other has seen more.
func better(x, y survey.Count) bool {
	switch {
	case x.Quality == survey.Exact && y.Quality != survey.Exact:
		return x.Least() >= y.Least()
	case x.Quality != survey.Exact && y.Quality == survey.Exact:
		return x.Least() > y.Least()
	}
	return x.Least() > y.Least()
}

// union is the sketch of all archives' studies; nil where none were seen.
func (h *hostCounts) union() *privacy.Sketch {
	var all *privacy.Sketch
	for _, a := range h.archives {
		if a.sketch == nil {
			continue
		}
		if all == nil {
			all = privacy.NewSketch()
		}
		if all.Merge(a.sketch) != nil { // not of one key: nothing can be said
			return nil
		}
	}
	return all
}

// sum makes the host's counts of those of its archives.
func (h *hostCounts) sum() {
	h.counts = sumOf(h.archives)
	if len(h.archives) > 1 {
		var parts []string
		for _, a := range h.archives {
			parts = append(parts, fmt.Sprintf("%s at %s", a.counts.Studies, portsOf(a.services)))
		}
		h.counts.Studies = h.counts.Studies.Because("different archives, added up: " + strings.Join(parts, ", "))
	} else if a := h.archives[0]; len(a.services) > 1 {
		h.counts.Studies = h.counts.Studies.Because(portsOf(a.services) + " lead to the same archive, which is counted once")
	}
	if h.short == "" {
		return
	}
	c := &h.counts
	for _, n := range []*survey.Count{&c.Studies, &c.ImagesLinked, &c.ImagesAccessible, &c.Patients} {
		*n = n.Bound(h.short)
	}
	if c.NationalIDs != nil {
		n := c.NationalIDs.Bound(h.short)
		c.NationalIDs = &n
	}
}

// crossCheck compares with what a number-only route of a web service says, for
// the one archive that it may be of; where that cannot be told, it is left out.
func (h *hostCounts) crossCheck(numbers survey.Counts, web *survey.Service) survey.Counts {
	candidates := slices.Collect(func(yield func(int) bool) {
		for i, a := range h.archives {
			may := func(c countedService) bool { return len(h.archives) == 1 || mayBelong(c.service, web) }
			if slices.ContainsFunc(a.services, may) && !yield(i) {
				return
			}
		}
	})
	if len(candidates) == 1 {
		a := &h.archives[candidates[0]]
		a.counts = webcount.CrossCheck(a.counts, numbers)
		h.sum()
	}
	return h.counts
}

// sumOf adds the counts of different archives up.
func sumOf(archives []countedArchive) survey.Counts {
	sum := archives[0].counts
	if len(archives) == 1 {
		return sum
	}
	plus := func(part func(*survey.Counts) *survey.Count) survey.Count {
		var parts []survey.Count
		for i := range archives {
			if c := part(&archives[i].counts); c != nil {
				parts = append(parts, *c)
			}
		}
		return parts[0].Plus(parts[1:]...)
	}
	sum.Studies = plus(func(c *survey.Counts) *survey.Count { return &c.Studies })
	sum.ImagesLinked = plus(func(c *survey.Counts) *survey.Count { return &c.ImagesLinked })
	sum.ImagesAccessible = plus(func(c *survey.Counts) *survey.Count { return &c.ImagesAccessible })
	sum.Patients = plus(func(c *survey.Counts) *survey.Count { return &c.Patients })
	if slices.ContainsFunc(archives, func(a countedArchive) bool { return a.counts.NationalIDs != nil }) {
		n := plus(func(c *survey.Counts) *survey.Count { return c.NationalIDs })
		sum.NationalIDs = &n
	}
	for _, a := range archives[1:] {
		sum.Duplicates = survey.AddCapped(sum.Duplicates, a.counts.Duplicates)
		sum.Years, sum.Modalities = addMaps(sum.Years, a.counts.Years), addMaps(sum.Modalities, a.counts.Modalities)
	}
	return sum
}

// addMaps adds numbers by key; of two archives one of which gave none, nothing
// can be said.
func addMaps(a, b map[string]int64) map[string]int64 {
	if a == nil || b == nil {
		return nil
	}
	sum := maps.Clone(a)
	for k, n := range b {
		sum[k] = survey.AddCapped(sum[k], n)
	}
	return sum
}
