package compare

import (
	"fmt"
	"net/netip"
	"slices"

	"leadglass/internal/survey"
)

// Frame is what two surveys have in common: the ports that both tried and the
// checks that both made in the same way.
type Frame struct {
	Before, Now survey.Survey
	judge       Judge
	ports       []uint16
	// samePorts: both surveys tried the same ports.
	samePorts bool
	// alike are the checks of the same ID and method.
	alike map[string]bool
	// plain: nothing has to be left out, and one rule gave the verdicts, so
	// that those of the surveys are like for like as they stand.
	plain       bool
	sameVersion bool
	severity    map[string]int // rank in survey.Severities
}

// NewFrame finds out what two surveys have in common. It is an error when one
// of them does not say what it covered.
func NewFrame(before, now survey.Survey, judge Judge) (*Frame, error) {
	for _, v := range []survey.Survey{before, now} {
		if v.Coverage == nil {
			return nil, fmt.Errorf("survey %s does not say what it covered: it was made by a Leadglass that did not keep that; compare surveys of this version", v.ID)
		}
	}
	b, n := before.Coverage, now.Coverage
	f := &Frame{Before: before, Now: now, judge: judge, alike: map[string]bool{}, severity: map[string]int{}}
	for _, p := range n.Ports {
		if slices.Contains(b.Ports, p) {
			f.ports = append(f.ports, p)
		}
	}
	f.samePorts = len(f.ports) == len(b.Ports) && len(f.ports) == len(n.Ports)
	f.sameVersion = b.Version == n.Version
	for _, c := range slices.Concat(b.Checks, n.Checks) {
		f.severity[c.ID] = slices.Index(survey.Severities, c.Severity)
	}
	for _, c := range n.Checks {
		f.alike[c.ID] = slices.ContainsFunc(b.Checks, func(o survey.CoveredCheck) bool { return o.ID == c.ID && o.Method == c.Method })
	}
	f.plain = f.samePorts && f.sameVersion && len(b.Checks) == len(n.Checks) && !slices.ContainsFunc(n.Checks, func(c survey.CoveredCheck) bool { return !f.alike[c.ID] })
	return f, nil
}

// side is what one survey says of one target.
type side struct {
	survey  *survey.Survey
	records []survey.Facts
	// ports are those tried at this target; nil means the survey's.
	ports      []uint16
	incomplete bool
}

// newSide gathers the records of one target; there are none when no port of
// it accepted a connection, or when the survey did not look there.
func newSide(v *survey.Survey, records []survey.Facts) side {
	s := side{survey: v, records: records}
	for i := range records {
		s.incomplete = s.incomplete || records[i].Incomplete
		if records[i].RequestedPort == 0 {
			s.ports = nil
			return s.markIncomplete()
		}
		s.ports = append(s.ports, records[i].RequestedPort)
	}
	return s
}

func (s side) markIncomplete() side {
	for i := range s.records {
		s.incomplete = s.incomplete || s.records[i].Incomplete
	}
	return s
}

// tried reports whether the survey tried port p of the target: it was among
// those of the survey or, named by another scanner, answered.
func (s *side) tried(p uint16) bool {
	if s.ports != nil {
		return slices.Contains(s.ports, p)
	}
	return slices.Contains(s.survey.Coverage.Ports, p) || slices.ContainsFunc(s.records, func(f survey.Facts) bool {
		return slices.ContainsFunc(f.Services, func(v survey.ServiceFacts) bool { return v.Port == p })
	})
}

// within reports whether every service of the side is on a port that the
// other side tried too.
func (s *side) within(other *side) bool {
	return !slices.ContainsFunc(s.records, func(f survey.Facts) bool {
		return slices.ContainsFunc(f.Services, func(v survey.ServiceFacts) bool { return !other.tried(v.Port) })
	})
}

// covered reports whether the survey looked at the target, or would have had
// it not been interrupted.
func (s *side) covered(target string) bool {
	if len(s.records) > 0 {
		return true
	}
	addr, err := netip.ParseAddr(target)
	return err == nil && s.survey.Coverage.Covers(addr)
}

// decisive is the record with the most open verdict, nil for none.
func (s *side) decisive() *survey.Facts {
	var best *survey.Facts
	for i := range s.records {
		if best == nil || s.records[i].Verdict.Rank() > best.Verdict.Rank() {
			best = &s.records[i]
		}
	}
	return best
}

// state is what the survey says, nil for nothing. It is put into room, where
// that is not nil.
func (s *side) state(room *State) *State {
	f := s.decisive()
	if f == nil {
		return nil
	}
	st := room
	if st == nil {
		st = new(State)
	}
	*st = State{Verdict: f.Verdict, Grade: f.Grade, StudyRecords: notOpen, ImagesLinked: notOpen, ImagesAccessible: notOpen}
	if f.Verdict.FreelyAccessible() {
		st.StudyRecords, st.ImagesLinked, st.ImagesAccessible = countOf(f.Studies), countOf(f.ImagesLinked), countOf(f.ImagesAccessible)
	}
	return st
}

// notOpen is what an archive exposes that is not open.
var notOpen = survey.ExactCount(0, "")

func countOf(c *survey.Count) survey.Count {
	switch {
	case c == nil:
		return survey.UnknownCount("not counted")
	case c.Quality != survey.Exact:
		counted := *c
		counted.Reason = "see the survey's report"
		return counted
	}
	return *c
}

// view is the part of a side that a comparison looks at.
type view struct {
	services                []survey.Service
	failed, passed, unknown []survey.Check
}

// view leaves out the ports and checks that are not to be looked at. Checks of
// the host as a whole depend on all its ports.
func (s *side) view(port func(uint16) bool, check func(string) bool, host bool) view {
	var v view
	for i := range s.records {
		for j := range s.records[i].Services {
			if f := &s.records[i].Services[j]; port(f.Port) {
				v.services = append(v.services, f.Service())
			}
		}
		for _, c := range s.records[i].Checks {
			if c.Port == 0 && !host || c.Port != 0 && !port(c.Port) {
				continue
			}
			v.failed = appendChecks(v.failed, c.Failed, c.Port, survey.Fail, check)
			v.passed = appendChecks(v.passed, c.Passed, c.Port, survey.Pass, check)
			v.unknown = appendChecks(v.unknown, c.Unknown, c.Port, survey.Unknown, check)
		}
	}
	return v
}

func appendChecks(to []survey.Check, ids []string, port uint16, state survey.CheckState, wanted func(string) bool) []survey.Check {
	for _, id := range ids {
		if wanted(id) {
			to = append(to, survey.Check{ID: id, Port: port, State: state})
		}
	}
	return to
}

// contacted reports whether anything accepted a connection on a port.
func (v *view) contacted(port uint16) bool {
	return slices.ContainsFunc(v.services, func(s survey.Service) bool {
		return s.Port == port && s.Outcome != survey.Refused && s.Outcome != survey.Silent
	})
}

func has(checks []survey.Check, id string, port uint16) bool {
	return slices.ContainsFunc(checks, func(c survey.Check) bool { return c.ID == id && c.Port == port })
}

func hasID(checks []survey.Check, id string) bool {
	return slices.ContainsFunc(checks, func(c survey.Check) bool { return c.ID == id })
}
