package assess

import (
	"context"
	"crypto/rand"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// LGD07 asks for a move of a study that does not exist to where nothing
// listens.
var LGD07 = Check{
	ID:       "LG-D07",
	Title:    "Images can be sent to us by C-MOVE",
	Severity: survey.High,
	On:       OnDICOM,
	Means: `C-MOVE makes the archive send images to an AE title of the caller's choice. An archive that accepts any title as
a destination sends images to anyone; one that accepts only the titles of its list still lets anyone start transfers
between the hospital's own machines.`,
	Tested: `A C-MOVE for a study UID made up at random, to our own calling AE title, where nothing listens. 0118, 0122, 0124 and 0211 pass: refused. So does an association ended
at the request where the product is known to refuse C-MOVE in this way; otherwise it is unknown, because a fault of the peer ends it as well. A801 (destination unknown) and C801 (destination not allowed)
pass: moves are processed, but not to unknown destinations. B000, A702 and sub-operations that were tried fail: our title is known as a
destination. Before a fail the same is requested to a title made up at random: where that is answered alike, nothing is known of ours, and
the result is unknown. Status 0000 fails too, except where the peer is built on a toolkit that is not known, or that is known to
look for the study before it looks at the destination, so that 0000 says nothing about the latter: the result is then
unknown, as it is for C000.`,
	Sends: `On the association of LG-D04 while it lasts, otherwise on a new one: one C-MOVE-RQ (1.2.840.10008.5.1.4.1.2.2.2, or
...2.1.2 where only Patient Root is offered) with our calling AE title as destination, (0008,0052) STUDY and (0020,000D) a
UID under 2.25 made up at random; where that would fail, one more with a destination made up at random.`,
	References: []string{refMove, refAccess, refGDPR, refNIS2Access},
	Run:        runD07,
}

func runD07(ctx context.Context, s *Session) Result {
	if r, ok := s.notAssociated(); !ok {
		return r
	}
	model := dicom.StudyRootMove
	if !s.accepts(model) {
		model = dicom.PatientRootMove
	}
	if !s.accepts(model) {
		return unaccepted(s.Service, "No presentation context for C-MOVE was accepted.")
	}
	if s.CallingAETitle == "" {
		return unknown("There is no calling AE title of ours to name as destination.")
	}
	p, e := s.move(ctx, model, s.CallingAETitle)
	switch e.contact {
	case ended:
		return s.judgeMoveEnd(e.end)
	case failed:
		return unknown("A C-MOVE has no result: %s.", e.what)
	}
	s.note(survey.BehaviourMoveUnknown, p.Status.String())
	r := s.judgeMove(p)
	if r.State != survey.Fail {
		return r
	}
	// What is answered alike for a destination that nobody knows says nothing
	// of ours.
	control, e := s.move(ctx, model, inventedTitle())
	switch {
	case e.contact == failed:
		return unknown("C-MOVE to our AE title was answered with status %s (%s); to a made-up one it has no result: %s.", p.Status, meaning(p.Status), e.what)
	case e.contact == answered && control.Status == p.Status && attempted(control) == attempted(p):
		return unknown("C-MOVE of a study that does not exist was answered with status %s (%s), to our AE title and to a made-up one, which does not show whether ours is accepted.", p.Status, meaning(p.Status))
	}
	return r
}

// judgeMoveEnd judges a C-MOVE at which the peer ended the association, as end says.
func (s *Session) judgeMoveEnd(end peer.End) Result {
	how := end.Name()
	s.note(survey.BehaviourMoveUnknown, end.Behaviour())
	if known := s.Products.FactsOf(s.Service, s.behaviours...); known.MoveRefusalEnds {
		return pass("C-MOVE was refused: the association was ended at the request (%s), which %s does where C-MOVE is not allowed and not otherwise.", how, known.Product)
	}
	return unknown("A C-MOVE of a study that does not exist ended the association (%s), which does not show whether it is allowed.", how)
}

// move requests the transfer of a study made up at random to a destination.
func (s *Session) move(ctx context.Context, model, destination string) (p dimse.RetrievalProbe, e exchange) {
	e = s.do(ctx, model, func(ctx context.Context, c *dimse.Client) (err error) {
		if p, err = c.ProbeMove(ctx, model, destination); err == nil && p.Ended != dimse.NotEnded {
			return peer.OfProbe(p.Ended)
		}
		return err
	})
	return p, e
}

// inventedTitle is an AE title that no archive knows, of 16 characters at most.
func inventedTitle() string { return "LG" + rand.Text()[:14] }

func (s *Session) judgeMove(p dimse.RetrievalProbe) Result {
	switch {
	case p.Status.Refused():
		return pass("C-MOVE was refused with status %s (%s).", p.Status, meaning(p.Status))
	case p.Status == dimse.MoveDestinationUnknown, p.Status == statusMoveNotAllowed:
		return pass("Moves are processed, but only to configured destinations: the answer was status %s (%s).", p.Status, meaning(p.Status))
	case attempted(p), p.Status == dimse.SubOperationsFailed, p.Status == dimse.OutOfResourcesTransfer:
		return fail("C-MOVE takes our AE title for a destination: the answer was status %s (%s).", p.Status, meaning(p.Status))
	case p.Status == dimse.Success && s.checksDestinationLast():
		return unknown("C-MOVE of a study that does not exist was answered with status 0000 (success), which peers give that look at the destination only when there is something to send.")
	case p.Status == dimse.Success:
		return fail("An unauthenticated C-MOVE to our AE title was processed: the answer was status 0000 (success).")
	}
	return unknown("C-MOVE was answered with status %s (%s), which does not show whether our destination is accepted.", p.Status, meaning(p.Status))
}

// checksDestinationLast reports whether the peer is, or may be, one that
// searches for the study before it looks at the destination.
func (s *Session) checksDestinationLast() bool {
	return s.Service.Toolkit.Name == "" || s.Products.FactsOf(s.Service).StudyBeforeDestination
}
