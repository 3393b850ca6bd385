// Package assess answers one question: how open is this service? It holds the
// catalogue of checks, one file a check, and makes those that fit a subject: a
// DICOM service, an HTTP service, or the host as a whole.
//
// Every check is read-only and bounded, and says pass, fail, unknown or not
// applicable, with one sentence of evidence that holds no byte of a peer's data
// set. The package never counts what an archive holds (that is the next stage,
// the census), never dials (associations are opened by the caller's Opener),
// and asks for values that identify a person only in the sample of LG-D10, of
// which it learns the classes and nothing else.
package assess

import (
	"context"
	"fmt"

	"leadglass/dicom"
	"leadglass/internal/survey"
)

// Subject is the kind of thing that a check is made on.
type Subject string

// The subjects.
const (
	// OnDICOM checks are made once for each DICOM service.
	OnDICOM Subject = "dicom"
	// OnHTTP checks are made once for each HTTP service.
	OnHTTP Subject = "http"
	// OnTLS checks are made once for each DICOM or HTTP service, and for each
	// port whose TLS keeps us out.
	OnTLS Subject = "tls"
	// OnHost checks are made once for a host, over all its services.
	OnHost Subject = "host"
)

// Check is an entry of the catalogue: what it is for, what it does, how to fix
// what it finds, and the check itself. Pages, reports and help are made of it.
type Check struct {
	ID string `json:"id"`
	// Title says what is wrong where the check fails.
	Title    string          `json:"title"`
	Severity survey.Severity `json:"severity"`
	On       Subject         `json:"on"`
	// Means says what a failure means for patients and for the operator.
	Means string `json:"means"`
	// Tested says how the check is made and how answers are judged.
	Tested string `json:"tested"`
	// Sends says exactly what is put on the wire.
	Sends      string   `json:"sends"`
	References []string `json:"references"`

	Run func(context.Context, *Session) Result `json:"-"`
}

// Result is what a check found. Evidence is one sentence; for Unknown and
// NotApplicable it is the reason.
type Result struct {
	State    survey.CheckState
	Evidence string
}

func pass(format string, args ...any) Result {
	return Result{survey.Pass, fmt.Sprintf(format, args...)}
}

func fail(format string, args ...any) Result {
	return Result{survey.Fail, fmt.Sprintf(format, args...)}
}

func unknown(format string, args ...any) Result {
	return Result{survey.Unknown, fmt.Sprintf(format, args...)}
}

func notApplicable(format string, args ...any) Result {
	return Result{survey.NotApplicable, fmt.Sprintf(format, args...)}
}

// Assessment is what the checks of one service found.
type Assessment struct {
	Checks []survey.Check
	// Queries are the SOP classes whose C-FIND was answered: of Study Root,
	// Patient Root and Modality Worklist, in this order.
	Queries []string
	// Behaviours are the facts seen, named as survey.BehaviourFind and its
	// like, for telling products apart.
	Behaviours []string
	// Classes are the classes of identifying attributes that LG-D10 and LG-D11
	// found present or absent; nil where none could be asked for.
	Classes []survey.IdentifyingClass
	// Traffic counts associations, queries and responses of the assessment.
	Traffic survey.Traffic
}

// QueryAnswered reports whether a study or patient query was answered, so that
// there is something to count.
func (a Assessment) QueryAnswered() bool { return a.QueryModel() != "" }

// QueryModel returns the SOP class by which to count: Study Root where it
// answers, else Patient Root, else "".
func (a Assessment) QueryModel() string {
	for _, q := range a.Queries {
		if q == dicom.StudyRootFind || q == dicom.PatientRootFind {
			return q
		}
	}
	return ""
}

// Run makes the checks that fit the session's service, none where it speaks
// neither DICOM nor HTTP and has no TLS to describe; or those of the host as a whole where there is no
// service. On a DICOM service it also sets what only a query can show:
// Levels.QueryAnswered, and Rejection where the peer aborted at the query and
// had not rejected anything before.
func Run(ctx context.Context, s *Session) Assessment {
	defer s.hangUp(ctx)
	var a Assessment
	on := s.subject()
	for _, c := range Catalogue() {
		if c.On == on || c.On == OnTLS && (on == OnDICOM || on == OnHTTP) {
			a.Checks = append(a.Checks, c.report(s, c.Run(ctx, s)))
		}
	}
	a.Queries, a.Behaviours, a.Traffic = s.queries, s.behaviours, s.traffic
	a.Classes = s.classes()
	if len(a.Queries) > 0 {
		s.Service.Levels.QueryAnswered = true
	}
	return a
}

// report makes the finding's form of a result.
func (c Check) report(s *Session, r Result) survey.Check {
	out := survey.Check{ID: c.ID, State: r.State, Severity: c.Severity, Title: c.Title,
		Evidence: r.Evidence, References: c.References}
	if s.Service != nil {
		out.Port = s.Service.Port
	}
	if r.State == survey.Fail {
		out.Remedy = s.remedies().Remedy(c.ID, s.Service)
	}
	return out
}
