package dimse_test

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
)

// asked reads what a retrieval request asks for.
func asked(r *dimse.Request) (level, uid string) {
	it := r.Elements()
	for it.Next() {
		switch it.Tag() {
		case dicom.QueryRetrieveLevel:
			level = string(dicom.Trim(it.Value()))
		case dicom.StudyInstanceUID:
			uid = string(dicom.Trim(it.Value()))
		}
	}
	return level, uid
}

func TestProbesAskForARandomUID(t *testing.T) {
	seen := make(map[string]bool)
	look := func(r *dimse.Request) dimse.Outcome {
		level, uid := asked(r)
		if level != "STUDY" || seen[uid] || !regexp.MustCompile(`^2\.25\.[1-9][0-9]{20,38}$`).MatchString(uid) {
			t.Errorf("asked for %s %q", level, uid)
		}
		seen[uid] = true
		return dimse.Answer(0xC000)
	}
	p := &dimse.Provider{
		Get: func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome { return look(r) },
		Move: func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
			if r.Destination != "NOWHERE" {
				t.Errorf("destination %q", r.Destination)
			}
			return look(r)
		},
	}
	c := dimse.NewClient(request(t, serve(t, p, ul.Options{}, acceptAll), dicom.StudyRootGet, dicom.PatientRootGet, dicom.StudyRootMove, dicom.PatientRootMove))
	want := dimse.RetrievalProbe{Status: 0xC000, Remaining: -1}
	for range 3 {
		for _, class := range []string{dicom.StudyRootGet, dicom.PatientRootGet} {
			if got, err := c.ProbeGet(t.Context(), class); err != nil || got != want {
				t.Errorf("C-GET: %+v, %v", got, err)
			}
		}
		for _, class := range []string{dicom.StudyRootMove, dicom.PatientRootMove} {
			if got, err := c.ProbeMove(t.Context(), class, "NOWHERE"); err != nil || got != want {
				t.Errorf("C-MOVE: %+v, %v", got, err)
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d UIDs were asked for, want 12", len(seen))
	}
}

// TestProbeAnswers plays the answers that real servers give to a C-GET.
func TestProbeAnswers(t *testing.T) {
	rsp := func(status dimse.Status, data []byte, sub ...int) []byte {
		return response{dimse.CGetRSP, 1, 1, status, data, sub}.pdu()
	}
	absent := dimse.RetrievalProbe{Remaining: -1, Completed: -1, Failed: -1, Warning: -1}
	ended := func(how dimse.Ending) dimse.RetrievalProbe {
		return dimse.RetrievalProbe{Remaining: -1, Completed: -1, Failed: -1, Warning: -1, Ended: how}
	}
	for _, c := range []struct {
		name string
		peer func(scripted)
		want dimse.RetrievalProbe
	}{
		{"success, nothing found", func(p scripted) { p.send(rsp(0, nil, -1, 0, 0, 0)) }, dimse.RetrievalProbe{Remaining: -1}},
		{"success without counts", func(p scripted) { p.send(rsp(0, nil)) }, absent},
		{"refused", func(p scripted) { p.send(rsp(0xC000, nil, -1, 0, 1, 0)) }, dimse.RetrievalProbe{Status: 0xC000, Remaining: -1, Failed: 1}},
		{"pending, then no sub-operation could be made", func(p scripted) {
			p.send(rsp(0xFF00, nil, 3, 0, 0, 0), rsp(0xFF00, nil, 2, 0, 1, 0), rsp(0xA702, study(1), -1, 0, 3, 0))
		}, dimse.RetrievalProbe{Status: 0xA702, Remaining: -1, Failed: 3}},
		{"pending with an identifier", func(p scripted) { p.send(rsp(0xFF00, study(1), 1, 0, 0, 0), rsp(0xB000, nil, 4, 1, 2, 3)) },
			dimse.RetrievalProbe{Status: 0xB000, Remaining: 4, Completed: 1, Failed: 2, Warning: 3}},
		{"aborted", func(p scripted) { p.send(ul.AppendAbort(nil, ul.Abort{})) }, ended(dimse.EndedByAbort)},
		{"closed", func(p scripted) {}, ended(dimse.EndedByClose)},
		{"released", func(p scripted) { p.send(ul.AppendReleaseRQ(nil)); p.read() }, ended(dimse.EndedByRelease)},
		{"closed after pending responses", func(p scripted) { p.send(rsp(0xFF00, nil, 3, 0, 0, 0)) }, ended(dimse.EndedByClose)},
	} {
		a := withPeer(t, ul.Options{}, func(p scripted) { p.query(); c.peer(p) }, dicom.StudyRootGet)
		got, err := dimse.NewClient(a).ProbeGet(t.Context(), dicom.StudyRootGet)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
		a.Close()
	}
}

// TestProbeAbortsWhatItDidNotAskFor: an image that a peer sends all the same
// is cut off.
func TestProbeAbortsWhatItDidNotAskFor(t *testing.T) {
	for name, sent := range map[string][]byte{
		"C-STORE-RQ":       response{dimse.CStoreRQ, 1, 1, 0, study(1), nil}.pdu(),
		"another response": response{dimse.CFindRSP, 1, 1, dimse.Pending, study(1), nil}.pdu(),
		"bare data":        append(ul.AppendPDataHeader(nil, 1, 0, 1000), make([]byte, 1000)...),
	} {
		answer := make(chan byte, 1)
		a := withPeer(t, ul.Options{}, func(p scripted) {
			p.query()
			p.send(sent)
			kind, _ := p.read()
			answer <- kind
		}, dicom.StudyRootGet)
		if _, err := dimse.NewClient(a).ProbeGet(t.Context(), dicom.StudyRootGet); !isProtocolError(err) {
			t.Errorf("%s: error %v", name, err)
		}
		if kind := <-answer; kind != ul.TypeAbort {
			t.Errorf("%s: answered with PDU type %02X, want A-ABORT", name, kind)
		}
	}
}

func TestProbeEndsWithEndlessPendingResponses(t *testing.T) {
	a := withPeer(t, ul.Options{}, func(p scripted) {
		p.query()
		for {
			if _, err := p.Write(response{dimse.CGetRSP, 1, 1, dimse.Pending, nil, nil}.pdu()); err != nil {
				return
			}
		}
	}, dicom.StudyRootGet)
	_, err := dimse.NewClient(a).ProbeGet(t.Context(), dicom.StudyRootGet)
	if err == nil || !strings.Contains(err.Error(), "more than 10000 pending responses") {
		t.Errorf("error %v", err)
	}
}

// listing is a provider with studies of the numbers of images given, by UID.
func listing(t *testing.T, studies [][2]string, got *string) *dimse.Provider {
	return &dimse.Provider{
		Find: func(_ context.Context, r *dimse.Request, out *dimse.Responder) dimse.Outcome {
			for _, s := range studies {
				d := dicom.AppendString(nil, r.Syntax, dicom.StudyInstanceUID, dicom.UI, s[0])
				if s[1] != "absent" {
					d = dicom.AppendString(d, r.Syntax, dicom.NumberOfStudyRelatedInstances, dicom.IS, s[1])
				}
				if out.Cancelled() {
					return dimse.Answer(dimse.Cancelled)
				}
				if err := errors.Join(out.Pending(d), out.Flush()); err != nil {
					t.Error(err)
				}
			}
			return dimse.Answer(dimse.Success)
		},
		Get: func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
			_, *got = asked(r)
			out.Sub.Failed = 1
			return dimse.Answer(dimse.OutOfResourcesTransfer)
		},
	}
}

func TestProbeGetStudyAsksForTheSmallest(t *testing.T) {
	for _, c := range []struct {
		name    string
		sample  int64
		studies [][2]string
		want    string
	}{
		{"smallest", 10, [][2]string{{"1.1", "30"}, {"1.2", "2"}, {"1.3", "3"}}, "1.2"},
		{"first of equals", 10, [][2]string{{"1.1", "2"}, {"1.2", "2"}}, "1.1"},
		{"only the sample counts", 2, [][2]string{{"1.1", "30"}, {"1.2", "20"}, {"1.3", "1"}}, "1.2"},
		{"unknown counts as large", 10, [][2]string{{"1.1", "absent"}, {"1.2", "500"}, {"1.3", "0"}, {"1.4", "x"}}, "1.2"},
		{"all unknown", 10, [][2]string{{"1.1", "absent"}, {"1.2", "absent"}}, "1.1"},
		{"UIDs that are none", 10, [][2]string{{"", "1"}, {"*", "1"}, {`1.2\1.3`, "1"}, {"1.?", "1"}, {strings.Repeat("1", 65), "1"}, {"1.9", "7"}}, "1.9"},
		{"nothing", 10, nil, ""},
		{"nothing of use", 10, [][2]string{{"*", "1"}}, ""},
	} {
		var got string
		a := request(t, serve(t, listing(t, c.studies, &got), ul.Options{}, acceptAll), dicom.StudyRootFind, dicom.StudyRootGet)
		p, err := dimse.NewClient(a).ProbeGetStudy(t.Context(), "", c.sample)
		want := dimse.RetrievalProbe{Status: dimse.OutOfResourcesTransfer, Remaining: -1, Failed: 1, Asked: dimse.AskedStudy}
		if c.want == "" {
			want = dimse.RetrievalProbe{Remaining: -1, Completed: -1, Failed: -1, Warning: -1, Asked: dimse.AskedNothing}
		}
		if err != nil || got != c.want || p != want {
			t.Errorf("%s: asked for %q, want %q; %+v, %v", c.name, got, c.want, p, err)
		}
		if err := a.Release(t.Context()); err != nil {
			t.Errorf("%s: releasing: %v", c.name, err)
		}
	}
}

// TestProbeGetStudyLeavesNoUID: the buffers hold no trace of what was asked
// for.
func TestProbeGetStudyLeavesNoUID(t *testing.T) {
	var got string
	buffer := make([]byte, ul.DefaultReadBuffer)
	addr := serve(t, listing(t, [][2]string{{"1.2.3.99999", "1"}}, &got), ul.Options{}, acceptAll)
	rq := ul.AssociateRQ{Contexts: ul.Propose(dicom.StudyRootFind, dicom.StudyRootGet)}
	if _, err := dimse.NewClient(requestWith(t, addr, rq, ul.Options{Buffer: buffer})).ProbeGetStudy(t.Context(), "", 1); err != nil {
		t.Fatal(err)
	}
	if got != "1.2.3.99999" || strings.Contains(string(buffer), "99999") {
		t.Errorf("asked for %q; the receive buffer holds the UID: %v", got, strings.Contains(string(buffer), "99999"))
	}
}

// TestProbesRefuseStorageContexts: on an association that proposed a storage
// SOP class no probe sends anything, accepted or not.
func TestProbesRefuseStorageContexts(t *testing.T) {
	for _, class := range []string{dicom.CTImageStorage, dicom.SecondaryCaptureImageStorage, dicom.EncapsulatedPDFStorage,
		"1.2.840.10008.5.1.4.1.1.999.1", dicom.ModalityWorklistFind, "1.2.3"} {
		a := withPeer(t, ul.Options{}, func(p scripted) {
			if kind, _ := p.read(); kind != ul.TypeReleaseRQ {
				t.Errorf("%s: PDU type %02X was sent", class, kind)
			}
			p.send(ul.AppendReleaseRP(nil))
		}, dicom.StudyRootFind, dicom.StudyRootGet, dicom.StudyRootMove, class)
		c := dimse.NewClient(a)
		_, get := c.ProbeGet(t.Context(), dicom.StudyRootGet)
		_, move := c.ProbeMove(t.Context(), dicom.StudyRootMove, "NOWHERE")
		_, study := c.ProbeGetStudy(t.Context(), "", 5)
		for i, err := range []error{get, move, study} {
			if err == nil || !strings.Contains(err.Error(), "must not run on an association that proposed "+class) {
				t.Errorf("%s, probe %s: error %v", class, strconv.Itoa(i), err)
			}
		}
		if err := a.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
