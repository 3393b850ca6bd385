package lab

import (
	"slices"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/lab/content"
)

// objection returns the status with which the product turns down a query, or
// success.
func (a *Archive) objection(q *query, sopClass string) dimse.Status {
	quirks := a.quirks()
	patientRoot := sopClass == dicom.PatientRootFind
	if status, _ := parseStatus(quirks.FindStatus); status != 0 {
		return dimse.Status(status)
	}
	switch {
	case q.level == noLevel && a.persona.omitsUnknown:
		return statusIdentifierMismatch
	case q.level == noLevel, q.level == patientLevel && !patientRoot:
		return statusUnableToProcess
	case q.level > studyLevel && q.studies == nil && a.persona.lowerNeedsParent != 0:
		return dimse.Status(a.persona.lowerNeedsParent)
	case quirks.NeedsDate && q.date == "" && q.level == studyLevel && q.studies == nil:
		return statusUnableToProcessDate
	}
	if quirks.NeedsKey != "" {
		if t, err := parseTag(quirks.NeedsKey); err == nil && !q.has(t) {
			return statusIdentifierMismatch
		}
	}
	if quirks.RefusesKey != "" {
		if t, err := parseTag(quirks.RefusesKey); err == nil && q.has(t) {
			return statusIdentifierMismatch
		}
	}
	if d := quirks.Declines; d != nil && q.level == studyLevel && q.studies == nil && a.matching(q, func(*content.Study) bool { return true }) > d.Over {
		status, _ := parseStatus(d.Status)
		return dimse.Status(status)
	}
	return dimse.Success
}

// cap is how many responses the archive's cap allows for q.
func (a *Archive) cap(q *query) int64 {
	const unlimited = 1 << 62
	c := a.quirks().Cap
	switch {
	case c == nil, c.On == "universal" && q.date != "", c.On == "windows" && q.date == "":
		return unlimited
	}
	return c.Limit
}

// finalOutcome is the end of a list that was not cut.
func (a *Archive) finalOutcome() dimse.Outcome {
	status, _ := parseStatus(a.quirks().FinalStatus)
	return dimse.Answer(dimse.Status(status))
}

// named reports whether the query matches patients' names.
func (q *query) named() bool {
	return slices.ContainsFunc(q.keys, func(k queryKey) bool { return k.tag == dicom.PatientName && k.value != "" })
}

// misread changes a query below the level of studies to what the archive takes
// it for.
func (a *Archive) misread(q *query) {
	below := a.quirks().Below
	switch {
	case below == BelowWholeFiles:
		q.level, q.series = imageLevel, nil
	case q.level < seriesLevel:
	case below == BelowStudies:
		q.level = studyLevel
	case below == BelowStrays, below == BelowEchoed:
		q.studies, q.series = nil, nil
	}
}

// repeats is how often an image is listed.
func (a *Archive) repeats() int {
	if a.quirks().Below == BelowRepeated {
		return 3
	}
	return 1
}
