// Package peer says how an exchange with a peer ended. It sorts the errors of
// connections, of TLS, of the upper layer, of DIMSE and of HTTP into few kinds,
// each with one wording for findings, and judges nothing: what an end means for
// a port, a check or a count is said by identify, assess and census. No text of
// it holds a byte of the peer, or an address.
package peer

import (
	"errors"

	"leadglass/dicom/dimse"
	"leadglass/dicom/ul"
	"leadglass/internal/survey"
)

// Kind is a way in which an exchange ends.
type Kind uint8

// The kinds. Those from Rejected to Released are the peer's own words in the
// upper layer (PS3.8 9.3.4, 9.3.6, 9.3.8).
const (
	// Failed is an error of no other kind.
	Failed Kind = iota
	// Rejected: A-ASSOCIATE-RJ.
	Rejected
	// Aborted: A-ABORT.
	Aborted
	// Released: A-RELEASE-RQ instead of an answer.
	Released
	// Closed: the peer closed or reset the connection without a word.
	Closed
	// Alert: the peer ended TLS with an alert (RFC 8446 6).
	Alert
	// NotTLS: the answer to a ClientHello is not TLS.
	NotTLS
	// Foreign: the answer belongs to another protocol.
	Foreign
	// Malformed: the answer breaks the protocol.
	Malformed
	// NoContext: the peer did not accept the presentation context.
	NoContext
	// Refused: the connection was refused.
	Refused
	// Unroutable: there is no route to the host.
	Unroutable
	// Silent: an attempt to connect was not answered in time.
	Silent
	// Unanswered: a request on an open connection was not answered in time.
	Unanswered
	// Late: no answer in time; whether there was a connection is not known.
	Late
	// OutOfTime: the time limit of the work was reached, whatever the peer did.
	OutOfTime
	// OverBudget: the host's budget of time or bytes is used up.
	OverBudget
	// OutOfScope: the scope does not permit the address, or is no longer valid.
	OutOfScope
)

// words are the names and clauses of the kinds. A name fits in parentheses, a
// clause says why there is no result.
func (k Kind) words() (name, clause string) {
	switch k {
	case Rejected:
		return "A-ASSOCIATE-RJ", "the peer rejected the association"
	case Aborted:
		return "A-ABORT", "the peer aborted the association"
	case Released:
		return "A-RELEASE", "the peer released the association"
	case Closed:
		return "a closed connection", "the peer closed the connection"
	case Alert:
		return "a TLS alert", "the peer ended TLS with an alert"
	case NotTLS:
		return "no TLS", "the answer is not TLS"
	case Foreign:
		return "another protocol", "the answer is of another protocol"
	case Malformed:
		return "a malformed answer", "the answer breaks the protocol"
	case NoContext:
		return "no presentation context", "the presentation context was not accepted"
	case Refused:
		return "a refused connection", "the connection was refused"
	case Unroutable:
		return "no route", "no route to the host"
	case Silent:
		return "no connection", "the connection was not answered in time"
	case Unanswered, Late:
		return "no answer", "no answer came in time"
	case OutOfTime:
		return "the time limit", "the time limit was reached"
	case OverBudget:
		return "the budget", "the host's budget ran out"
	case OutOfScope:
		return "the scope", "the scope does not permit it"
	}
	return "a failed connection", "the connection failed"
}

// End is how one exchange ended. It is an error too, for functions that know
// the end without one.
type End struct {
	Kind Kind
	// Detail is what the standard calls the peer's codes, the protocol that an
	// answer looks like, or what is wrong with it; may be empty.
	Detail string
}

// Name is the end as a noun: "A-ABORT", "a closed connection".
func (e End) Name() string {
	name, _ := e.Kind.words()
	return name
}

// String is the end as a clause, with the detail: "the peer rejected the
// association (rejected-permanent, service-user, no-reason-given)".
func (e End) String() string {
	_, clause := e.Kind.words()
	if e.Detail == "" {
		return clause
	}
	return clause + " (" + e.Detail + ")"
}

// Error implements error.
func (e End) Error() string { return e.String() }

// ByPeer reports whether the peer ended an established association.
func (e End) ByPeer() bool { return e.Kind == Aborted || e.Kind == Released || e.Kind == Closed }

// TimedOut reports whether the peer did not answer in time.
func (e End) TimedOut() bool { return e.Kind == Silent || e.Kind == Unanswered || e.Kind == Late }

// Behaviour is the end as behaviours name it, "" for kinds that none names.
func (e End) Behaviour() string {
	switch e.Kind {
	case Aborted:
		return survey.BehaviourAbort
	case Closed:
		return survey.BehaviourClose
	}
	return ""
}

// OfProbe is the end that a retrieval probe reports; nil where the peer did not
// end the association.
func OfProbe(ending dimse.Ending) error {
	switch ending {
	case dimse.EndedByAbort:
		return End{Kind: Aborted}
	case dimse.EndedByClose:
		return End{Kind: Closed}
	case dimse.EndedByRelease:
		return End{Kind: Released}
	}
	return nil
}

// Parts of an examination in which a peer may reject or abort, as findings name
// them in a rejection.
const (
	DuringAssociation = "association"
	DuringEcho        = "c-echo"
	DuringFind        = "c-find"
)

// Rejection is the record of an A-ASSOCIATE-RJ or A-ABORT, nil for other
// errors. during is one of the parts above.
func Rejection(err error, during string) *survey.Rejection {
	var rejected *ul.RejectedError
	var aborted *ul.AbortedError
	switch {
	case errors.As(err, &rejected):
		rj := rejected.RJ
		return &survey.Rejection{Kind: "reject", Result: uint8(rj.Result), Source: uint8(rj.Source),
			Reason: uint8(rj.Reason), Text: rj.String(), During: during}
	case errors.As(err, &aborted):
		a := aborted.Abort
		return &survey.Rejection{Kind: "abort", Source: uint8(a.Source), Reason: uint8(a.Reason), Text: a.String(), During: during}
	}
	return nil
}
