package main

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/survey"
)

// TestShownByTheCount: an archive fails at the study queries of the check, answers
// Patient Root, and lists its studies to the count. LG-D04 fails by that, and the
// verdict follows.
func TestShownByTheCount(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	p := &dimse.Provider{Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
		switch {
		case r.SOPClass != dicom.StudyRootFind:
			return dimse.Answer(dimse.Success)
		case asked.Add(1) <= 5:
			return dimse.Answer(dimse.UnableToProcess)
		}
		for i := range 3 {
			data := dicom.AppendString(nil, r.Syntax, dicom.StudyDate, dicom.DA, "20260601")
			data = dicom.AppendString(data, r.Syntax, dicom.StudyInstanceUID, dicom.UI, "2.25.4711"+strconv.Itoa(i))
			if out.Cancelled() || out.Pending(data) != nil {
				return dimse.Answer(dimse.Cancelled)
			}
		}
		return dimse.Answer(dimse.Success)
	}}
	f := leadglass(t, "check", serve(t, p, dicom.Verification, dicom.StudyRootFind, dicom.PatientRootFind), "--json", "--no-sample").want(t, exitDone).finding(t)
	states(t, f, survey.Fail, "LG-D04", "LG-D05")
	for _, c := range f.Checks {
		if c.ID == "LG-D04" && !strings.Contains(c.Evidence, "shown by the count") {
			t.Errorf("%s", c.Evidence)
		}
	}
	if n, ok := f.Counts.Studies.Int(); !ok || n != 3 || f.Verdict != survey.Open || f.Grade != survey.GradeF {
		t.Errorf("%+v, %s, %s", f.Counts.Studies, f.Verdict, f.Grade)
	}
}

// serve runs a provider that accepts contexts of the SOP classes named.
func serve(t *testing.T, p *dimse.Provider, accepts ...string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				a, err := ul.Accept(t.Context(), conn, ul.Options{}, func(rq *ul.AssociateRQ) (*ul.AssociateAC, *ul.AssociateRJ) {
					ac := &ul.AssociateAC{}
					for _, c := range rq.Contexts {
						r := ul.ContextResult{ID: c.ID, Result: ul.AbstractSyntaxNotSupported}
						for _, class := range accepts {
							if class == c.AbstractSyntax {
								r = ul.ContextResult{ID: c.ID, TransferSyntax: c.TransferSyntaxes[0]}
							}
						}
						ac.Contexts = append(ac.Contexts, r)
					}
					return ac, nil
				})
				if err == nil {
					_ = p.Serve(t.Context(), a) // how it ends is the requestor's to judge
				}
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}
