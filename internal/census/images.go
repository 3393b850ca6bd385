package census

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"leadglass/internal/survey"
)

// sampleSource is the route by which the images of single studies are counted.
const sampleSource = "c-find-image"

// Limits on the look at single studies.
const (
	// checkedStudies is how many studies have their number of images checked,
	// by listing them.
	checkedStudies = 3
	// checkedImages is the largest number of images that a study to be checked
	// may claim.
	checkedImages = 500
	// listedInFull is how many studies at most all have their images listed, each
	// of which takes a query and one for each series.
	listedInFull = 150
	// estimateFrom is how many studies are looked at for an estimate.
	estimateFrom = 100
)

// imageOutcome is what the count of images came to.
type imageOutcome struct {
	// none says why there is no number at all.
	none string
	// doubt says why the archive's own numbers are not to be used, odd why its
	// lists of images are not.
	doubt, odd string
	// counted is the count by single studies, where that was needed.
	counted *survey.Count
	// checked is how many studies had their images listed.
	checked int
	// strays is how many answers below the level of studies were of others than
	// asked for. unnumbered: series come without their numbers of images.
	// controlled: images of a series that does not exist were asked for.
	strays                 int64
	unnumbered, controlled bool
}

// checkImages makes sure that the archive's numbers of images are usable, and
// counts images study by study where they are not.
func (c *counter) checkImages() {
	out := &c.out
	if out.images.none != "" || out.sums.studies == 0 || len(c.t.sample.members) == 0 {
		return
	}
	members := c.t.sample.members
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.hash, b.hash) })
	if out.sums.unusable < out.sums.studies {
		c.compare(members)
	}
	if out.images.doubt != "" || out.sums.unusable > 0 {
		c.countBySample(members)
	}
}

// compare lists the images of a few studies chosen at random and compares
// their number with what the archive says it is.
func (c *counter) compare(members []member) {
	images, wrong := &c.out.images, 0
	for i := range members {
		m := &members[i]
		if images.checked == checkedStudies || c.spent() {
			break
		}
		if m.images < 0 || m.images > checkedImages {
			continue
		}
		l, ok := c.listImages(m, true)
		if !ok || !l.sure && l.n < m.images {
			break // an archive that does not list images in full cannot be checked
		}
		if images.odd = l.doubt(m.images); images.odd != "" {
			break
		}
		images.checked++
		if l.n != m.images {
			wrong++
		}
	}
	if wrong > 0 {
		images.doubt = fmt.Sprintf("%d of %d studies looked at hold another number of images than the archive says",
			wrong, images.checked)
	}
}

// countBySample counts the images of single studies: of all where they are
// few, else of some, from which the rest is estimated.
func (c *counter) countBySample(members []member) {
	sum := &c.out.sums
	doubt := c.out.images.doubt != ""
	// Where the archive's numbers hold, only studies without one are looked at.
	population, known := sum.studies, int64(0)
	if !doubt {
		population, known = sum.unusable, sum.images
		members = slices.DeleteFunc(slices.Clone(members), func(m member) bool { return m.images >= 0 })
	}
	all := int64(len(members)) == population && (population <= listedInFull || c.o.Verify == VerifyFull)
	if !all {
		members = members[:min(len(members), estimateFrom)]
	}
	strata := [groups]stratum{}
	listed, images, whole, single := 0, int64(0), true, true
	c.t.images.reset()
	for i := range members {
		if c.spent() {
			break
		}
		l, ok := c.listImages(&members[i], doubt)
		if !ok {
			break
		}
		if images += l.n; l.odd != "" {
			c.out.images.odd = l.odd
			break
		}
		whole = whole && l.sure
		single = single && l.single
		listed++
		g := members[i].group
		strata[g].values = append(strata[g].values, float64(l.n))
	}
	if single && listed > 0 && c.out.images.odd == "" {
		// Archives that ignore the level list one image for each series.
		c.out.images.odd = oddAlone
	}
	count := c.sampled(population, known, all, listed, len(members), images, strata)
	if !whole && count.Quality == survey.Exact {
		n, _ := count.Int()
		count = survey.AtLeast(n, sampleSource, "the longest list of images may have been cut without notice")
	}
	c.out.images.counted = &count
}

// sampled makes a count of the images found in listed of wanted studies.
func (c *counter) sampled(population, known int64, all bool, listed, wanted int, images int64, strata [groups]stratum) survey.Count {
	why := c.out.images.doubt
	if why == "" {
		why = fmt.Sprintf("%d studies come without a usable number of images", population)
	}
	switch {
	case c.out.images.odd != "":
		why += ", and its lists of images cannot be counted: " + c.out.images.odd
		if known+images == 0 {
			return survey.UnknownCount(why)
		}
		return survey.AtLeast(known+images, sampleSource, why)
	case all && listed == wanted && c.out.studies.Quality == survey.Exact:
		return survey.ExactCount(known+images, sampleSource)
	case all && listed == wanted:
		return survey.AtLeast(known+images, sampleSource, c.out.studies.Reason)
	case listed < 10:
		if known+images == 0 {
			return survey.UnknownCount(why + ", and the archive does not list the images of single studies")
		}
		return survey.AtLeast(known+images, sampleSource, why)
	}
	e := c.expand(population, strata)
	low := max(known+images, known+int64(math.Floor(e.low)))
	mid := max(low, known+int64(math.Round(e.mid)))
	why = fmt.Sprintf("%s; estimated from %d of them", why, listed)
	if c.out.studies.Quality != survey.Exact {
		why += ", for the studies counted"
	}
	return survey.EstimateOf(mid, low, max(mid, known+int64(math.Ceil(e.high))), confidence, sampleSource, why)
}

// expand estimates the images of population studies. The groups of modalities
// are strata when all studies take part, whose sizes are known; else there is
// one stratum.
func (c *counter) expand(population int64, strata [groups]stratum) interval {
	if population == c.out.sums.studies {
		for g := range strata {
			strata[g].size = c.out.sums.groups[g]
		}
		return estimateTotal(strata[:])
	}
	one := stratum{size: population}
	for _, s := range strata {
		one.values = append(one.values, s.values...)
	}
	return estimateTotal([]stratum{one})
}

// imagesLinked is the count of images.
func (c *counter) imagesLinked() survey.Count {
	out := &c.out
	switch {
	case out.images.none != "":
		return survey.UnknownCount(out.images.none)
	case out.images.counted != nil:
		return *out.images.counted
	case out.estimate != nil:
		return out.estimate.images
	case out.sums.unusable > 0:
		return survey.AtLeast(out.sums.images, source, fmt.Sprintf("%d studies come without a usable number of images", out.sums.unusable))
	case out.studies.Quality != survey.Exact:
		return survey.AtLeast(out.sums.images, source, out.studies.Reason)
	case out.images.odd != "" && out.sums.zero > 0:
		return survey.AtLeast(out.sums.images, source, fmt.Sprintf("%d studies are said to have no image, and the archive's lists of images cannot be counted: %s",
			out.sums.zero, out.images.odd))
	}
	return survey.ExactCount(out.sums.images, source)
}

// imagesAccessible is the part of linked that an open route hands out: images
// of studies that are at hand.
func (c *counter) imagesAccessible(linked survey.Count) survey.Count {
	n, ok := linked.Int()
	switch {
	case c.o.RoutesUnknown != "":
		return survey.UnknownCount(c.o.RoutesUnknown)
	case len(c.o.Routes) == 0:
		return survey.ExactCount(0, "no open retrieval route")
	case !ok:
		return linked
	case c.out.estimate != nil && c.out.images.counted == nil:
		return c.out.estimate.accessible
	case c.out.images.counted == nil:
		linked.Value = &c.out.sums.accessible
		return linked
	case c.out.sums.away == 0:
		return linked
	}
	// The images were counted study by study, in studies at hand and others
	// alike: their share is taken from the studies.
	at := c.out.sums.studies - c.out.sums.away
	share := func(n int64) int64 { return int64(float64(n) * float64(at) / float64(c.out.sums.studies)) }
	return survey.EstimateOf(share(n), 0, n, confidence, sampleSource,
		fmt.Sprintf("%d of %d studies are at hand; how many of the images is taken from their share", at, c.out.sums.studies))
}
