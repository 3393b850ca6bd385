package census

import (
	"context"
	"fmt"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// EstimateDays estimates an archive of which held tells each day's studies.
func EstimateDays(first, last dicom.Date, budget int64, seed uint64, held func(dicom.Date) int64) (low, mid, high float64) {
	s := newDaySample(first, last, budget, seed)
	for {
		i, d, ok := s.next()
		if !ok {
			break
		}
		s.add(i, tallyOf{studies: held(d)})
	}
	e := s.estimate(func(t tallyOf) int64 { return t.studies })
	return e.low, e.mid, e.high
}

// CountWhole asks for the whole list once and counts it.
func CountWhole(ctx context.Context, open ul.Opener) int64 {
	c := newCounter(open, Options{MaxTime: time.Minute}.withDefaults())
	c.ctx, c.link.ctx = ctx, ctx
	if c.link.connect() != nil {
		return 0
	}
	defer c.close()
	c.askWhole()
	return c.t.listed()
}

// Taker returns a function that counts one of n different responses.
func Taker(n int) func() {
	c := newCounter(nil, Options{MaxResponses: 1 << 62}.withDefaults())
	matches := make([]dimse.Match, n)
	for i := range matches {
		var d []byte
		put := func(t dicom.Tag, vr dicom.VR, v string) { d = dicom.AppendString(d, dicom.ImplicitLittle, t, vr, v) }
		put(dicom.StudyDate, dicom.DA, "20190916")
		put(dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
		put(dicom.InstanceAvailability, dicom.CS, "ONLINE")
		put(dicom.ModalitiesInStudy, dicom.CS, "CT")
		put(dicom.StudyInstanceUID, dicom.UI, fmt.Sprintf("1.2.840.113619.2.55.3.604688119.%d", 100_000_000+i*7919))
		put(dicom.NumberOfStudyRelatedInstances, dicom.IS, "30")
		matches[i] = dimse.Match{Data: d, Syntax: dicom.ImplicitLittle}
	}
	i := 0
	return func() {
		if i == n {
			i = 0
			c.t.seen.reset()
		}
		c.t.takeWhole(matches[i])
		i++
	}
}
