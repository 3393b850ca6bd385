package survey

import "slices"

// Repair says what became of a system that was exposed and, in a later survey,
// exposes nothing.
type Repair string

// The answers, the best first.
const (
	// Repaired: every port that was exposed has answered again and is not, or
	// does not answer while another port of the same system does, as behind a
	// firewall.
	Repaired Repair = "fixed"
	// RepairUnproved: nothing of the system answers any more. It may be switched
	// off, moved, or closed to us alone.
	RepairUnproved Repair = "gone"
	// RepairNotLooked: the later survey did not look at a port that was exposed.
	RepairNotLooked Repair = "not-covered"
	// RepairUnclear: something answers, and whether it is closed is not known.
	RepairUnclear Repair = "unclear"
	// NotRepaired: a check that exposed it fails still.
	NotRepaired Repair = "open"
)

// Seen is what one survey saw of one system: its services and the results of
// the checks, of all its ports.
type Seen struct {
	Services []Service
	Checks   []Check
	// Incomplete: it is not the whole truth.
	Incomplete bool
}

// Exposes reports whether a check, where it fails, exposes a system: it judges
// a route, or is critical.
func (c *Check) Exposes() bool {
	return c.Severity == Critical || slices.ContainsFunc(Routes(), func(r RouteRule) bool { return slices.Contains(r.Checks, c.ID) })
}

// RepairOf says what became of a system that was exposed before. looked says
// whether the later survey tried a port. It is the one judgement of that, for
// comparisons and for disclosures.
//
// A repair takes a positive answer: of the port, or of another port of the same
// system. Silence of all of it is never taken for one.
func RepairOf(before, now Seen, looked func(port uint16) bool) Repair {
	worst, any := Repaired, false
	for _, c := range before.Checks {
		if c.State != Fail || !c.Exposes() {
			continue
		}
		any = true
		if r := closedAt(&before, &now, c, looked); r.rank() > worst.rank() {
			worst = r
		}
	}
	switch {
	case worst == NotRepaired || any && worst == RepairNotLooked:
		return worst
	case !any || now.Incomplete:
		return RepairUnclear
	}
	return worst
}

// rank orders the answers for the ports of one system: what is not known of
// one port is not known of the whole.
func (r Repair) rank() int {
	return slices.Index([]Repair{Repaired, RepairUnproved, RepairNotLooked, RepairUnclear, NotRepaired}, r)
}

// closedAt says what became of one check that failed.
func closedAt(before, now *Seen, c Check, looked func(port uint16) bool) Repair {
	state := NotApplicable
	for i := range now.Checks {
		if o := &now.Checks[i]; o.ID == c.ID && o.Port == c.Port && (o.State == Fail || o.State == Unknown && state != Fail) {
			state = o.State
		}
	}
	switch {
	case state == Fail:
		return NotRepaired
	case state == Unknown:
		return RepairUnclear
	case c.Port == 0:
		return now.alive(before, 0)
	}
	answer := Silent
	for i := range now.Services {
		s := &now.Services[i]
		switch {
		case s.Port != c.Port:
		case s.busy():
			answer = OverBudget
		case s.Outcome == Answered && !before.spoke(s):
			answer = Foreign
		default:
			answer = s.Outcome
		}
	}
	switch answer {
	case Answered:
		return Repaired
	case Refused, Silent, Foreign:
		if !looked(c.Port) {
			return RepairNotLooked
		}
		return now.alive(before, c.Port)
	}
	return RepairUnclear
}

// alive reports whether the system answers at a port other than the given one,
// so that it is there: as an archive, or where it answered before in the same
// way.
func (s *Seen) alive(before *Seen, but uint16) Repair {
	for i := range s.Services {
		v := &s.Services[i]
		if v.Port == but || v.Outcome != Answered {
			continue
		}
		if v.IsArchive() || before.spoke(v) {
			return Repaired
		}
	}
	return RepairUnproved
}

// spoke reports whether something spoke the protocol of v at the port of v.
func (s *Seen) spoke(v *Service) bool {
	return slices.ContainsFunc(s.Services, func(o Service) bool {
		return o.Port == v.Port && o.Outcome == Answered && o.Protocol == v.Protocol
	})
}

// busy reports whether a service said no more than that it is busy: result 2
// of A-ASSOCIATE-RJ is rejected-transient (PS3.8 9.3.4).
func (s *Service) busy() bool { return s.Rejection != nil && s.Rejection.Result == 2 }
