package examine

import (
	"fmt"
	"time"

	"leadglass/internal/discover"
	"leadglass/internal/survey"
)

// Unreachable is the finding for a candidate none of whose ports accepts a
// connection.
func (e *Engine) Unreachable(c survey.Candidate, found discover.Found) Result {
	f := survey.Finding{
		Schema: survey.FindingSchema, Target: target(c), TestedFrom: survey.TestedFromOf(c.Address), Verdict: survey.Unreachable,
		Services: []survey.Service{}, Counts: survey.NotCounted("unreachable: " + whyClosed(found)), Checks: []survey.Check{},
		IdentifyingClasses: []survey.IdentifyingClass{}, Suspicion: survey.Suspicion{Reasons: []string{}},
		StartedAt: time.Now().UTC().Truncate(time.Millisecond), AuthorisedBy: e.AuthorisedBy,
	}
	if c.Address.IsValid() {
		f.Traffic = e.Gate.Host(c.Address).Traffic()
		if e.Attribute != nil {
			if owner, ok := e.Attribute(c.Address); ok {
				f.Owner = &owner
			}
		}
	}
	if found.Err != nil {
		reason := fmt.Sprint(found.Err)
		f.Incomplete = &reason
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
