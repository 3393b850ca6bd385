package examine

import (
	"fmt"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/survey"
)

// Result is what examining one candidate gave.
type Result struct {
	Finding survey.Finding
	// Sketch is the sketch of the studies counted, nil where none were.
	Sketch []byte
}

// begun is the finding of a candidate of which nothing is known yet.
func (e *Engine) begun(c survey.Candidate, started time.Time) survey.Finding {
	return survey.Finding{
		Schema: survey.FindingSchema, Target: target(c), TestedFrom: survey.TestedFromOf(c.Address),
		Services:           []survey.Service{},
		Counts:             survey.NotCounted("no service answers queries"),
		Checks:             []survey.Check{},
		IdentifyingClasses: []survey.IdentifyingClass{},
		Suspicion:          survey.Suspicion{Reasons: []string{}},
		StartedAt:          started.UTC().Truncate(time.Millisecond),
		AuthorisedBy:       e.AuthorisedBy,
	}
}

// own adds to a finding where its address is and whose, as far as is known.
func (e *Engine) own(f *survey.Finding, c survey.Candidate) {
	if e.Attribute == nil || !c.Address.IsValid() {
		return
	}
	if owner, ok := e.Attribute(c.Address); ok {
		f.Owner = &owner
	}
}

func target(c survey.Candidate) survey.Target {
	t := survey.Target{Host: c.Host, Port: c.Port}
	if c.Address.IsValid() {
		t.Address = c.Address.String()
	}
	if t.Host == "" {
		t.Host = t.Address
	}
	return t
}

// incomplete notes why a finding is not whole. The first reason is kept.
func incomplete(f *survey.Finding, why string) {
	if f.Incomplete == nil {
		f.Incomplete = &why
	}
}

// Unreachable is the finding for a candidate none of whose ports accepts a
// connection.
func (e *Engine) Unreachable(c survey.Candidate, found discover.Found) Result {
	f := e.begun(c, time.Now())
	f.Verdict, f.Counts = survey.Unreachable, survey.NotCounted("unreachable: "+whyClosed(found))
	if c.Address.IsValid() {
		f.Traffic = e.Gate.Host(c.Address).Traffic()
	}
	e.own(&f, c)
	if found.Err != nil {
		incomplete(&f, fmt.Sprint(found.Err))
	}
	return Result{Finding: f}
}

// whyClosed says how the ports of a host answered, none of which accepted a
// connection.
func whyClosed(f discover.Found) string {
	refused := fmt.Sprintf("%d refused the connection, so the host is there", f.Refused)
	silent := fmt.Sprintf("%d did not answer (no host, no route, or a firewall that drops)", f.Silent)
	switch {
	case f.Err != nil:
		return f.Err.Error()
	case f.Refused == 0:
		return "of the ports tried, " + silent
	case f.Silent == 0:
		return "of the ports tried, " + refused
	}
	return "of the ports tried, " + refused + ", and " + silent
}
