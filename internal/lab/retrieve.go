package lab

import (
	"context"
	"errors"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/lab/content"
)

// maxSubOperations is the largest number of sub-operations that a response can
// state (VR US).
const maxSubOperations = 65_535

// get answers a C-GET (PS3.4 C.4.3).
func (s *service) get(ctx context.Context, r *dimse.Request, ret *dimse.Retriever) dimse.Outcome {
	a := s.archive
	if !a.Group.Retrieval.get() {
		return a.persona.refuse()
	}
	q, ok := readQuery(r)
	if !ok || q.level < studyLevel {
		return dimse.Answer(statusUnableToProcess)
	}
	study, ok := a.lookup(&q)
	if !ok {
		return dimse.Answer(dimse.Status(a.persona.getUnknown))
	}
	objects := a.objects(&q, &study)
	total := int(min(int64(len(objects)), maxSubOperations))
	if a.persona.getPending {
		ret.Sub.Remaining = total
		if err := ret.Pending(); err != nil {
			return dimse.CloseConnection
		}
	}
	_, _, offered := ret.Association().Context(dicom.SecondaryCaptureImageStorage)
	if !offered || !study.Online {
		ret.Sub = dimse.SubOperations{Failed: total}
		return dimse.Answer(dimse.Status(a.persona.getKnown))
	}
	for i, o := range objects {
		if ret.Cancelled() {
			ret.Sub.Remaining = total - i
			return dimse.Answer(dimse.Cancelled)
		}
		build := func(syntax dicom.Syntax) []byte { return a.image(syntax, &study, o) }
		status, err := ret.Send(ctx, dicom.SecondaryCaptureImageStorage, o.uid, build)
		switch {
		case errors.Is(err, dimse.ErrNoContext), err == nil && status.Class() == dimse.ClassFailure:
			ret.Sub.Failed++
		case err != nil:
			return dimse.CloseConnection
		default:
			ret.Sub.Completed++
		}
	}
	ret.Sub.Remaining = 0
	return dimse.Answer(dimse.Success)
}

// move answers a C-MOVE (PS3.4 C.4.2). The laboratory never connects to
// anybody: where moving is open, the destination is one whose port is closed.
func (s *service) move(_ context.Context, r *dimse.Request, ret *dimse.Retriever) dimse.Outcome {
	a := s.archive
	if status := a.persona.moveAny; status != 0 {
		return dimse.Answer(dimse.Status(status))
	}
	// A station may have images sent to itself, and to nobody else.
	allowed := a.Group.Retrieval.move() && r.Destination == ret.Association().Requested().CallingAETitle
	if !a.Group.Retrieval.move() && (a.persona.refusal == refuseByAbort || a.Group.Query == QueryRefused) {
		return a.persona.refuse()
	}
	q, ok := readQuery(r)
	if !ok || q.level < studyLevel {
		return dimse.Answer(statusUnableToProcess)
	}
	study, ok := a.lookup(&q)
	switch {
	case !allowed && ok:
		return dimse.Answer(dimse.Status(a.persona.moveKnown))
	case !allowed:
		return dimse.Answer(dimse.Status(a.persona.moveUnknown))
	case !ok:
		return dimse.Answer(dimse.Status(a.persona.getUnknown))
	}
	ret.Sub = dimse.SubOperations{Failed: int(min(int64(len(a.objects(&q, &study))), maxSubOperations))}
	return dimse.Answer(dimse.Status(a.persona.getKnown))
}

// lookup finds the study of a retrieval.
func (a *Archive) lookup(q *query) (content.Study, bool) {
	if a.contents == nil || len(q.studies) != 1 {
		return content.Study{}, false
	}
	i, _, _, ok := a.parts(q.studies[0])
	if !ok {
		return content.Study{}, false
	}
	return a.contents.Study(i)
}

// object is one instance.
type object struct {
	uid              string
	series, instance int64
}

// objects lists the instances that a retrieval asks for.
func (a *Archive) objects(q *query, study *content.Study) []object {
	f := finder{a: a, q: *q, rec: newRecord()}
	f.q.level = imageLevel
	f.rec.study = *study
	var out []object
	f.lower(func() bool {
		o := object{series: f.rec.seriesNo, instance: f.rec.instanceNo}
		o.uid = a.uid(objectUID, study.Index, o.series, o.instance)
		out = append(out, o)
		return len(out) < maxSubOperations
	})
	return out
}

// image makes a secondary capture image of one black pixel.
func (a *Archive) image(s dicom.Syntax, study *content.Study, o object) []byte {
	patient, ssn := a.contents.PatientOf(study.Index)
	var b []byte
	text := func(t dicom.Tag, vr dicom.VR, v string) { b = dicom.AppendString(b, s, t, vr, v) }
	number := func(t dicom.Tag, n uint16) { b = dicom.AppendUint16(b, s, t, n) }
	text(dicom.SOPClassUID, dicom.UI, dicom.SecondaryCaptureImageStorage)
	text(dicom.SOPInstanceUID, dicom.UI, o.uid)
	date := ""
	if study.Dated {
		date = study.Date.String()
	}
	text(dicom.StudyDate, dicom.DA, date)
	text(dicom.Modality, dicom.CS, "OT")
	text(dicom.PatientName, dicom.PN, "CANARY^IMAGE")
	text(dicom.PatientID, dicom.LO, string(a.appendPatientID(nil, patient, ssn)))
	text(dicom.StudyInstanceUID, dicom.UI, a.uid(studyUID, study.Index, 0, 0))
	text(dicom.SeriesInstanceUID, dicom.UI, a.uid(objectUID, study.Index, o.series, 0))
	number(0x00280002, 1) // samples per pixel
	text(0x00280004, dicom.CS, "MONOCHROME2")
	number(dicom.Rows, 1)
	number(dicom.Columns, 1)
	number(0x00280100, 8) // bits allocated
	number(0x00280101, 8) // bits stored
	number(0x00280102, 7) // high bit
	number(0x00280103, 0) // pixel representation
	return dicom.AppendElement(b, s, dicom.PixelData, dicom.OB, []byte{0, 0})
}

// worklist answers a C-FIND of the modality worklist (PS3.4 K).
func (s *service) worklist(r *dimse.Request, resp *dimse.Responder) dimse.Outcome {
	q, ok := readQuery(r)
	if !ok {
		return dimse.Answer(statusUnableToProcess)
	}
	for n := range s.archive.Group.Worklist {
		if resp.Cancelled() {
			return dimse.Answer(dimse.Cancelled)
		}
		if err := resp.Pending(s.archive.worklistItem(&q, r.Syntax, n)); err != nil {
			return dimse.CloseConnection
		}
		if n < 8 {
			if err := resp.Flush(); err != nil {
				return dimse.CloseConnection
			}
		}
	}
	return dimse.Answer(dimse.Success)
}

// worklistItem makes worklist entry n.
func (a *Archive) worklistItem(q *query, s dicom.Syntax, n int64) []byte {
	rec := newRecord()
	rec.patient, rec.study.Index = n, n
	rec.set()
	e := encoder{a: a, level: studyLevel, syntax: s, title: a.persona.title}
	for _, k := range q.keys {
		if k.tag != dicom.ScheduledProcedureStepSequence {
			e.element(k, 0)
			continue
		}
		item := dicom.AppendString(nil, s, dicom.Modality, dicom.CS, "CT")
		item = dicom.AppendString(item, s, dicom.ScheduledStationAETitle, dicom.AE, "CANARYSTATION")
		item = dicom.AppendString(item, s, dicom.ScheduledProcedureStepStartDate, dicom.DA, a.lastDate())
		item = dicom.AppendString(item, s, dicom.ScheduledProcedureStepStartTime, dicom.TM, "120000")
		item = dicom.AppendString(item, s, dicom.ScheduledPerformingPhysicianName, dicom.PN, "CANARY^PERFORMER")
		e.t.data = dicom.AppendSequence(e.t.data, s, k.tag, item)
	}
	return e.t.appendTo(nil, &rec)
}

func (a *Archive) lastDate() string {
	if a.contents == nil {
		return "20190901"
	}
	return a.contents.Spec().Last.String()
}
