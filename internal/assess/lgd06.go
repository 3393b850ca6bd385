package assess

import (
	"context"
	"fmt"
	"slices"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// LGD06 asks for a retrieval that cannot bring an image.
var LGD06 = Check{
	ID:       "LG-D06",
	Title:    "Images can be fetched by C-GET",
	Severity: survey.Critical,
	On:       OnDICOM,
	Means: `Anybody who reaches the port can copy the images themselves, with the names in them, over the association that
they opened; no listening port of theirs is needed. With LG-D04 it makes the whole archive downloadable.`,
	Tested: `A C-GET on an association that offers no storage context: by the protocol's own rules no image can be sent on
it. First for a study UID made up at random. 0118, 0122, 0124 and 0211 pass: refused. An association ended at the request passes
where the product is known to refuse C-GET in this way; otherwise it is unknown, because some
archives end every association that offers no storage context, whether C-GET is allowed or not.
Status 0000 fails: the archive processed an unauthenticated request, searched for the study and reports that nothing is left to send.
Other statuses do not distinguish "not allowed" from "no such study". Then, where the scope allows it (allow.sample) and studies are listed, the study with the
fewest images of the first five listed is requested in the same way. Sub-operations that were tried and failed prove that
the archive would have sent it (PS3.4 C.4.3.1.3). Its UID is kept for this one request and forgotten. Where it may not be
asked, the status is judged by what is known of the product, and anything else is unknown.`,
	Sends: `On the association of LG-D04 while it lasts, otherwise on a new one that proposes query and retrieval contexts
only: one C-GET-RQ (1.2.840.10008.5.1.4.1.2.2.3, or ...2.1.3 where only Patient Root is offered) with (0008,0052) STUDY and
(0020,000D) a UID under 2.25 made up at random. Where that is not clear, one C-FIND-RQ with (0008,0052) STUDY, (0008,0020) as
LG-D04 found studies by, (0020,000D) and (0020,1208) empty, ended by C-CANCEL-RQ after five responses, and one more C-GET-RQ.`,
	References: []string{refGet, refAccess, refPersonAuth, refGDPR, refNIS2Access, refNIST},
	Run:        runD06,
}

func runD06(ctx context.Context, s *Session) Result {
	if r, ok := s.notAssociated(); !ok {
		return r
	}
	model := dicom.StudyRootGet
	if !s.accepts(model) {
		model = dicom.PatientRootGet
	}
	if !s.accepts(model) {
		return unaccepted(s.Service, "No presentation context for C-GET was accepted.")
	}
	var p dimse.RetrievalProbe
	e := s.do(ctx, model, func(ctx context.Context, c *dimse.Client) (err error) {
		if p, err = c.ProbeGet(ctx, model); err == nil && p.Ended != dimse.NotEnded {
			return peer.OfProbe(p.Ended)
		}
		return err
	})
	switch {
	case e.contact == ended:
		return s.judgeEnd(e.end)
	case e.contact == failed:
		return unknown("A C-GET has no result: %s.", e.what)
	}
	s.note(survey.BehaviourGetUnknown, p.Status.String())
	switch {
	case p.Status.Refused():
		return pass("C-GET was refused with status %s (%s).", p.Status, meaning(p.Status))
	case p.Status == dimse.Success, attempted(p):
		return fail("An unauthenticated C-GET was processed: for a study that does not exist the answer was status %s (%s).",
			p.Status, meaning(p.Status))
	}
	return s.getStudy(ctx, fmt.Sprintf("status %s (%s) for a study that does not exist", p.Status, meaning(p.Status)), p.Status)
}

// judgeEnd judges a C-GET at which the peer ended the association, as end says. It
// is how some products refuse C-GET, and what others do wherever no storage
// context is offered.
func (s *Session) judgeEnd(end peer.End) Result {
	how := end.Name()
	s.note(survey.BehaviourGetUnknown, end.Behaviour())
	known := s.Products.FactsOf(s.Service, s.behaviours...)
	if known.GetRefusalEnds {
		return pass("C-GET was refused: the association was ended at the request (%s), which %s does where C-GET is not allowed and not otherwise.", how, known.Product)
	}
	return unknown("C-GET without a storage context ended the association (%s), which does not show whether it is allowed: some archives end every association that offers no storage context.", how)
}

// getStudy settles a C-GET whose first answer, named in first, was ambiguous.
func (s *Session) getStudy(ctx context.Context, first string, status dimse.Status) Result {
	lists := slices.Contains(s.queries, dicom.StudyRootFind) && s.accepts(dicom.StudyRootGet) && !s.dataSets
	if !s.Allow.Sample || !lists {
		why := "and there is no listed study to ask for"
		if lists {
			why = "and the scope does not allow asking for a listed study (allow.sample)"
		}
		return s.getByProduct(first, why, status)
	}
	var p dimse.RetrievalProbe
	e := s.do(ctx, dicom.StudyRootGet, func(ctx context.Context, c *dimse.Client) (err error) {
		if p, err = c.ProbeGetStudy(ctx, s.listedDates, sampleStudies); err == nil && p.Ended != dimse.NotEnded {
			return peer.OfProbe(p.Ended)
		}
		return err
	})
	switch {
	case e.contact == ended:
		return unknown("C-GET answered %s and ended the association when a listed study was requested.", first)
	case e.contact == failed:
		return unknown("C-GET answered %s; asking for a listed study has no result: %s.", first, e.what)
	case p.Asked == dimse.AskedNothing:
		return s.getByProduct(first, "and no study is listed that could be requested", status)
	}
	switch {
	case attempted(p):
		return fail("An unauthenticated C-GET was carried out: for a listed study the archive tried to send images (status %s, %d failed for want of a storage context).",
			p.Status, max(p.Failed, 0))
	case p.Status.Refused():
		return pass("C-GET of a listed study was refused with status %s (%s).", p.Status, meaning(p.Status))
	}
	return unknown("C-GET answered %s and status %s (%s) without sub-operations for a listed study.", first, p.Status, meaning(p.Status))
}

// getByProduct judges an ambiguous status by what is known of the product.
func (s *Session) getByProduct(first, why string, status dimse.Status) Result {
	if known := s.Products.FactsOf(s.Service); slices.Contains(known.GetAllowed, status.String()) {
		return fail("C-GET answered %s, which %s does where C-GET is allowed and not otherwise.", first, known.Product)
	}
	return unknown("C-GET answered %s, which does not show whether it is allowed, %s.", first, why)
}

// attempted reports whether sub-operations were tried (PS3.4 C.4.3.1.3).
func attempted(p dimse.RetrievalProbe) bool { return p.Failed > 0 || p.Completed > 0 || p.Warning > 0 }
