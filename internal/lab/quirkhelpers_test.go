package lab_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// endless reads three times what there is and cancels.
func endless(q quirky, obeys bool) {
	var seen int64
	c := client(q.T, q.at)
	c.Drain.Responses = 100_000 // what may lie in the kernel's buffers
	result, err := c.Find(limit(q.T), dicom.StudyRootFind, counting(), func(dimse.Match) bool {
		seen++
		return seen < 3*q.truth.Studies
	})
	if seen < 3*q.truth.Studies {
		q.Errorf("ended after %d responses", seen)
	}
	switch {
	case obeys && (err != nil || result.Final != dimse.Cancelled):
		q.Errorf("status %s, error %v after C-CANCEL; want FE00", result.Final, err)
	case !obeys && !errors.Is(err, dimse.ErrCancelIgnored):
		q.Errorf("error %v, want that the C-CANCEL was ignored", err)
	}
}

// badElements wants every thirtieth response to be unreadable, and no other.
func badElements(q quirky) {
	var n, bad int64
	_, err := client(q.T, q.at).Find(limit(q.T), dicom.StudyRootFind, counting(), func(m dimse.Match) bool {
		n++
		it := m.Elements()
		for it.Next() {
		}
		if it.Err() != nil {
			bad++
			if n%30 != 0 {
				q.Errorf("response %d: %v", n, it.Err())
			}
		}
		return true
	})
	if err != nil || n != 300 || bad != 10 {
		q.Errorf("%d responses, %d unreadable, error %v; want 300, 10, none", n, bad, err)
	}
}

// wrongVRs wants the number of images in US and the date in LO.
func wrongVRs(q quirky) {
	vrs := map[dicom.Tag]dicom.VR{}
	_, err := client(q.T, q.at).Find(limit(q.T), dicom.StudyRootFind, counting(date("")), func(m dimse.Match) bool {
		it := m.Elements()
		for it.Next() {
			vrs[it.Tag()] = it.VR()
		}
		return true
	})
	if err != nil || vrs[dicom.NumberOfStudyRelatedInstances] != dicom.US || vrs[dicom.StudyDate] != dicom.LO {
		q.Errorf("VRs %v, error %v; want US and LO", vrs, err)
	}
}

func propose(abstract string, transfer ...string) ul.AssociateRQ {
	return ul.AssociateRQ{CalledAETitle: "ANY", CallingAETitle: "TESTER",
		Contexts: []ul.PresentationContext{{ID: 1, AbstractSyntax: abstract, TransferSyntaxes: transfer}}}
}

func explicitOnly(q quirky) {
	a, err := associateWith(q.T, q.at, propose(dicom.StudyRootFind, dicom.ImplicitVRLittleEndian))
	if err != nil {
		q.Fatal(err)
	}
	if r := a.Accepted().Contexts[0].Result; r != ul.TransferSyntaxesNotSupported {
		q.Errorf("implicit VR: %s", r)
	}
	q.exact()
}

func oneAtATime(q quirky) {
	first := client(q.T, q.at)
	_, err := associate(q.T, q.at, "ANY")
	var rejected *ul.RejectedError
	if !errors.As(err, &rejected) || rejected.RJ != (ul.AssociateRJ{Result: 2, Source: 3, Reason: 2}) {
		q.Errorf("second association: %v; want a rejection 2/3/2", err)
	}
	if _, err := first.Echo(limit(q.T)); err != nil {
		q.Errorf("first association: %v", err)
	}
}

func listFirst(q quirky) {
	start := time.Now()
	var first time.Duration
	_, err := client(q.T, q.at).Find(limit(q.T), dicom.StudyRootFind, counting(), func(dimse.Match) bool {
		if first == 0 {
			first = time.Since(start)
		}
		return true
	})
	if err != nil || first < time.Second {
		q.Errorf("first of 5000 responses after %v, error %v; want at least a second", first, err)
	}
	start = time.Now()
	if got := q.days("20180605"); got.responses == 0 || time.Since(start) > 500*time.Millisecond {
		q.Errorf("%d responses for a day after %v", got.responses, time.Since(start))
	}
}

func acceptsEverything(q quirky) {
	a, err := associateWith(q.T, q.at, propose("1.2.3.4.5.6.7.8.9", dicom.ImplicitVRLittleEndian))
	if err != nil {
		q.Fatal(err)
	}
	if r := a.Accepted().Contexts[0].Result; r != ul.Acceptance {
		q.Errorf("a context that does not exist: %s", r)
	}
}
