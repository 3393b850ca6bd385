package assess_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/survey"
)

// get answers a C-GET: for UIDs that do not exist, and for the listed one.
func get(unknownUID, listed dimse.Outcome, failed int) func(context.Context, *dimse.Request, *dimse.Retriever) dimse.Outcome {
	return func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
		if uid, _ := value(r, dicom.StudyInstanceUID); uid == "2.25.4711" {
			out.Sub.Failed = failed
			return listed
		}
		return unknownUID
	}
}

func TestGet(t *testing.T) {
	answer := dimse.Answer
	for _, test := range []struct {
		name            string
		unknown, listed dimse.Outcome
		failed          int
		state           survey.CheckState
		says            string
	}{
		{"0000", answer(0), answer(0), 0, survey.Fail, "0000"},
		{"C000, then tried", answer(0xC000), answer(0xC000), 1, survey.Fail, "1 failed"},
		{"A701, then tried", answer(0xA701), answer(0xA702), 4, survey.Fail, "A702, 4 failed"},
		{"0124", answer(0x0124), answer(0x0124), 0, survey.Pass, "0124"},
		{"0122", answer(0x0122), answer(0x0122), 0, survey.Pass, "0122"},
		{"abort", dimse.AbortAssociation, dimse.AbortAssociation, 0, survey.Unknown, "A-ABORT"},
		{"close", dimse.CloseConnection, dimse.CloseConnection, 0, survey.Unknown, "closed connection"},
		{"C000, then 0124", answer(0xC000), answer(0x0124), 0, survey.Pass, "0124"},
		{"C000 twice", answer(0xC000), answer(0xC000), 0, survey.Unknown, "without sub-operations"},
		{"C000, then 0000 and nothing", answer(0xC000), answer(0), 0, survey.Unknown, "without sub-operations"},
		{"C000, then abort", answer(0xC000), dimse.AbortAssociation, 0, survey.Unknown, "ended the association"},
		{"A900, then silence", answer(0xA900), dimse.NoResponse, 0, survey.Unknown, "in time"},
		{"never answers", dimse.NoResponse, dimse.NoResponse, 0, survey.Unknown, "in time"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &dimse.Provider{Find: list(3, dimse.Answer(dimse.Success)), Get: get(test.unknown, test.listed, test.failed)}
			a, by, tg := check(t, p, dicom.StudyRootFind, dicom.StudyRootGet)
			if c := by["LG-D06"]; c.State != test.state || !strings.Contains(c.Evidence, test.says) {
				t.Errorf("%s: %s", c.State, c.Evidence)
			}
			if slices.Contains(openRoutes(a), survey.RouteGet) != (test.state == survey.Fail) {
				t.Errorf("routes %q", openRoutes(a))
			}
			want := map[bool]survey.Verdict{true: survey.OpenImages, false: survey.Open}[test.state == survey.Fail]
			if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v != want {
				t.Errorf("verdict %s, want %s", v, want)
			}
		})
	}
}

// TestGetThatEndsTheAssociation: some archives end every association without a
// storage context at C-GET, others refuse in this way. It is a refusal where the
// product is known for it.
func TestGetThatEndsTheAssociation(t *testing.T) {
	known := survey.Product{Name: "Orthanc", Confidence: survey.Certain}
	guess := survey.Product{Name: "Orthanc", Confidence: survey.Possible}
	for name, c := range map[string]struct {
		find, get dimse.Outcome
		product   survey.Product
		state     survey.CheckState
	}{
		"answers queries":             {dimse.Answer(0), dimse.AbortAssociation, survey.Product{}, survey.Unknown},
		"PixelMed":                    {dimse.Answer(0), dimse.AbortAssociation, survey.Product{Name: "PixelMed DicomAndWebStorageServer", Confidence: survey.Certain}, survey.Unknown},
		"refuses queries alike":       {dimse.AbortAssociation, dimse.AbortAssociation, survey.Product{}, survey.Unknown},
		"refuses queries otherwise":   {dimse.CloseConnection, dimse.AbortAssociation, survey.Product{}, survey.Unknown},
		"refuses queries by a status": {dimse.Answer(0x0124), dimse.AbortAssociation, survey.Product{}, survey.Unknown},
		"known for it":                {dimse.Answer(0), dimse.AbortAssociation, known, survey.Pass},
		"guessed":                     {dimse.Answer(0), dimse.AbortAssociation, guess, survey.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := identify(t, provide(t, &dimse.Provider{Find: outcome(c.find), Get: get(c.get, c.get, 0)}, dicom.StudyRootFind, dicom.StudyRootGet))
			tg.session.Service.Product = c.product
			a, by := tg.run(t)
			if got := by["LG-D06"]; got.State != c.state {
				t.Errorf("%s: %s", got.State, got.Evidence)
			}
			want := survey.DecidedClosed
			if c.state == survey.Unknown {
				want = survey.Undecided
			}
			if got := survey.ExposureOf(a.Checks).With(survey.Retrieves).State(); got != want {
				t.Errorf("images %s, want %s", got, want)
			}
		})
	}
}

// TestGetAloneIsNotOpen: without a query there is nothing to name.
func TestGetAloneIsNotOpen(t *testing.T) {
	p := &dimse.Provider{Get: get(dimse.Answer(0), dimse.Answer(0), 0)}
	a, by, tg := check(t, p, dicom.PatientRootGet)
	expect(t, by, map[string]survey.CheckState{"LG-D04": survey.Pass, "LG-D06": survey.Fail})
	if v := survey.VerdictOf([]survey.Service{*tg.session.Service}, a.Checks); v != survey.Identified {
		t.Errorf("verdict %s", v)
	}
}

func TestMove(t *testing.T) {
	for _, test := range []struct {
		outcome dimse.Outcome
		toolkit string
		failed  int
		state   survey.CheckState
		says    string
	}{
		{dimse.Answer(0xA801), "", 0, survey.Pass, "A801 (move destination unknown)"},
		{dimse.Answer(0xC801), "", 0, survey.Pass, "C801"},
		{dimse.Answer(0x0124), "", 0, survey.Pass, "0124"},
		{dimse.Answer(0x0122), "", 0, survey.Pass, "0122"},
		{dimse.AbortAssociation, "", 0, survey.Unknown, "A-ABORT"},
		{dimse.CloseConnection, "", 0, survey.Unknown, "closed connection"},
		{dimse.Answer(0), "pynetdicom", 0, survey.Fail, "0000"},
		{dimse.Answer(0xA702), "DCMTK", 0, survey.Fail, "A702"},
		{dimse.Answer(0xB000), "", 0, survey.Fail, "B000"},
		{dimse.Answer(0xC000), "", 2, survey.Fail, "takes our AE title"},
		{dimse.Answer(0), "DCMTK", 0, survey.Unknown, "only when there is something to send"},
		{dimse.Answer(0), "", 0, survey.Unknown, "0000"},
		{dimse.Answer(0xC000), "DCMTK", 0, survey.Unknown, "C000"},
		{dimse.Answer(0xA900), "", 0, survey.Unknown, "A900"},
		{dimse.NoResponse, "", 0, survey.Unknown, "in time"},
	} {
		t.Run(fmt.Sprintf("%X %s", uint32(test.outcome), test.toolkit), func(t *testing.T) {
			t.Parallel()
			var destination atomic.Value
			p := &dimse.Provider{Move: func(_ context.Context, r *dimse.Request, out *dimse.Retriever) dimse.Outcome {
				if r.Destination != calling {
					return dimse.Answer(0xA801)
				}
				destination.Store(r.Destination)
				out.Sub.Failed = test.failed
				return test.outcome
			}}
			tg := identify(t, provide(t, p, dicom.StudyRootMove))
			tg.session.Service.Toolkit.Name = test.toolkit
			tg.session.Patience = 400 * time.Millisecond
			a, by := tg.run(t)
			if c := by["LG-D07"]; c.State != test.state || !strings.Contains(c.Evidence, test.says) {
				t.Errorf("%s: %s", c.State, c.Evidence)
			}
			if slices.Contains(openRoutes(a), survey.RouteMove) != (test.state == survey.Fail) {
				t.Errorf("routes %q", openRoutes(a))
			}
			if destination.Load() != calling {
				t.Errorf("destination %q, want our own title", destination.Load())
			}
		})
	}
}

// TestMoveToAnybody: a peer that answers a destination made up at random as it
// answers ours says nothing of ours; simple_storage of CTN, which holds no
// image, answers B000 to every C-MOVE.
func TestMoveToAnybody(t *testing.T) {
	for _, status := range []dimse.Status{0, 0xB000, 0xA702} {
		p := &dimse.Provider{Move: func(context.Context, *dimse.Request, *dimse.Retriever) dimse.Outcome {
			return dimse.Answer(status)
		}}
		tg := identify(t, provide(t, p, dicom.StudyRootMove))
		tg.session.Service.Toolkit.Name = "CTN"
		a, by := tg.run(t)
		if c := by["LG-D07"]; c.State != survey.Unknown || !strings.Contains(c.Evidence, "made-up one") || len(openRoutes(a)) > 0 {
			t.Errorf("%s: %s: %s", status, c.State, c.Evidence)
		}
	}
}
