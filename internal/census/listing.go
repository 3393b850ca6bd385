package census

import (
	"leadglass/dicom"
	"leadglass/dicom/dimse"
)

// Limits on listing the images of one study.
const (
	// maxSeries and maxListed bound what is listed of one study.
	maxSeries = 64
	maxListed = 5000
	// maxStrays is how many answers of other studies, series or levels are
	// received in a whole count before no more images are listed.
	maxStrays = 10_000
)

// listing is what listing the images of a study came to.
type listing struct {
	// n is the number of images that count: the answer says IMAGE, names the
	// study and the series asked for, and a SOP instance UID that no other
	// series had.
	n int64
	// stated is the sum of the archive's numbers by series, -1 where one is
	// missing.
	stated int64
	// sure: no cap can have cut a list. single: no series has more than one
	// image.
	sure, single bool
	// odd says why the lists of the archive are no lists of images; empty where
	// they are.
	odd string
}

// doubt says why the list does not disprove the archive's own number of images
// of the study; empty where it does, or confirms it.
func (l *listing) doubt(own int64) string {
	switch {
	case l.n == own:
		return ""
	case l.odd == "" && l.n < own && l.single && (l.stated < 0 || l.stated == own):
		return oddSingle
	}
	return l.odd
}

// The reasons why lists are no lists of images.
const (
	oddSingle = "it lists one image of each series, and says that there are more"
	oddLevel  = "it ignores the level of a query"
	oddParent = "it does not say of which study and series an image is"
	oddAlone  = "each series is listed with one image, which no number of the archive confirms"
	oddImage  = "it lists the same images for several series"
	oddSeries = "it lists images of a series that does not exist"
)

// place is where an answer says that it belongs: parts of the receive buffer.
type place struct {
	level, study, series, image []byte
	number                      int64
	malformed                   bool
}

func (p *place) read(m dimse.Match) {
	*p = place{number: noImages}
	it := m.Elements()
	for it.Next() {
		switch it.Tag() {
		case dicom.QueryRetrieveLevel:
			p.level = trimUID(it.Value())
		case dicom.StudyInstanceUID:
			p.study = trimUID(it.Value())
		case dicom.SeriesInstanceUID:
			p.series = trimUID(it.Value())
		case dicom.SOPInstanceUID:
			p.image = trimUID(it.Value())
		case dicom.NumberOfSeriesRelatedInstances:
			p.number = readNumber(&it)
		}
	}
	p.malformed = it.Err() != nil
}

// seriesList is what the series of one study showed.
type seriesList struct {
	n       int
	lengths [maxSeries]uint8
	uids    [maxSeries][maxUID]byte
	images  [maxSeries]int64
	odd     string
}

// uid is the UID of a series.
func (l *seriesList) uid(i int) []byte { return l.uids[i][:l.lengths[i]] }

// has reports whether a series is in the list.
func (l *seriesList) has(uid []byte) bool {
	for i := range l.n {
		if string(l.uid(i)) == string(uid) {
			return true
		}
	}
	return false
}

// listImages counts the images of a study, series by series: by the numbers
// that the archive gives of its series or, where it gives none or deep is set,
// by listing them. ok is false when they cannot be listed, or not to the end.
func (c *counter) listImages(m *member, deep bool) (l listing, ok bool) {
	var list seriesList
	defer clear(list.uids[:])
	study := string(m.uid[:m.length])
	ans := c.listSeries(study, &list)
	if list.odd == "" && (ans.end != complete || list.n == 0 || c.cutAt(ans.raw)) {
		return l, false
	}
	l = listing{sure: c.unbounded(ans.raw), single: true, odd: list.odd}
	if l.odd == "" && !c.out.images.controlled && (deep || list.images[0] < 0) {
		// An archive that ignores what is asked for has images of any series.
		c.out.images.controlled = true
		var none listing
		if none, ok = c.listOne(study, dicom.NewUID()); ok && none.n > 0 {
			l.odd = oddSeries
		}
	}
	for i := 0; i < list.n && l.odd == ""; i++ {
		if l.stated >= 0 {
			l.stated += list.images[i]
		}
		if list.images[i] < 0 {
			l.stated = noImages
		}
		if list.images[i] >= 0 && !deep {
			l.n += list.images[i]
			l.single = false // the archive's own number
			continue
		}
		one, ok := c.listOne(study, string(list.uid(i)))
		if !ok {
			return l, false
		}
		l.n += one.n
		l.single = l.single && one.n <= 1
		l.sure = l.sure && (one.sure || one.n == list.images[i])
		l.odd = one.odd
	}
	return l, true
}

// keysBelow are the keys of a query below the level of studies. Where a query
// for studies had to name any patient, this one does.
func (c *counter) keysBelow(level, study string, further ...dimse.Key) []dimse.Key {
	keys := append([]dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: level},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI, Value: study},
	}, further...)
	if c.extra&namedExtra != 0 {
		keys = append(keys, dimse.Key{Tag: dicom.PatientName, VR: dicom.PN, Value: "*"})
	}
	if c.extra&identifiedExtra != 0 {
		keys = append(keys, dimse.Key{Tag: dicom.PatientID, VR: dicom.LO, Value: "*"})
	}
	return keys
}

// listSeries lists the series of a study, without their numbers of images where
// the archive declines to give them.
func (c *counter) listSeries(study string, list *seriesList) answer {
	number := dimse.Key{Tag: dicom.NumberOfSeriesRelatedInstances, VR: dicom.IS}
	keys := c.keysBelow("SERIES", study, dimse.Key{Tag: dicom.SeriesInstanceUID, VR: dicom.UI})
	take := func(m dimse.Match) bool { return c.takeSeries(m, study, list) }
	if !c.out.images.unnumbered {
		ans := c.link.find(c.link.class, append(keys, number), take)
		if ans.end != declined {
			return ans
		}
		c.out.images.unnumbered = true
	}
	return c.link.find(c.link.class, keys, take)
}

func (c *counter) takeSeries(m dimse.Match, study string, list *seriesList) bool {
	var p place
	p.read(m)
	c.t.left--
	switch {
	case list.n == maxSeries, c.t.left <= 0, c.stop.Load(), p.malformed:
		return false
	case string(p.level) != "SERIES":
		list.odd = oddLevel
	case len(p.study) == 0, len(p.series) == 0, len(p.series) > maxUID:
		list.odd = oddParent
	case string(p.study) != study:
		c.out.images.strays++
	case !list.has(p.series):
		list.lengths[list.n] = uint8(copy(list.uids[list.n][:], p.series))
		list.images[list.n] = p.number
		list.n++
	}
	return list.odd == "" && c.out.images.strays < maxStrays
}

// listOne counts the images of a series by listing them. ok is false when the
// list did not come to its end.
func (c *counter) listOne(study, series string) (l listing, ok bool) {
	keys := c.keysBelow("IMAGE", study, dimse.Key{Tag: dicom.SeriesInstanceUID, VR: dicom.UI, Value: series},
		dimse.Key{Tag: dicom.SOPInstanceUID, VR: dicom.UI})
	c.t.leaf.reset()
	ans := c.link.find(c.link.class, keys, func(m dimse.Match) bool {
		c.takeImage(m, study, series, &l)
		c.t.left--
		return l.odd == "" && l.n < maxListed && c.out.images.strays < maxStrays && c.t.left > 0 && !c.stop.Load()
	})
	l.sure = c.unbounded(ans.raw)
	return l, l.odd != "" || ans.end == complete && !c.cutAt(ans.raw)
}

// takeImage counts an answer that is an image of the series asked for.
func (c *counter) takeImage(m dimse.Match, study, series string, l *listing) {
	var p place
	p.read(m)
	switch {
	case string(p.level) != "IMAGE":
		l.odd = oddLevel
	case len(p.study) == 0, len(p.series) == 0, len(p.image) == 0:
		l.odd = oddParent
	case string(p.study) != study, string(p.series) != series:
		c.out.images.strays++
	default:
		h := c.o.SketchKey.Hash(p.image)
		switch {
		case !c.t.leaf.insert(h): // the same image once more
		case !c.t.images.insert(h):
			l.odd = oddImage
		default:
			l.n++
		}
	}
}

// unbounded reports whether a list of n is shorter than another list of the
// archive, so that no cap can have cut it.
func (c *counter) unbounded(n int64) bool { return n < smallestCap || n < c.link.longestList }

// cutAt reports whether a list of n may have been cut: it is as long as the
// archive's whole list was when that was cut.
func (c *counter) cutAt(n int64) bool { return c.listCap > 0 && n >= c.listCap }
