package lab

import (
	"slices"
	"strings"

	"leadglass/dicom"
	"leadglass/internal/lab/content"
)

// encoder makes the templates of one query's responses.
type encoder struct {
	a     *Archive
	level level
	// echo names the parents that were asked for, whichever they are.
	echo bool
	// keys are the elements to send, in order, the unasked ones included.
	keys   []queryKey
	syntax dicom.Syntax
	title  string

	t template
}

// responseKeys lists the elements of a response to q, in order of tags: those
// asked for that the product returns, and those that it adds unasked.
func (a *Archive) responseKeys(q *query) []queryKey {
	p := &a.persona
	var keys []queryKey
	if a.quirks().Below != BelowWholeFiles {
		keys = append(keys, queryKey{dicom.QueryRetrieveLevel, dicom.CS, ""})
	}
	if p.charset {
		keys = append(keys, queryKey{dicom.SpecificCharacterSet, dicom.CS, ""})
	}
	if p.retrieveTitle {
		keys = append(keys, queryKey{dicom.RetrieveAETitle, dicom.AE, ""})
	}
	added := len(keys)
	for _, k := range q.keys {
		alreadyThere := slices.ContainsFunc(keys[:added], func(o queryKey) bool { return o.tag == k.tag })
		if alreadyThere || p.omitsUnknown && !a.known(k.tag) || a.leavesOut(k.tag) {
			continue
		}
		keys = append(keys, k)
	}
	slices.SortStableFunc(keys, func(a, b queryKey) int { return int(int64(a.tag) - int64(b.tag)) })
	return keys
}

// known reports whether the product has a notion of the key at all.
func (a *Archive) known(t dicom.Tag) bool {
	switch t {
	case dicom.StudyInstanceUID, dicom.SeriesInstanceUID, dicom.SOPInstanceUID, dicom.SOPClassUID, dicom.StudyDate,
		dicom.StudyTime, dicom.Modality, dicom.SeriesNumber, dicom.InstanceNumber:
		return true
	case dicom.NumberOfStudyRelatedInstances, dicom.NumberOfStudyRelatedSeries, dicom.NumberOfSeriesRelatedInstances,
		dicom.NumberOfPatientRelatedStudies, dicom.NumberOfPatientRelatedSeries, dicom.NumberOfPatientRelatedInstances,
		dicom.ModalitiesInStudy, dicom.InstanceAvailability:
		return a.persona.keeps(t)
	}
	_, ok := attributeOf(t)
	return ok
}

// leavesOut reports whether a quirk removes the key.
func (a *Archive) leavesOut(t dicom.Tag) bool {
	q := a.Group.Quirks
	return q != nil && q.ImageCount == CountAbsent && t == dicom.NumberOfStudyRelatedInstances
}

// template makes the template of a shape. prefix is sent before the data set.
func (e *encoder) template(s shape) template {
	e.t = template{}
	for _, k := range e.keys {
		e.element(k, s)
	}
	return e.t
}

// fixed appends an element that is the same in every response.
func (e *encoder) fixed(k queryKey, vr dicom.VR, value string) {
	e.t.data = dicom.AppendString(e.t.data, e.syntax, k.tag, vr, value)
}

// holes appends an element and marks parts of its value as fields. at counts
// from the start of the value.
func (e *encoder) holes(k queryKey, vr dicom.VR, value string, patches ...patch) {
	e.fixed(k, vr, value)
	start := len(e.t.data) - len(value) - len(value)%2
	for _, p := range patches {
		p.at += int32(start)
		e.t.patches = append(e.t.patches, p)
	}
}

func (e *encoder) element(k queryKey, s shape) {
	if a, ok := attributeOf(k.tag); ok {
		e.attribute(k, a, s)
		return
	}
	if e.uids(k) || e.numbers(k, s) {
		return
	}
	switch k.tag {
	case dicom.SpecificCharacterSet:
		e.fixed(k, dicom.CS, "ISO_IR 100")
	case dicom.QueryRetrieveLevel:
		e.fixed(k, dicom.CS, e.level.String())
	case dicom.RetrieveAETitle:
		e.fixed(k, dicom.AE, e.title)
	case dicom.StudyDate:
		if e.level == patientLevel || s&shapeDated == 0 {
			e.fixed(k, dicom.DA, "")
			return
		}
		e.holes(k, dicom.DA, "00000000", patch{0, dateField, 8})
	case dicom.StudyTime:
		if e.level == patientLevel || s&shapeDated == 0 {
			e.fixed(k, dicom.TM, "")
			return
		}
		e.holes(k, dicom.TM, "000000", patch{0, timeField, 6})
	case dicom.ModalitiesInStudy:
		switch {
		case !e.a.persona.modalities || e.level == patientLevel:
			e.fixed(k, dicom.CS, "")
		case s&shapeTwoWords != 0:
			e.holes(k, dicom.CS, `XX\XX`, patch{0, modalityField, 5})
		default:
			e.holes(k, dicom.CS, "XX", patch{0, modalityField, 2})
		}
	case dicom.InstanceAvailability:
		e.fixed(k, dicom.CS, e.availability(s))
	case dicom.Modality:
		if e.level < seriesLevel {
			e.fixed(k, dicom.CS, "")
			return
		}
		e.holes(k, dicom.CS, "XX", patch{0, seriesModality, 2})
	default:
		e.fixed(k, unknownVR(k.vr), "")
	}
}

// unknownVR is the VR of a key that the archive does not know: what the query
// said, as far as an empty value of it can be sent in explicit VR.
func unknownVR(vr dicom.VR) dicom.VR {
	if vr == 0 {
		return dicom.LO
	}
	return vr
}

func (e *encoder) availability(s shape) string {
	switch {
	case !e.a.persona.availability || e.level == patientLevel:
		return ""
	case s&shapeOnline != 0:
		return "ONLINE"
	}
	return "OFFLINE"
}

// attribute appends an identifying element.
func (e *encoder) attribute(k queryKey, a *attribute, s shape) {
	if !e.a.Group.identifies(a.class) || e.level == patientLevel && !ofPatient(k.tag) {
		e.fixed(k, a.vr, "")
		return
	}
	n := int32(len(a.text))
	switch {
	case a.tag == dicom.PatientID && s&shapeSSN != 0:
		e.holes(k, a.vr, canarySSN+"65-0000", patch{int32(len(canarySSN)), ssnField, 7})
	case a.tag == dicom.PatientID && nationalOf(e.a.Group.NationalID) >= 0:
		i := nationalOf(e.a.Group.NationalID)
		width := nationals[i].width
		e.holes(k, a.vr, strings.Repeat("0", width), patch{0, nationalFields + field(i), uint8(width)})
	case a.tag == dicom.IssuerOfPatientID && e.a.Group.NationalID == "us-dod-id":
		e.fixed(k, a.vr, a.text+" US DOD")
	case a.count == perPatient:
		e.holes(k, a.vr, a.text+"0000000000", patch{n, patientDigits, 10})
	case a.count == perStudy:
		e.holes(k, a.vr, a.text+"0000000000", patch{n, studyDigits, 10})
	default:
		e.fixed(k, a.vr, a.text)
	}
}

// ofPatient reports whether a key is of the patient information entity.
func ofPatient(t dicom.Tag) bool { return t.Group() == 0x0010 }

// uids appends the unique keys.
func (e *encoder) uids(k queryKey) bool {
	series := patch{int32(uidSeriesAt), seriesDigits, 4}
	instance := patch{int32(uidInstanceAt), instanceDigits, 8}
	study := patch{int32(uidStudyAt), studyDigits, 10}
	if e.echo && k.value != "" && (k.tag == dicom.StudyInstanceUID || k.tag == dicom.SeriesInstanceUID) {
		e.fixed(k, dicom.UI, k.value)
		return true
	}
	switch k.tag {
	case dicom.StudyInstanceUID:
		if e.level == patientLevel {
			e.fixed(k, dicom.UI, "")
			return true
		}
		e.holes(k, dicom.UI, e.a.uid(studyUID, 0, 0, 0), study)
	case dicom.SeriesInstanceUID:
		if e.level < seriesLevel {
			e.fixed(k, dicom.UI, "")
			return true
		}
		e.holes(k, dicom.UI, e.a.uid(objectUID, 0, 0, 0), study, series)
	case dicom.SOPInstanceUID:
		if e.level < imageLevel {
			e.fixed(k, dicom.UI, "")
			return true
		}
		e.holes(k, dicom.UI, e.a.uid(objectUID, 0, 0, 0), study, series, instance)
	case dicom.SOPClassUID:
		if e.level < imageLevel {
			e.fixed(k, dicom.UI, "")
			return true
		}
		e.fixed(k, dicom.UI, dicom.SecondaryCaptureImageStorage)
	default:
		return false
	}
	return true
}

// numbers appends the numbers of related objects.
func (e *encoder) numbers(k queryKey, s shape) bool {
	at := func(l level) bool { return e.level == l && e.a.persona.counts }
	empty := func() { e.fixed(k, dicom.IS, "") }
	switch k.tag {
	case dicom.NumberOfStudyRelatedInstances:
		if !at(studyLevel) {
			empty()
			break
		}
		e.imageCount(k, s)
	case dicom.NumberOfSeriesRelatedInstances:
		if !at(seriesLevel) {
			empty()
			break
		}
		e.holes(k, dicom.IS, "00000000"[:s.imageWidth()], patch{0, imagesField, uint8(s.imageWidth())})
	case dicom.NumberOfPatientRelatedInstances:
		if !at(patientLevel) {
			empty()
			break
		}
		e.holes(k, dicom.IS, "00000000"[:s.imageWidth()], patch{0, imagesField, uint8(s.imageWidth())})
	case dicom.NumberOfStudyRelatedSeries:
		if !at(studyLevel) {
			empty()
			break
		}
		e.holes(k, dicom.IS, "0000", patch{0, seriesField, 4})
	case dicom.NumberOfPatientRelatedStudies:
		if !at(patientLevel) {
			empty()
			break
		}
		e.holes(k, dicom.IS, "0000", patch{0, studiesField, 4})
	case dicom.NumberOfPatientRelatedSeries:
		if !at(patientLevel) {
			empty()
			break
		}
		e.holes(k, dicom.IS, "0000", patch{0, seriesField, 4})
	case dicom.SeriesNumber:
		if e.level < seriesLevel {
			empty()
			break
		}
		e.holes(k, dicom.IS, "0000", patch{0, numberField, 4})
	case dicom.InstanceNumber:
		if e.level < imageLevel {
			empty()
			break
		}
		e.holes(k, dicom.IS, "00000000", patch{0, instanceNumber, 8})
	default:
		return false
	}
	return true
}

// imageCount appends (0020,1208), as the archive's quirk wants it.
func (e *encoder) imageCount(k queryKey, s shape) {
	var quirk ImageCountQuirk
	if q := e.a.Group.Quirks; q != nil {
		quirk = q.ImageCount
	}
	switch quirk {
	case CountEmpty:
		e.fixed(k, dicom.IS, "")
	case CountZero:
		e.fixed(k, dicom.IS, "0")
	case CountWrong:
		e.fixed(k, dicom.IS, "1")
	case CountText:
		e.fixed(k, dicom.IS, "MANY")
	case CountPadded:
		e.holes(k, dicom.IS, "  00000000  ", patch{2, paddedImages, 8})
	default:
		e.holes(k, dicom.IS, "00000000"[:s.imageWidth()], patch{0, imagesField, uint8(s.imageWidth())})
	}
}

// modalityWords returns the modalities of a study.
func modalityWords(s *content.Study) string { return content.Modalities[s.Modality] }
