package census

import (
	"fmt"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// countPeople counts patients and national identifiers where that was asked
// for and the studies could be counted.
func (c *counter) countPeople() {
	if c.o.CountPatients {
		c.out.patients = c.countPatients()
	}
	if c.o.CountNationalIDs {
		n := c.countNationalIDs()
		c.out.nationalID = &n
	}
}

// countPatients counts patients by a Patient Root query that asks for numbers
// alone. The sum of their studies tells whether the list is whole.
func (c *counter) countPatients() survey.Count {
	const patientSource = "c-find-patient"
	if c.spent() {
		return survey.UnknownCount(c.limit())
	}
	if c.link.client == nil && c.link.connect() != nil {
		return survey.UnknownCount("the archive no longer answers")
	}
	if _, _, ok := c.link.a.Context(dicom.PatientRootFind); !ok {
		return survey.UnknownCount("the archive does not offer Patient Root queries")
	}
	keys := []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "PATIENT"},
		{Tag: dicom.NumberOfPatientRelatedStudies, VR: dicom.IS},
	}
	var patients, studies int64
	ans := c.link.find(dicom.PatientRootFind, keys, func(m dimse.Match) bool {
		c.t.left--
		patients++
		it := m.Elements()
		for it.Next() {
			if it.Tag() == dicom.NumberOfPatientRelatedStudies {
				studies += max(0, readNumber(&it))
			}
		}
		return c.t.left > 0 && !c.stop.Load()
	})
	counted, _ := c.out.studies.Int()
	switch {
	case ans.end == refused || ans.end == declined || patients == 0 && counted > 0:
		return survey.UnknownCount("the archive lists patients only with their IDs, which are not requested")
	case ans.end == complete && studies == counted && c.out.studies.Quality == survey.Exact:
		return survey.ExactCount(patients, patientSource)
	case ans.end == complete:
		return survey.AtLeast(patients, patientSource, "the list of patients could not be checked against the studies")
	}
	return survey.AtLeast(patients, patientSource, ans.why)
}

// countNationalIDs counts the study records whose patient ID has the form of a
// US Social Security number. The archive picks them; a patient ID that comes
// back is compared with the pattern in the receive buffer and nowhere else.
func (c *counter) countNationalIDs() survey.Count {
	const idSource = "c-find-study by patient ID"
	counted, ok := c.out.studies.Int()
	switch {
	case !ok:
		return survey.UnknownCount(c.out.studies.Reason)
	case c.spent():
		return survey.UnknownCount(c.limit())
	case counted == 0:
		return survey.ExactCount(0, idSource)
	case c.anyMatch(window{patient: "LEADGLASS-" + dicom.NewUID()[5:20]}):
		return survey.UnknownCount("the archive ignores the requested patient ID")
	}
	n, why := c.securityNumbers(counted)
	switch {
	case why != "":
		return survey.AtLeast(n, idSource, why)
	case n == 0 && !c.anyMatch(c.someDays("?*")) && !c.anyMatch(window{patient: "?*"}):
		return survey.UnknownCount("the archive does not understand wildcards in patient IDs, or has no IDs")
	case c.out.studies.Quality != survey.Exact:
		return survey.AtLeast(n, idSource, c.out.studies.Reason)
	}
	return survey.ExactCount(n, idSource)
}

// someDays is a window of days on which few studies lie, for patient IDs of a
// pattern that all match: an archive that makes up its whole list before it sends
// any of it has little work with it.
func (c *counter) someDays(id string) window {
	for _, w := range c.t.days.plan(leastPart) {
		if n, ok := c.t.days.in(w); ok && n > 0 && !c.noRanges {
			w.patient = id
			return w
		}
	}
	return window{patient: id}
}

// anyMatch reports whether any study matches the patient ID of w, or the archive
// ignores it. It takes one response.
func (c *counter) anyMatch(w window) bool {
	c.t.begin(w)
	any := false
	c.link.find(c.link.class, c.t.window.keys(c.extra, true), func(dimse.Match) bool {
		any = true
		return false
	})
	return any
}

// securityNumbers counts the records, in one list where the whole list was not
// cut and in windows where it was.
func (c *counter) securityNumbers(counted int64) (n int64, why string) {
	s := newSweeper(c, answer{})
	s.take, s.light = c.t.takePatient, true
	if c.listCap == 0 {
		s.t.leaf.reset()
		s.t.part = sums{}
		ans := s.ask(window{patient: privacy.SSNPattern})
		n = s.t.part.studies
		if ans.end == complete && s.ignored == "" && n <= counted {
			return n, ""
		}
		if ans.end != cut {
			return n, firstOf(s.ignored, ans.why, "more records match than there are studies")
		}
	}
	for _, w := range c.t.days.plan(max(1, c.t.days.n/8)) {
		w.patient = privacy.SSNPattern
		s.visit(w)
	}
	why = s.gap()
	if why == "" && c.out.sums.undated > 0 {
		why = fmt.Sprintf("%d studies have no date", c.out.sums.undated)
	}
	return max(n, s.total.studies), why
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
