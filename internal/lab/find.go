package lab

import (
	"context"
	"slices"
	"strings"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/lab/content"
)

// finder answers one C-FIND.
type finder struct {
	a    *Archive
	ctx  context.Context
	conn *watchedConn
	q    query
	resp *dimse.Responder
	out  output
	rec  record
	// text holds the value that textsMatch compares.
	text [64]byte
	// needsPatient and needsSeries say which parts of rec are asked for.
	needsPatient, needsSeries bool
	// left is how many responses the cap still allows.
	left    int64
	outcome dimse.Outcome
	stopped bool
}

// find answers a C-FIND of Study Root or Patient Root.
func (s *service) find(ctx context.Context, r *dimse.Request, resp *dimse.Responder) dimse.Outcome {
	a := s.archive
	if a.Group.Query == QueryRefused {
		return a.persona.refuse()
	}
	if r.SOPClass == dicom.ModalityWorklistFind {
		return s.worklist(r, resp)
	}
	q, ok := readQuery(r)
	if !ok {
		return dimse.Answer(statusUnableToProcess)
	}
	if status := a.objection(&q, r.SOPClass); status != dimse.Success {
		return dimse.Answer(status)
	}
	if a.contents == nil {
		return dimse.Answer(dimse.Success)
	}
	quirks := a.quirks()
	if quirks.AnswersAnything {
		q = query{level: q.level, keys: q.keys, window: content.Everything()}
	}
	if quirks.NeedsName && !q.named() {
		return dimse.Answer(dimse.Success)
	}
	a.misread(&q)
	f := &finder{a: a, ctx: ctx, conn: s.conn, q: q, resp: resp, rec: newRecord(),
		left: a.cap(&q), outcome: a.finalOutcome()}
	f.out = output{conn: s.conn, resp: resp, quirks: quirks, context: r.ContextID, limit: firstBatch, batch: s.batches.get(),
		framer: newFramer(quirks, resp, r),
		encoder: encoder{a: a, level: q.level, echo: quirks.Below == BelowEchoed, keys: a.responseKeys(&q), syntax: r.Syntax,
			title: a.title(resp.Association().Requested().CalledAETitle)}}
	defer func() { s.batches.put(f.out.batch) }()
	f.needsSeries = q.has(dicom.NumberOfStudyRelatedSeries)
	f.needsPatient = slices.ContainsFunc(q.keys, func(k queryKey) bool {
		a, ok := attributeOf(k.tag)
		return ok && a.count == perPatient
	})
	defer func() {
		if f.out.running {
			s.conn.buffer(firstBuffer)
		}
	}()
	f.out.fast(resp.Association().PeerMaxPDULength())
	f.list()
	if !f.out.finish() {
		return dimse.CloseConnection
	}
	if quirks.CloseAfterQuery && f.outcome < dimse.AbortAssociation {
		_ = resp.Raw(finalPDU(resp.PendingPDU(), uint16(f.outcome)))
		return dimse.CloseConnection
	}
	return f.outcome
}

func newRecord() record { return record{indexOf: -2} }

// noQuirks is what archives without quirks have.
var noQuirks = Quirks{}

func (a *Archive) quirks() *Quirks {
	if a.Group.Quirks == nil {
		return &noQuirks
	}
	return a.Group.Quirks
}

// refuse is how the product refuses a request.
func (p *persona) refuse() dimse.Outcome {
	switch p.refusal {
	case refuseByAbort:
		return dimse.AbortAssociation
	case refuseByStatus:
		return dimse.Answer(statusNotAuthorized)
	}
	return dimse.Answer(dimse.SOPClassNotSupported)
}

// title is the AE title that the archive calls itself.
func (a *Archive) title(called string) string {
	if a.persona.omitsUnknown && a.Group.CalledTitle == "" && called != "" {
		return called
	}
	if t := a.Group.CalledTitle; t != "" && t != defaultTitle {
		return t
	}
	return a.persona.title
}

// list sends the list of q.
func (f *finder) list() {
	quirks := f.a.quirks()
	w, ok := f.window()
	if !ok {
		return
	}
	if d := quirks.ListDelayUS; d > 0 {
		sleep(f.ctx, time.Duration(f.a.contents.Count(w))*time.Duration(d)*time.Microsecond)
	}
	for {
		f.pass(w, 1)
		if quirks.DuplicateEvery > 0 && !f.stopped {
			f.pass(w, quirks.DuplicateEvery)
		}
		if !quirks.Endless || f.stopped || f.out.sent == 0 {
			return
		}
	}
}

// window is the window of study dates that the archive takes the query for; ok
// is false when nothing can match.
func (f *finder) window() (content.Window, bool) {
	w := f.q.window
	if f.q.date == "" {
		return w, true
	}
	switch f.a.quirks().Dates {
	case DatesIgnored:
		return content.Everything(), true
	case DatesExact:
		return w, !strings.Contains(f.q.date, "-")
	case DatesLoose:
		w.From, w.To = max(w.From-1, content.FirstDate), min(w.To+1, content.LastDate)
	}
	return w, true
}

// pass goes through the list once and sends every n-th record.
func (f *finder) pass(w content.Window, every int64) {
	var n int64
	f.records(w, func() bool {
		n++
		return n%every != 0 || f.send()
	})
}

// records calls yield for each record of the list, stored in f.rec.
func (f *finder) records(w content.Window, yield func() bool) {
	if f.q.level == patientLevel {
		f.patients(yield)
		return
	}
	if f.q.studies != nil {
		for _, uid := range f.q.studies {
			i, _, _, ok := f.a.parts(uid)
			if !ok {
				continue
			}
			f.rec.study, ok = f.a.contents.Study(i)
			if ok && w.Holds(&f.rec.study) && !f.study(yield) {
				return
			}
		}
		return
	}
	c := f.a.contents.Cursor(w)
	for c.Next(&f.rec.study) {
		if !f.study(yield) {
			return
		}
	}
}

// study yields the records of the study in f.rec, if it matches.
func (f *finder) study(yield func() bool) bool {
	rec := &f.rec
	if f.q.hasTime && (!rec.study.Dated || rec.study.Second < f.q.from || rec.study.Second > f.q.to) {
		return true
	}
	if f.q.modalities != nil && f.a.persona.modalities && !f.modalityMatches() {
		return true
	}
	rec.set()
	if f.needsPatient {
		rec.patient, rec.ssn = f.a.contents.PatientOf(rec.study.Index)
	}
	if f.q.texts != nil && !f.textsMatch() {
		return true
	}
	rec.images = rec.study.Images
	if f.q.level == studyLevel {
		if f.needsSeries {
			rec.series = rec.study.Series()
		}
		return yield()
	}
	return f.lower(yield)
}

// lower yields the series or instances of a study.
func (f *finder) lower(yield func() bool) bool {
	rec := &f.rec
	for n := range rec.study.Series() {
		rec.seriesNo = n + 1
		rec.images = rec.study.SeriesImages(n)
		if f.q.series != nil && !slices.Contains(f.q.series, f.a.uid(objectUID, rec.study.Index, n+1, 0)) {
			continue
		}
		if f.q.level == seriesLevel {
			if !yield() {
				return false
			}
			continue
		}
		for i := range rec.images {
			rec.instanceNo = i + 1
			if f.q.instances != nil &&
				!slices.Contains(f.q.instances, f.a.uid(objectUID, rec.study.Index, n+1, i+1)) {
				continue
			}
			for range f.a.repeats() {
				if !yield() {
					return false
				}
			}
		}
	}
	return true
}

// patients yields the patients.
func (f *finder) patients(yield func() bool) {
	rec, c := &f.rec, f.a.contents
	for p := range c.Patients() {
		from, to := c.StudiesOf(p)
		rec.patient, rec.studies, rec.images, rec.series = p, to-from, 0, 0
		_, rec.ssn = c.PatientOf(from)
		if f.q.texts != nil && !f.textsMatch() {
			continue
		}
		if f.q.has(dicom.NumberOfPatientRelatedInstances) || f.q.has(dicom.NumberOfPatientRelatedSeries) {
			for i := from; i < to; i++ {
				s, _ := c.Study(i)
				rec.images += s.Images
				rec.series += s.Series()
			}
		}
		if !yield() {
			return
		}
	}
}

// modalityMatches matches the modalities asked for.
func (f *finder) modalityMatches() bool {
	for word := range strings.SplitSeq(modalityWords(&f.rec.study), `\`) {
		for _, m := range f.q.modalities {
			if matches(m, []byte(word)) {
				return true
			}
		}
	}
	return false
}

// textsMatch matches the identifying keys that have a value.
func (f *finder) textsMatch() bool {
	for _, k := range f.q.texts {
		v := f.text[:0]
		switch a := k.attribute; {
		case !f.a.Group.identifies(a.class):
		case a.tag == dicom.PatientID:
			v = f.a.appendPatientID(v, f.rec.patient, f.rec.ssn)
		case a.count == perPatient:
			v = append(append(v, a.text...), "0000000000"...)
			putDigits(v[len(a.text):], f.rec.patient)
		case a.count == perStudy:
			v = append(append(v, a.text...), "0000000000"...)
			putDigits(v[len(a.text):], f.rec.study.Index)
		default:
			v = append(v, a.text...)
		}
		if !matches(k.pattern, v) {
			return false
		}
	}
	return true
}

// send sends the record in f.rec, unless a limit or a quirk ends the list;
// false ends it.
func (f *finder) send() bool {
	quirks := f.a.quirks()
	switch {
	case f.left == 0:
		status, _ := parseStatus(quirks.Cap.Status)
		f.stop(dimse.Answer(dimse.Status(status)))
	case quirks.StallAfter > 0 && f.out.sent == quirks.StallAfter:
		f.stall()
	case quirks.AbortAfter > 0 && f.out.sent == quirks.AbortAfter:
		f.stop(dimse.AbortAssociation)
	case quirks.DropAfter > 0 && f.out.sent == quirks.DropAfter:
		f.stop(dimse.CloseConnection)
	case !quirks.IgnoreCancel && f.resp.Cancelled():
		f.stop(dimse.Answer(dimse.Cancelled))
	case f.ctx.Err() != nil || !f.out.send(f.ctx, &f.rec):
		f.stop(dimse.CloseConnection)
	}
	f.left--
	return !f.stopped
}

func (f *finder) stop(o dimse.Outcome) { f.stopped, f.outcome = true, o }

// stall says nothing more until the peer gives up, cancels, or two minutes have
// passed.
func (f *finder) stall() {
	f.stop(dimse.CloseConnection)
	if !f.out.flush() {
		return
	}
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-deadline.C:
			return
		case <-f.ctx.Done():
			return
		case <-f.conn.gone:
			return
		case <-tick.C:
			if f.resp.Cancelled() && !f.a.quirks().IgnoreCancel {
				f.outcome = dimse.Answer(dimse.Cancelled)
				return
			}
		}
	}
}
