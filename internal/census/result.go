package census

import (
	"strconv"

	"leadglass/internal/survey"
)

// result puts the outcome into the form of a finding.
func (c *counter) result() Result {
	out := &c.out
	r := Result{
		Associations: c.link.opened, Queries: c.link.queries, Responses: c.link.responses,
		Answered: c.link.answered, LongestQuery: c.link.longest,
		EchoBefore: median(c.link.pace.before), EchoDuring: median(c.link.pace.during),
		Incomplete: out.incomplete,
	}
	r.Counts = survey.Counts{
		Studies: out.studies, Patients: out.patients, NationalIDs: out.nationalID,
		Duplicates: out.duplicates,
	}
	r.Counts.ImagesLinked = c.imagesLinked()
	r.Counts.ImagesAccessible = c.imagesAccessible(r.Counts.ImagesLinked)
	if out.sums.studies > 0 {
		// Of an estimate the studies seen are no fair picture.
		if out.estimate == nil {
			r.Counts.Years, r.Counts.Modalities = out.sums.yearMap(), out.sums.modalityMap()
		}
		if b, err := c.t.sketch.Bytes(); err == nil {
			r.Sketch = b
		}
	}
	return r
}

// yearMap is the number of studies by year; "none" without a usable date,
// "other" for years that no study can be of.
func (s *sums) yearMap() map[string]int64 {
	m := map[string]int64{}
	for i, n := range s.years[:farYears] {
		if n > 0 {
			m[strconv.Itoa(yearsFrom+i)] = n
		}
	}
	if s.years[farYears] > 0 {
		m["other"] = s.years[farYears]
	}
	if s.undated > 0 {
		m["none"] = s.undated
	}
	return m
}

// modalityMap is the number of studies that name a modality.
func (s *sums) modalityMap() map[string]int64 {
	m := map[string]int64{}
	for i, n := range s.modalities {
		if n > 0 {
			m[modalityCodes[i].code] = n
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}
