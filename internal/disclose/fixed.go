package disclose

import (
	"slices"

	"leadglass/internal/survey"
)

// Outcome is what a later survey says about a system that was told.
type Outcome string

// The outcomes.
const (
	// StillOpen: it, or something else at its address, is open.
	StillOpen Outcome = "open"
	// Fixed: it answers, and what was told is closed.
	Fixed Outcome = "fixed"
	// Gone: it does not answer any more. That may be a filter for our address
	// alone, or a machine that is switched off for a day: it proves nothing.
	Gone Outcome = "gone"
	// Unclear: it answers, and whether it is closed could not be told.
	Unclear Outcome = "unclear"
	// NotCovered: the survey did not look there.
	NotCovered Outcome = "not-covered"
)

// toldFor are the failed checks for which an open archive, viewer or listing
// was told: the critical ones, and those of viewers and listings.
func toldFor(f *survey.Finding) []survey.Check {
	var told []survey.Check
	for _, c := range f.Checks {
		beside := slices.Contains(survey.ChecksOf(survey.Shows), c.ID)
		if c.State == survey.Fail && (beside || f.FreelyAccessible() && c.Severity == survey.Critical) {
			told = append(told, c)
		}
	}
	return told
}

// Judge says what became of a system that was told. later are the findings on
// the same address in one later survey, none where it was not found; covered
// says whether that survey looked at a port of the address.
//
// Fixed takes a positive answer: each check that was told of has passed, at
// the same port, on a service that spoke. Silence is never taken for one.
func Judge(told *survey.Finding, later []survey.Finding, covered func(port uint16) bool) Outcome {
	for i := range later {
		if later[i].Exposed() {
			return StillOpen
		}
	}
	if !told.Exposed() {
		return judgeIdentified(told, later, covered)
	}
	checks := toldFor(told)
	if len(checks) == 0 {
		return Unclear
	}
	worst := Fixed
	for _, c := range checks {
		o := closed(c, later)
		if o == Gone && c.Port != 0 && !covered(c.Port) {
			o = NotCovered
		}
		if severity(o) > severity(worst) {
			worst = o
		}
	}
	return worst
}

// judgeIdentified judges an archive that was told although it answered no
// query: it is fixed when it speaks and lets strangers do nothing.
func judgeIdentified(told *survey.Finding, later []survey.Finding, covered func(port uint16) bool) Outcome {
	outcome := Gone
	for i := range later {
		switch {
		case later[i].Verdict == survey.Identified:
			return StillOpen
		case !later[i].IsArchive():
		case later[i].Incomplete != nil || !answered(&later[i], told.Target.Port):
			outcome = Unclear
		case outcome == Gone:
			outcome = Fixed
		}
	}
	if outcome == Gone && told.Target.Port != 0 && !covered(told.Target.Port) {
		return NotCovered
	}
	return outcome
}

// severity orders the outcomes of several checks of one system: what is not
// known of one is not known of the whole.
func severity(o Outcome) int {
	switch o {
	case StillOpen:
		return 4
	case Unclear:
		return 3
	case NotCovered:
		return 2
	case Gone:
		return 1
	}
	return 0
}

// closed says what became of one failed check.
func closed(c survey.Check, later []survey.Finding) Outcome {
	outcome := Gone
	for i := range later {
		for _, now := range later[i].Checks {
			if now.ID != c.ID || now.Port != c.Port {
				continue
			}
			switch {
			case now.State == survey.Fail:
				return StillOpen
			case now.State == survey.Unknown || !answered(&later[i], c.Port):
				outcome = Unclear
			case outcome == Gone:
				outcome = Fixed
			}
		}
	}
	return outcome
}

// answered says whether the service at a port said something of its own, and
// not only that it was busy: result 2 of A-ASSOCIATE-RJ is rejected-transient
// (PS3.8 9.3.4).
func answered(f *survey.Finding, port uint16) bool {
	if port == 0 {
		return f.IsArchive()
	}
	s := serviceAt(f, port)
	return s != nil && s.Outcome == survey.Answered && (s.Rejection == nil || s.Rejection.Result != 2)
}

// Seen is the outcome in one later survey.
type Seen struct {
	Survey  survey.Survey
	Outcome Outcome
}

// Latest sums up what later surveys, the newest first, said about one system.
// The newest that saw it open or fixed decides; one that did not reach it does
// not take back that an earlier one proved it fixed. The zero Seen is returned
// where none covered it.
func Latest(seen []Seen) Seen {
	var first Seen
	for _, s := range seen {
		switch s.Outcome {
		case NotCovered:
			continue
		case Fixed:
			return s
		case StillOpen:
			if first.Outcome == "" {
				return s
			}
			return first
		}
		if first.Outcome == "" {
			first = s
		}
	}
	return first
}
