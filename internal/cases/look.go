package cases

import (
	"net/netip"
	"slices"
	"time"

	"leadglass/internal/survey"
)

// Look is what one survey or one recheck saw of a system.
type Look struct {
	// ID is that of the survey or the recheck, At when it began.
	ID      string
	At      time.Time
	Recheck bool
	// By is who made a recheck.
	By string
	// Finished: that there are no facts means that nothing answered.
	Finished bool
	// Coverage is where the survey looked; nil where it did not keep that.
	Coverage *survey.Coverage
	Facts    []survey.Facts
}

// covers reports whether the look says anything of the target.
func (l *Look) covers(target string) bool {
	if len(l.Facts) > 0 {
		return true
	}
	addr, err := netip.ParseAddr(target)
	return err == nil && l.Finished && l.Coverage != nil && l.Coverage.Covers(addr)
}

// tried reports whether a port was tried.
func (l *Look) tried(port uint16) bool {
	whole := len(l.Facts) == 0
	for i := range l.Facts {
		f := &l.Facts[i]
		if f.RequestedPort == port || slices.ContainsFunc(f.Services, func(s survey.ServiceFacts) bool { return s.Port == port }) {
			return true
		}
		whole = whole || f.RequestedPort == 0
	}
	return whole && l.Coverage != nil && slices.Contains(l.Coverage.Ports, port)
}

// decisive is the record with the most open verdict, nil for none.
func (l *Look) decisive() *survey.Facts {
	var best *survey.Facts
	for i := range l.Facts {
		if best == nil || l.Facts[i].Verdict.Rank() > best.Verdict.Rank() {
			best = &l.Facts[i]
		}
	}
	return best
}

// seen are the services and checks of a look, as the judgement of repairs takes
// them.
func (l *Look) seen() survey.Seen {
	var seen survey.Seen
	for i := range l.Facts {
		f := &l.Facts[i]
		seen.Incomplete = seen.Incomplete || f.Incomplete
		for j := range f.Services {
			seen.Services = append(seen.Services, f.Services[j].Service())
		}
		for _, c := range f.Checks {
			for state, ids := range map[survey.CheckState][]string{survey.Fail: c.Failed, survey.Pass: c.Passed, survey.Unknown: c.Unknown} {
				for _, id := range ids {
					seen.Checks = append(seen.Checks, survey.Check{ID: id, Port: c.Port, State: state, Severity: l.severity(id)})
				}
			}
		}
	}
	return seen
}

// severity is that of a check when the look was made, "" where it is not known.
func (l *Look) severity(id string) survey.Severity {
	if l.Coverage == nil {
		return ""
	}
	i := slices.IndexFunc(l.Coverage.Checks, func(c survey.CoveredCheck) bool { return c.ID == id })
	if i < 0 {
		return ""
	}
	return l.Coverage.Checks[i].Severity
}

// exposes reports whether the look saw the system exposed: it is freely
// accessible, shows pages or files, or fails a critical check.
func (l *Look) exposes(seen *survey.Seen) bool {
	if f := l.decisive(); f != nil && f.Verdict.FreelyAccessible() {
		return true
	}
	shows := survey.ChecksOf(survey.Shows)
	return slices.ContainsFunc(seen.Checks, func(c survey.Check) bool {
		return c.State == survey.Fail && (c.Severity == survey.Critical || slices.Contains(shows, c.ID))
	})
}

// extents are the study records, images linked and images accessible that a look
// saw exposed.
func (l *Look) extents() [3]survey.Count {
	f := l.decisive()
	if f == nil || !f.Verdict.FreelyAccessible() {
		none := survey.ExactCount(0, "")
		return [3]survey.Count{none, none, none}
	}
	var counts [3]survey.Count
	for i, c := range []*survey.Count{f.Studies, f.ImagesLinked, f.ImagesAccessible} {
		counts[i] = survey.UnknownCount("not counted")
		if c != nil {
			counts[i] = *c
			if c.Quality != survey.Exact {
				counts[i].Reason = "see the survey's report"
			}
		}
	}
	return counts
}
