package assess

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// reply is how a query went.
type reply struct {
	kind replyKind
	// status is the final status; meaningful unless refused by an end.
	status dimse.Status
	// matches is the number of responses seen, which stops at the first; bare
	// says that it came without an identifier.
	matches int64
	bare    bool
	// end is how the peer ended the association, zero when it did not.
	end peer.End
	// what says how it went, as part of a sentence.
	what string
}

type replyKind uint8

const (
	// replyAnswered: the peer processes queries of ours.
	replyAnswered replyKind = iota
	// replyRefused: it does not.
	replyRefused
	// replyUnclear: a failure status that says neither.
	replyUnclear
	// replyEnded: the peer ended the association at the request.
	replyEnded
	// replyNone: no answer, for the reason in what.
	replyNone
)

// ask sends a query and stops it by C-CANCEL after the first response, which
// is counted and not looked at.
func (s *Session) ask(ctx context.Context, sopClass string, keys []dimse.Key) reply {
	var result dimse.FindResult
	var cause error
	bare := false
	e := s.do(ctx, sopClass, func(ctx context.Context, c *dimse.Client) error {
		result, cause = find(ctx, c, sopClass, keys, func(m dimse.Match) { bare = m.Bare })
		s.sent(1, result.Pending, result.Duration, cause)
		if result.Pending > 0 && cause != nil {
			return errCutOff
		}
		return cause
	})
	switch {
	case result.Pending > 0:
		// Whatever happened afterwards: a response is an answer.
		return reply{kind: replyAnswered, status: dimse.Pending, matches: result.Pending, bare: bare}
	case e.contact == ended:
		s.recordAbort(cause)
		return reply{kind: replyEnded, end: e.end, what: "the association was ended at the request (" + e.what + ")"}
	case e.contact == failed:
		return reply{kind: replyNone, what: e.what}
	}
	return reply{kind: judgeFind(result.Final), status: result.Final,
		what: fmt.Sprintf("the answer was status %s (%s)", result.Final, meaning(result.Final))}
}

// errCutOff is the error of a query that broke off after a response: the
// association is of no more use, but the question is answered.
var errCutOff = errors.New("the query broke off after a response")

// find runs a query that ends after its first response; a peer that falls
// silent after the C-CANCEL is not waited for. see is given that response.
func find(ctx context.Context, c *dimse.Client, sopClass string, keys []dimse.Key, see func(dimse.Match)) (dimse.FindResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var limit *time.Timer
	result, err := c.Find(ctx, sopClass, keys, func(m dimse.Match) bool {
		see(m)
		limit = time.AfterFunc(cancelPatience, cancel)
		return false
	})
	if limit != nil {
		limit.Stop()
	}
	return result, err
}

// recordAbort keeps the codes of an abort at a query, unless an earlier
// rejection is on record.
func (s *Session) recordAbort(err error) {
	if s.Service.Rejection == nil {
		s.Service.Rejection = peer.Rejection(err, peer.DuringFind)
	}
}

// judgeFind says what the final status of a query without a match tells
// (PS3.4 C.4.1.1.4, PS3.7 annex C).
func judgeFind(status dimse.Status) replyKind {
	switch status.Class() {
	case dimse.ClassSuccess, dimse.ClassWarning, dimse.ClassCancel, dimse.ClassPending:
		return replyAnswered
	}
	if status.Refused() {
		return replyRefused
	}
	return replyUnclear
}

// Statuses that only this package tells apart (PS3.7 C.5, PS3.4 C.4).
const (
	statusResourceLimitation dimse.Status = 0x0213
	// statusMoveNotAllowed is what archives answer to a C-MOVE whose
	// destination is not on their list.
	statusMoveNotAllowed dimse.Status = 0xC801
)

// meaning names a status in a word or two.
func meaning(status dimse.Status) string {
	names := map[dimse.Status]string{
		dimse.Success:                "success",
		dimse.SOPClassNotSupported:   "SOP class not supported",
		dimse.NotAuthorized:          "not authorised",
		dimse.NoSuchSOPClass:         "no such SOP class",
		dimse.UnrecognizedOperation:  "unrecognised operation",
		statusResourceLimitation:     "resource limitation",
		dimse.OutOfResources:         "out of resources",
		dimse.OutOfResourcesMatches:  "out of resources, matches not counted",
		dimse.OutOfResourcesTransfer: "sub-operations not performed",
		dimse.MoveDestinationUnknown: "move destination unknown",
		statusMoveNotAllowed:         "move destination not allowed",
		dimse.IdentifierMismatch:     "identifier does not match the SOP class",
		dimse.SubOperationsFailed:    "sub-operations failed",
		dimse.Cancelled:              "cancelled",
	}
	if n, ok := names[status]; ok {
		return n
	}
	switch {
	case status>>12 == 0xC:
		return "unable to process"
	case status.Class() == dimse.ClassWarning:
		return "warning"
	}
	return "failure"
}

// inventedID makes a patient ID that no archive has, and that says in the
// archive's log whose it is. It has 26 of the 64 characters of LO.
func inventedID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return "LEADGLASS-" + hex.EncodeToString(b[:])
}

// notAssociated is the result of a check that needs an association with a
// service that grants none; ok is false then.
func (s *Session) notAssociated() (r Result, ok bool) {
	if s.Service.Levels.Associates && s.Open != nil && s.Service.CalledAETitle.Accepted != "" {
		return Result{}, true
	}
	return notApplicable("No association was accepted, so nothing could be asked."), false
}

// refusal returns r, as a refusal where the association was ended and the product is
// known to refuse queries in this way and not to end it otherwise. Of other peers an
// ended association decides nothing: a key, a list that is too long or a fault of
// the peer can be the reason.
func (s *Session) refusal(r reply) reply {
	if known := s.Products.FactsOf(s.Service, s.behaviours...); r.kind == replyEnded && known.FindRefusalEnds {
		r.kind = replyRefused
		r.what += ", as " + known.Product + " does where queries are not allowed and not otherwise"
	}
	return r
}

// unaccepted is the result where a presentation context was not accepted, as text
// says. An acceptance that was cut short before all its results decides nothing.
func unaccepted(s *survey.Service, text string) Result {
	if noted := dicom.ParseDeviations(s.Tolerated); noted&dicom.CutAcceptance != 0 && noted&dicom.UnansweredContext != 0 {
		return unknown("The acceptance was cut short before its last presentation context, so that which were accepted is not known.")
	}
	return pass("%s", text)
}

// answeredBy puts a SOP class on the list of those that answered.
func (s *Session) answeredBy(sopClass string) { s.queries = append(s.queries, sopClass) }

// studyKeys are the keys of a study query. None of them identifies a person.
func studyKeys(dates string) []dimse.Key {
	return []dimse.Key{
		{Tag: dicom.QueryRetrieveLevel, VR: dicom.CS, Value: "STUDY"},
		{Tag: dicom.StudyDate, VR: dicom.DA, Value: dates},
		{Tag: dicom.StudyTime, VR: dicom.TM},
		{Tag: dicom.ModalitiesInStudy, VR: dicom.CS},
		{Tag: dicom.StudyInstanceUID, VR: dicom.UI},
		{Tag: dicom.NumberOfStudyRelatedInstances, VR: dicom.IS},
	}
}
