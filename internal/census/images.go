package census

import "leadglass/internal/survey"

// imageOutcome is what the count of images came to.
type imageOutcome struct {
	// none says why there is no number at all.
	none string
	// doubt says why the archive's own numbers are not to be trusted.
	doubt string
}

// imagesLinked is the count of images.
func (c *counter) imagesLinked() survey.Count {
	out := &c.out
	switch {
	case out.images.none != "":
		return survey.UnknownCount(out.images.none)
	case out.sums.unusable > 0:
		return survey.AtLeast(out.sums.images, source, "some studies come without a usable number of images")
	case out.studies.Quality != survey.Exact:
		return survey.AtLeast(out.sums.images, source, out.studies.Reason)
	}
	return survey.ExactCount(out.sums.images, source)
}

// imagesAccessible is the part of linked that an open route hands out.
func (c *counter) imagesAccessible(linked survey.Count) survey.Count {
	switch {
	case c.o.RoutesUnknown != "":
		return survey.UnknownCount(c.o.RoutesUnknown)
	case len(c.o.Routes) == 0:
		return survey.ExactCount(0, "no open retrieval route")
	}
	n, ok := linked.Int()
	if !ok {
		return linked
	}
	_ = n
	linked.Value = &c.out.sums.accessible
	return linked
}

func (c *counter) checkImages() {}

func (c *counter) countPeople() {}
