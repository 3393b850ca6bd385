package disclose

import (
	"leadglass/internal/survey"
)

// Outcome is what a later survey says about a system that was told.
type Outcome string

// The outcomes.
const (
	// StillOpen: it, or something else at its address, is open.
	StillOpen = Outcome(survey.NotRepaired)
	// Fixed: it answers, and what was told is closed.
	Fixed = Outcome(survey.Repaired)
	// Gone: nothing of it answers any more. That may be a filter for our address
	// alone, or a machine that is switched off for a day: it proves nothing.
	Gone = Outcome(survey.RepairUnproved)
	// Unclear: it answers, and whether it is closed could not be told.
	Unclear = Outcome(survey.RepairUnclear)
	// NotCovered: the survey did not look there.
	NotCovered = Outcome(survey.RepairNotLooked)
)

// Judge says what became of a system that was told. later are the findings on
// the same address in one later survey, none where it was not found; covered
// says whether that survey looked at a port of the address. What became of an
// exposed system is the judgement that comparisons of surveys make too.
func Judge(told *survey.Finding, later []survey.Finding, covered func(port uint16) bool) Outcome {
	var now survey.Seen
	for i := range later {
		if later[i].Exposed() {
			return StillOpen
		}
		now.Services, now.Checks = append(now.Services, later[i].Services...), append(now.Checks, later[i].Checks...)
		now.Incomplete = now.Incomplete || later[i].Incomplete != nil
	}
	if !told.Exposed() {
		return judgeIdentified(told, later, covered)
	}
	return Outcome(survey.RepairOf(survey.Seen{Services: told.Services, Checks: told.Checks}, now, covered))
}

// judgeIdentified judges an archive that was told although it answered no
// query: it is fixed when it speaks and lets an unauthenticated caller do nothing.
func judgeIdentified(told *survey.Finding, later []survey.Finding, covered func(port uint16) bool) Outcome {
	outcome := Gone
	for i := range later {
		switch {
		case later[i].Verdict == survey.Identified:
			return StillOpen
		case later[i].NotExamined != nil:
			outcome = Unclear
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

// answered says whether the service at a port said something of its own, and
// not only that it was busy: result 2 of A-ASSOCIATE-RJ is rejected-transient
// (PS3.8 9.3.4).
func answered(f *survey.Finding, port uint16) bool {
	if port == 0 {
		return f.IsArchive()
	}
	s := f.ServiceAt(port)
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
