package dimse_test

import (
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/realserver"
)

// Our requestor against servers that others wrote.

// retrieve are the services of an archive, as a check proposes them.
var retrieve = []string{dicom.Verification, dicom.StudyRootFind, dicom.StudyRootGet, dicom.StudyRootMove}

// called asks a real server for an association as its own AE title.
func called(t *testing.T, s *realserver.Server, opt ul.Options, classes ...string) *ul.Association {
	t.Helper()
	rq := ul.AssociateRQ{CalledAETitle: s.AETitle, Contexts: ul.Propose(classes...), User: ul.UserInfo{MaxPDULength: opt.MaxPDULength}}
	return requestWith(t, s.DICOMAddr(), rq, opt)
}

// refusal asks for an association that must not come about.
func refusal(t *testing.T, s *realserver.Server, rq ul.AssociateRQ) error {
	t.Helper()
	conn, err := net.Dial("tcp", s.DICOMAddr())
	if err != nil {
		t.Fatal(err)
	}
	a, err := ul.Request(t.Context(), conn, rq, ul.Options{})
	if err == nil {
		a.Close()
	}
	return err
}

func release(t *testing.T, a *ul.Association) {
	t.Helper()
	if err := a.Release(t.Context()); err != nil {
		t.Errorf("releasing: %v", err)
	}
}

// checkStudies queries for all studies and compares them with those loaded.
func checkStudies(t *testing.T, c *dimse.Client, studies []realserver.Study) {
	t.Helper()
	want := make(map[string]bool)
	for _, s := range studies {
		want[s.UID] = true
	}
	values, r, err := find(t, c, dicom.StudyInstanceUID)
	if err != nil || r.Final != dimse.Success || r.FirstByte <= 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, uid := range values {
		if !want[uid] {
			t.Errorf("study %q is not one of those stored, or came twice", uid)
		}
		delete(want, uid)
	}
	if len(want) > 0 {
		t.Errorf("%d of %d studies did not come", len(want), len(studies))
	}
}

func TestOrthancAnswers(t *testing.T) {
	studies := realserver.Studies(1, 40, 3, realserver.StudyOptions{})
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: studies})
	for _, longest := range []uint32{0, 4096, 100} {
		a := called(t, s, ul.Options{MaxPDULength: longest}, retrieve...)
		c := dimse.NewClient(a)
		if status, err := c.Echo(t.Context()); status != dimse.Success || err != nil {
			t.Errorf("C-ECHO: %s, %v", status, err)
		}
		checkStudies(t, c, studies)
		var sum int64
		if _, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, func(m dimse.Match) bool { sum += images(m); return true }); err != nil || sum != 120 {
			t.Errorf("%d images, %v", sum, err)
		}
		if ac := a.Accepted(); ac.User.ImplementationVersionName != "OFFIS_DCMTK_367" || a.PeerMaxPDULength() != 16384 {
			t.Errorf("acceptance %+v", ac.User)
		}
		release(t, a)
	}
	t.Run("cancel", func(t *testing.T) {
		a := called(t, s, ul.Options{}, dicom.StudyRootFind)
		c := dimse.NewClient(a)
		for range 2 {
			r, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, stopAfter(1))
			if err != nil || !r.CancelSent || r.Final != dimse.Cancelled && r.Final != dimse.Success {
				t.Errorf("%+v, %v", r, err)
			}
		}
		release(t, a)
	})
	t.Run("probes", func(t *testing.T) {
		a := called(t, s, ul.Options{}, retrieve...)
		c := dimse.NewClient(a)
		if p, err := c.ProbeGet(t.Context(), dicom.StudyRootGet); err != nil || p.Ended != dimse.NotEnded || p.Status != dimse.UnableToProcess {
			t.Errorf("C-GET of a random UID: %+v, %v", p, err)
		}
		p, err := c.ProbeGetStudy(t.Context(), "", 10)
		if err != nil || p.Ended != dimse.NotEnded || p.Asked != dimse.AskedStudy || p.Status.Class() == dimse.ClassSuccess || p.Completed > 0 || p.Failed < 1 {
			t.Errorf("C-GET of a study: %+v, %v", p, err)
		}
		a.Close()
		// Orthanc does not let everybody C-MOVE, and ends the association.
		p, err = dimse.NewClient(called(t, s, ul.Options{}, retrieve...)).ProbeMove(t.Context(), dicom.StudyRootMove, "NOWHERE")
		if err != nil || p.Ended == dimse.NotEnded {
			t.Errorf("C-MOVE: %+v, %v", p, err)
		}
	})
	t.Run("unknown abstract syntax", func(t *testing.T) {
		a := called(t, s, ul.Options{}, dicom.Verification, "1.2.3.4")
		if r := a.Accepted().Contexts[1]; r.Result != ul.AbstractSyntaxNotSupported {
			t.Errorf("result %s", r.Result)
		}
		release(t, a)
	})
}

// TestOrthancByDefault: it accepts the context for queries from everybody and
// ends the association when the query arrives.
func TestOrthancByDefault(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: map[string]any{"DicomCheckCalledAet": true}})
	a := called(t, s, ul.Options{}, dicom.StudyRootFind)
	_, r, err := find(t, dimse.NewClient(a), dicom.StudyInstanceUID)
	var aborted *ul.AbortedError
	if !errors.As(err, &aborted) && !errors.Is(err, ul.ErrClosed) {
		t.Errorf("%+v, %v", r, err)
	}
	for name, c := range map[string]struct {
		rq   ul.AssociateRQ
		want ul.AssociateRJ
	}{
		"another title":   {ul.AssociateRQ{CalledAETitle: "OTHER"}, ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceUser, Reason: ul.CalledAETitleNotRecognized}},
		"another version": {ul.AssociateRQ{ProtocolVersion: 2, CalledAETitle: s.AETitle}, ul.AssociateRJ{Result: ul.RejectedPermanent, Source: ul.ServiceProviderACSE, Reason: ul.ProtocolVersionNotSupported}},
	} {
		c.rq.CallingAETitle, c.rq.Contexts = "LEADGLASS", ul.Propose(dicom.Verification)
		err := refusal(t, s, c.rq)
		var rejected *ul.RejectedError
		if !errors.As(err, &rejected) || rejected.RJ != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

func TestDcmqrscpAnswers(t *testing.T) {
	studies := realserver.Studies(1, 40, 3, realserver.StudyOptions{})
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies})
	a := called(t, s, ul.Options{}, retrieve...)
	c := dimse.NewClient(a)
	if status, err := c.Echo(t.Context()); status != dimse.Success || err != nil {
		t.Errorf("C-ECHO: %s, %v", status, err)
	}
	checkStudies(t, c, studies)
	if r, err := c.Find(t.Context(), dicom.StudyRootFind, studyKeys, stopAfter(5)); err != nil || !r.CancelSent || r.Pending < 5 {
		t.Errorf("cancelled: %+v, %v", r, err)
	}
	if p, err := c.ProbeGet(t.Context(), dicom.StudyRootGet); err != nil || p.Ended != dimse.NotEnded || p.Status != dimse.Success {
		t.Errorf("C-GET of a random UID: %+v, %v", p, err)
	}
	if p, err := c.ProbeGetStudy(t.Context(), "", 5); err != nil || p.Status != dimse.OutOfResourcesTransfer || p.Failed < 1 || p.Completed > 0 || p.Asked != dimse.AskedStudy {
		t.Errorf("C-GET of a study: %+v, %v", p, err)
	}
	release(t, a)
	a = called(t, s, ul.Options{}, retrieve...)
	if p, err := dimse.NewClient(a).ProbeMove(t.Context(), dicom.StudyRootMove, "NOWHERE"); err != nil || p.Ended != dimse.NotEnded {
		t.Errorf("C-MOVE: %+v, %v", p, err)
	}
	release(t, a)
	err := refusal(t, s, ul.AssociateRQ{CalledAETitle: "OTHER", CallingAETitle: "LEADGLASS", Contexts: ul.Propose(dicom.Verification)})
	var rejected *ul.RejectedError
	if !errors.As(err, &rejected) || rejected.RJ.Reason != ul.CalledAETitleNotRecognized {
		t.Errorf("another title: error %v", err)
	}
}

func TestStorescpAnswers(t *testing.T) {
	s := realserver.Storescp(t, realserver.DCMTKOptions{})
	a := called(t, s, ul.Options{}, dicom.Verification, dicom.StudyRootFind)
	c := dimse.NewClient(a)
	if status, err := c.Echo(t.Context()); status != dimse.Success || err != nil {
		t.Errorf("C-ECHO: %s, %v", status, err)
	}
	if _, _, err := find(t, c, dicom.StudyInstanceUID); !errors.Is(err, dimse.ErrNoContext) {
		t.Errorf("C-FIND: error %v", err)
	}
	release(t, a)
}

func TestWlmscpfsAnswers(t *testing.T) {
	s := realserver.Wlmscpfs(t, realserver.DCMTKOptions{Studies: realserver.Studies(1, 12, 0, realserver.StudyOptions{})})
	a := called(t, s, ul.Options{}, dicom.ModalityWorklistFind)
	keys := []dimse.Key{{Tag: dicom.AccessionNumber, VR: dicom.SH}, {Tag: dicom.ScheduledProcedureStepSequence, VR: dicom.SQ}, {Tag: dicom.StudyInstanceUID, VR: dicom.UI}}
	seen := 0
	r, err := dimse.NewClient(a).Find(t.Context(), dicom.ModalityWorklistFind, keys, func(m dimse.Match) bool {
		it := m.Elements()
		for it.Next() {
			if it.Tag() == dicom.StudyInstanceUID && len(it.Value()) > 0 {
				seen++
			}
		}
		if it.Err() != nil {
			t.Error(it.Err())
		}
		return true
	})
	if err != nil || r.Final != dimse.Success || r.Pending != 12 || seen != 12 {
		t.Errorf("%+v, %d with a study UID, %v", r, seen, err)
	}
	release(t, a)
}

// TestTLSServerAnswers uses storescp; Debian's dcmqrscp knows no TLS.
func TestTLSServerAnswers(t *testing.T) {
	_, key, certificate := testCertificate(t)
	s := realserver.Storescp(t, realserver.DCMTKOptions{Args: []string{"+tls", key, certificate, "-ic"}})
	conn, err := net.Dial("tcp", s.DICOMAddr())
	if err != nil {
		t.Fatal(err)
	}
	rq := ul.AssociateRQ{CalledAETitle: s.AETitle, CallingAETitle: "LEADGLASS", Contexts: ul.Propose(dicom.Verification)}
	a, err := ul.Request(t.Context(), tls.Client(conn, &tls.Config{InsecureSkipVerify: true}), rq, ul.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := dimse.NewClient(a).Echo(t.Context()); status != dimse.Success || err != nil {
		t.Errorf("C-ECHO: %s, %v", status, err)
	}
	release(t, a)
	// Without TLS the same port resets the connection, without an alert.
	if err = refusal(t, s, rq); !errors.Is(err, ul.ErrClosed) {
		t.Errorf("without TLS: error %v", err)
	}
}
