package lab

import (
	"errors"
	"fmt"
	"math"

	"leadglass/dicom"
	"leadglass/internal/lab/content"
)

// defaultSkew makes the largest of a hundred archives hold about six per cent
// of their studies.
const defaultSkew = 0.6

// specs splits a group's contents over its archives; nil where it has none.
// Every sum over the archives is exact.
func (f *Fleet) specs(g *Group, p *persona) ([]content.Spec, error) {
	c := g.Contents
	if c == nil || c.SameAs.IsValid() {
		return nil, nil
	}
	whole, err := f.spec(g, p)
	if err != nil {
		return nil, err
	}
	if g.Count == 1 {
		return []content.Spec{whole}, nil
	}
	if len(whole.Bursts) > 0 {
		return nil, errors.New("days in the contents of a group; give that archive an entry of its own")
	}
	specs := make([]content.Spec, g.Count)
	w := weights(g)
	for i := range specs {
		specs[i].First, specs[i].Last, specs[i].QA = whole.First, whole.Last, whole.QA
	}
	// Every archive that has any online study at all has one of its own.
	least := min(whole.Online.Studies, 1)
	if whole.Online.Studies < least*int64(g.Count) {
		return nil, fmt.Errorf("%d studies on line for %d archives", whole.Online.Studies, g.Count)
	}
	for i, n := range split(whole.Online.Studies-least*int64(g.Count), w) {
		specs[i].Online.Studies = least + n
	}
	for i, n := range split(whole.Offline.Studies, w) {
		specs[i].Offline.Studies = n
	}
	splitPart(specs, whole.Online, func(s *content.Spec) *content.Part { return &s.Online })
	splitPart(specs, whole.Offline, func(s *content.Spec) *content.Part { return &s.Offline })
	studies := make([]int64, g.Count)
	for i := range specs {
		studies[i] = specs[i].Studies()
	}
	for i, n := range split(whole.SSN, studies) {
		specs[i].SSN = n
	}
	for i, n := range split(whole.Undated, studies) {
		specs[i].Undated = n
	}
	return specs, nil
}

// splitPart shares out the images of one part by its studies, at least one
// image a study.
func splitPart(specs []content.Spec, whole content.Part, part func(*content.Spec) *content.Part) {
	studies := make([]int64, len(specs))
	for i := range specs {
		studies[i] = part(&specs[i]).Studies
	}
	for i, n := range split(whole.Images-whole.Studies, studies) {
		part(&specs[i]).Images = studies[i] + n
	}
}

// weights are the archives' shares: n^-skew.
func weights(g *Group) []int64 {
	skew := defaultSkew
	if g.Contents.Skew != nil {
		skew = *g.Contents.Skew
	}
	w := make([]int64, g.Count)
	for i := range w {
		w[i] = max(1, int64(math.Round(1e6*math.Pow(float64(i+1), -skew))))
	}
	return w
}

// split shares total out by weights: the parts before the i-th are
// floor(total*share of the weights before), so the parts add up to total. The
// part of a weight 0 is 0. When all weights are 0 so are the parts.
func split(total int64, weights []int64) []int64 {
	out := make([]int64, len(weights))
	var sum, before, given int64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return out
	}
	for i, w := range weights {
		before += w
		upTo := shareOf(total, before, sum)
		out[i] = upTo - given
		given = upTo
	}
	return out
}

// spec is the specification of a group's contents as if they were one
// archive's.
func (f *Fleet) spec(g *Group, p *persona) (content.Spec, error) {
	c := g.Contents
	var s content.Spec
	dates := f.File.Dates
	if c.Dates != nil {
		dates = *c.Dates
	}
	var err error
	if s.First, err = dates.First.Date(); err != nil {
		return s, err
	}
	if s.Last, err = dates.Last.Date(); err != nil {
		return s, err
	}
	accessible := c.ImagesLinked
	if c.ImagesAccessible != nil {
		accessible = *c.ImagesAccessible
	}
	switch {
	case c.Studies < 0 || c.ImagesLinked < c.Studies:
		return s, fmt.Errorf("%d images in %d studies", c.ImagesLinked, c.Studies)
	case accessible < 0 || accessible > c.ImagesLinked:
		return s, fmt.Errorf("%d images accessible of %d", accessible, c.ImagesLinked)
	case accessible < c.ImagesLinked && !p.availability:
		return s, fmt.Errorf("persona %q does not say which images are on line, so all of them are accessible", g.Persona)
	}
	if s.Online, s.Offline, err = parts(c.Studies, c.ImagesLinked, accessible); err != nil {
		return s, err
	}
	s.SSN, s.Undated, s.QA = c.SSNRecords, c.Undated, c.QA
	for _, d := range c.Days {
		var day dicom.Date
		if day, err = d.Date.Date(); err != nil {
			return s, err
		}
		s.Bursts = append(s.Bursts, content.Burst{Date: day, Studies: d.Studies})
	}
	return s, nil
}

// parts divides studies into those on line and those not, in proportion to
// their images, so that both parts have at least one image a study.
func parts(studies, linked, accessible int64) (online, offline content.Part, err error) {
	online.Images, offline.Images = accessible, linked-accessible
	if linked == 0 {
		return online, offline, nil
	}
	n := shareOf(studies, offline.Images, linked)
	low := max(0, studies-online.Images)
	high := min(offline.Images, studies)
	if offline.Images > 0 {
		low = max(low, 1)
	}
	if online.Images > 0 {
		high = min(high, studies-1)
		if offline.Images == 0 {
			high = 0
		}
	}
	if low > high {
		return online, offline, fmt.Errorf("%d studies with %d images on line and %d off line do not work out",
			studies, online.Images, offline.Images)
	}
	offline.Studies = min(max(n, low), high)
	online.Studies = studies - offline.Studies
	return online, offline, nil
}
