package census

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
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
	// estimateFrom is how many studies are looked at for an estimate.
	estimateFrom = 100
	// maxSeries and maxListed bound what is listed of one study.
	maxSeries = 64
	maxListed = 5000
)

// imageOutcome is what the count of images came to.
type imageOutcome struct {
	// none says why there is no number at all.
	none string
	// doubt says why the archive's own numbers are not to be used.
	doubt string
	// counted is the count by single studies, where that was needed.
	counted *survey.Count
	// checked is how many studies had their images listed.
	checked int
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
	wrong := 0
	for i := range members {
		if c.out.images.checked == checkedStudies || c.spent() {
			break
		}
		m := &members[i]
		if m.images < 0 || m.images > checkedImages {
			continue
		}
		n, sure, ok := c.listImages(m, true)
		if !ok || !sure && n < m.images {
			break // an archive that does not list images in full cannot be checked
		}
		c.out.images.checked++
		if n != m.images {
			wrong++
		}
	}
	if wrong > 0 {
		c.out.images.doubt = fmt.Sprintf("%d of %d studies looked at hold another number of images than the archive says",
			wrong, c.out.images.checked)
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
	all := int64(len(members)) == population
	if !all {
		members = members[:min(len(members), estimateFrom)]
	}
	strata := [groups]stratum{}
	listed, images, whole := 0, int64(0), true
	for i := range members {
		if c.spent() {
			break
		}
		n, sure, ok := c.listImages(&members[i], doubt)
		if !ok {
			break
		}
		whole = whole && sure
		listed++
		images += n
		g := members[i].group
		strata[g].values = append(strata[g].values, float64(n))
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

// seriesList is what the series of one study showed.
type seriesList struct {
	n       int
	lengths [maxSeries]uint8
	uids    [maxSeries][maxUID]byte
	images  [maxSeries]int64
}

// has reports whether a series is in the list.
func (l *seriesList) has(uid []byte) bool {
	for i := range l.n {
		if string(l.uids[i][:l.lengths[i]]) == string(uid) {
			return true
		}
	}
	return false
}

// listImages counts the images of a study, series by series: by the numbers
// that the archive gives of its series or, where it gives none or deep is set,
// by listing them. ok is false when they cannot be listed, or not to the end;
// sure is false when a list may have been cut without notice.
func (c *counter) listImages(m *member, deep bool) (n int64, sure, ok bool) {
	var list seriesList
	defer clear(list.uids[:])
	study := string(m.uid[:m.length])
	keys := []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "SERIES"},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI, Value: study},
		{Tag: dicom.SeriesInstanceUID, VR: dicom.UI},
		{Tag: dicom.NumberOfSeriesRelatedInstances, VR: dicom.IS},
	}
	ans := c.link.find(c.link.class, keys, func(m dimse.Match) bool { return c.takeSeries(m, &list) })
	if ans.end != complete || list.n == 0 || c.cutAt(ans.raw) {
		return 0, false, false
	}
	sure = c.unbounded(ans.raw)
	for i := range list.n {
		if list.images[i] >= 0 && !deep {
			n += list.images[i]
			continue
		}
		images, long, ok := c.listSeries(study, string(list.uids[i][:list.lengths[i]]))
		if !ok {
			return 0, false, false
		}
		n += images
		sure = sure && (long || images == list.images[i])
	}
	return n, sure, true
}

// listSeries counts the images of a series by listing them.
func (c *counter) listSeries(study, series string) (n int64, sure, ok bool) {
	keys := []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "IMAGE"},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI, Value: study},
		{Tag: dicom.SeriesInstanceUID, VR: dicom.UI, Value: series},
		{Tag: dicom.SOPInstanceUID, VR: dicom.UI},
	}
	c.t.leaf.reset()
	ans := c.link.find(c.link.class, keys, func(m dimse.Match) bool {
		if c.takeImage(m) {
			n++
		}
		c.t.left--
		return n < maxListed && c.t.left > 0 && !c.stop.Load()
	})
	return n, c.unbounded(ans.raw), ans.end == complete && !c.cutAt(ans.raw)
}

// unbounded reports whether a list of n is shorter than another list of the
// archive, so that no cap can have cut it.
func (c *counter) unbounded(n int64) bool { return n < smallestCap || n < c.link.longestList }

// takeImage reports whether a response is of an image not listed before.
func (c *counter) takeImage(m dimse.Match) bool {
	it := m.Elements()
	for it.Next() {
		if it.Tag() == dicom.SOPInstanceUID {
			return c.t.leaf.insert(c.o.SketchKey.Hash(trimUID(it.Value())))
		}
	}
	return true
}

// cutAt reports whether a list of n may have been cut: it is as long as the
// archive's whole list was when that was cut.
func (c *counter) cutAt(n int64) bool { return c.listCap > 0 && n >= c.listCap }

func (c *counter) takeSeries(m dimse.Match, list *seriesList) bool {
	c.t.left--
	if list.n == maxSeries || c.t.left <= 0 || c.stop.Load() {
		return false
	}
	i := list.n
	list.images[i] = noImages
	it := m.Elements()
	for it.Next() {
		switch it.Tag() {
		case dicom.SeriesInstanceUID:
			uid := trimUID(it.Value())
			if len(uid) == 0 || len(uid) > maxUID {
				return false
			}
			list.lengths[i] = uint8(copy(list.uids[i][:], uid))
		case dicom.NumberOfSeriesRelatedInstances:
			list.images[i] = readNumber(it.Value(), it.VR())
		}
	}
	if list.lengths[i] > 0 && !list.has(list.uids[i][:list.lengths[i]]) {
		list.n++
	}
	return it.Err() == nil
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
