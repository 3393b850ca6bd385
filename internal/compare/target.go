package compare

import (
	"cmp"
	"slices"

	"leadglass/internal/survey"
)

// Target says what became of one target, by the records that the two surveys
// have of it: none, one, or one for each port that was asked for. The second result is
// false when neither survey found an archive there.
func (f *Frame) Target(before, now []survey.Facts) (c Change, any bool) {
	b, n := newSide(&f.Before, before), newSide(&f.Now, now)
	c = Change{Before: b.state(nil), Now: n.state(nil)}
	if !speaksIn(c.Before) && !speaksIn(c.Now) {
		return c, false
	}
	for _, s := range []*side{&b, &n} { // what the later survey says wins
		if r := s.decisive(); r != nil {
			c.Target, c.Host = r.Target, cmp.Or(r.Host, c.Host)
			c.Site, c.Country = cmp.Or(r.Site, c.Site), cmp.Or(r.Country, c.Country)
		}
	}
	f.setKind(&c, &b, &n)
	if !c.Kind.LikeForLike() || c.Kind == New || c.Kind == Gone {
		c.Failing, c.Mended = nil, nil // the checks of an archive that is not there say nothing
	}
	c.StudyRecords, c.ImagesLinked, c.ImagesAccessible = noDifference, noDifference, noDifference
	if c.Kind.LikeForLike() {
		before, now := exposed(c.Before), exposed(c.Now)
		c.StudyRecords = DifferenceOf(before[0], now[0])
		c.ImagesLinked = DifferenceOf(before[1], now[1])
		c.ImagesAccessible = DifferenceOf(before[2], now[2])
	}
	return c, true
}

// setKind sets the kind of a target by its two sides, and what goes with it.
func (f *Frame) setKind(c *Change, b, n *side) {
	if c.Kind, c.Cause = f.unlooked(c, b, n); c.Kind == "" {
		if c.Kind = Unchanged; !f.same(b, n) {
			f.compare(c, b, n)
		}
	}
}

var noDifference = Difference{Quality: DifferenceUnknown}

// exposed are the study records, images linked and images accessible of a
// target that was looked at; where nothing answered, none.
func exposed(s *State) [3]survey.Count {
	if s == nil {
		return [3]survey.Count{notOpen, notOpen, notOpen}
	}
	return [3]survey.Count{s.StudyRecords, s.ImagesLinked, s.ImagesAccessible}
}

// same reports whether two surveys of which nothing has to be left out say the
// same of a target, which is the most frequent case and needs no more work.
func (f *Frame) same(b, n *side) bool {
	if !f.plain || len(b.records) != 1 || len(n.records) != 1 {
		return false
	}
	x, y := &b.records[0], &n.records[0]
	return x.Verdict == y.Verdict && x.RequestedPort == 0 && y.RequestedPort == 0 && !x.Incomplete && !y.Incomplete && b.within(n) && n.within(b) &&
		slices.EqualFunc(x.Checks, y.Checks, func(p, q survey.PortChecks) bool {
			return p.Port == q.Port && slices.Equal(p.Failed, q.Failed) && slices.Equal(p.Passed, q.Passed) && slices.Equal(p.Unknown, q.Unknown)
		})
}

// unlooked is the kind of a target that one of the surveys did not look at;
// empty where both did.
func (f *Frame) unlooked(c *Change, b, n *side) (Kind, Cause) {
	common := slices.ContainsFunc(f.Before.Coverage.Ports, func(p uint16) bool { return b.tried(p) && n.tried(p) }) ||
		slices.ContainsFunc(b.ports, n.tried)
	switch {
	case !b.covered(c.Target):
		return NotCoveredBefore, CauseAddress
	case !n.covered(c.Target):
		return NotCoveredNow, CauseAddress
	case len(b.records) == 0 && f.Before.State != survey.StateFinished:
		return NotAssessedBefore, CauseInterrupted
	case len(n.records) == 0 && f.Now.State != survey.StateFinished:
		return NotReassessed, CauseInterrupted
	case !common && !speaksIn(c.Before):
		return NotCoveredBefore, CausePort
	case !common && !speaksIn(c.Now):
		return NotCoveredNow, CausePort
	case !common:
		return OtherMethod, CausePort
	}
	return "", ""
}

// looks are the two sides of a target as far as both surveys looked at it in
// the same way.
type looks struct {
	*Frame
	b, n   *side
	bv, nv view
	// before and now are the verdicts like for like.
	before, now survey.Verdict
}

// compare sets the kind of a target that both surveys looked at.
func (f *Frame) compare(c *Change, b, n *side) {
	both := func(p uint16) bool { return b.tried(p) && n.tried(p) }
	host := f.samePorts && b.ports == nil && n.ports == nil && b.within(n) && n.within(b)
	l := looks{Frame: f, b: b, n: n}
	like := func(id string) bool { return f.alike[id] }
	l.bv, l.nv = b.view(both, like, host), n.view(both, like, host)
	l.before, l.now = l.verdict(&l.bv, c.Before, host), l.verdict(&l.nv, c.Now, host)
	c.Failing, c.Mended = newly(&l.bv, &l.nv, b.incomplete), newly(&l.nv, &l.bv, n.incomplete)
	c.Kind, c.Cause = l.kind(c)
	if !c.Kind.LikeForLike() {
		return
	}
	// The target may be open by what only one survey looked at.
	found, lost := openIn(c.Now) && !l.now.FreelyAccessible(), openIn(c.Before) && !l.before.FreelyAccessible()
	if c.Kind == Unchanged {
		bw, nw := stated(c.Before), stated(c.Now)
		if l.before.Speaks() || l.now.Speaks() {
			found, lost = found || nw > bw, lost || nw < bw
		} else { // no archive by what both looked at
			found, lost = speaksIn(c.Now), speaksIn(c.Before)
		}
	}
	// A rule that has become milder leaves a verdict above the statement.
	milder := openIn(c.Now) != l.now.FreelyAccessible() || openIn(c.Before) != l.before.FreelyAccessible()
	switch {
	case found && lost:
		c.Kind, c.Cause = OtherMethod, l.cause(both)
	case found:
		c.Kind, c.Cause = NotCoveredBefore, l.cause(both)
	case lost:
		c.Kind, c.Cause = NotCoveredNow, l.cause(both)
	case milder:
		c.Kind, c.Cause = OtherMethod, CauseVersion
	}
	if c.Cause == CauseVersion {
		c.Kind = OtherMethod
	}
}

// stated is the rank of what a survey says; nothing said is unreachable.
func stated(s *State) int {
	if s == nil {
		return survey.Unreachable.Rank()
	}
	return s.Verdict.Rank()
}

// verdict is the verdict on a view. Where nothing is left out and one rule
// gave the verdicts, it is what the survey says.
func (l *looks) verdict(v *view, s *State, host bool) survey.Verdict {
	switch {
	case s == nil:
		return survey.Unreachable
	case l.plain && host:
		return s.Verdict
	}
	return l.judge(v.services, v.failed)
}

// kind compares the verdicts, and where they are the same the checks.
func (l *looks) kind(c *Change) (Kind, Cause) {
	b, n := l.before.Rank(), l.now.Rank()
	closed := l.exposes(&l.bv, l.before) && !l.exposes(&l.nv, l.now)
	switch {
	case n > b || n == b && l.opened():
		if cause := l.unsettled(l.b, &l.bv, l.before, l.n, &l.nv); cause != "" {
			return NotAssessedBefore, cause
		}
		if l.doubtful(&l.bv, &l.nv) {
			return OtherMethod, CauseVersion
		}
		switch {
		case l.reopened() == survey.RepairUnclear:
			return NotAssessedBefore, CauseUnanswered
		case !l.before.Speaks():
			return l.appeared(c), ""
		}
		return Worse, ""
	case n < b || n == b && closed:
		if cause := l.unsettled(l.n, &l.nv, l.now, l.b, &l.bv); cause != "" {
			return NotReassessed, cause
		}
		if l.doubtful(&l.nv, &l.bv) {
			return OtherMethod, CauseVersion
		}
		switch {
		case closed:
			return l.repaired()
		case !l.now.Speaks():
			return l.vanished(c), ""
		}
		return Better, ""
	}
	return l.balance(c), ""
}

// appeared is the kind where a service answers and none did: of a new archive,
// or of one that was known by what only the earlier survey looked at.
func (l *looks) appeared(c *Change) Kind {
	switch {
	case !l.now.Speaks():
		return Unchanged // no archive, then and now
	case speaksIn(c.Before):
		return Worse
	}
	return New
}

// vanished is the reverse of appeared.
func (l *looks) vanished(c *Change) Kind {
	switch {
	case !l.before.Speaks():
		return Unchanged
	case speaksIn(c.Now):
		return Better
	}
	return Gone
}

// unsettled says why the lower verdict of two is not certain to be lower;
// empty where it is.
func (l *looks) unsettled(low *side, lowView *view, verdict survey.Verdict, high *side, highView *view) Cause {
	if low.incomplete {
		return CauseBudget
	}
	worst := slices.Clone(lowView.failed)
	for _, c := range lowView.unknown {
		if has(highView.failed, c.ID, c.Port) {
			c.State = survey.Fail
			worst = append(worst, c)
		}
	}
	if len(worst) > len(lowView.failed) && l.judge(lowView.services, worst).Rank() > verdict.Rank() {
		return CauseUnanswered
	}
	// A title that only the other survey may have tried opens no association.
	more, fewer := high.survey.Coverage, low.survey.Coverage
	if more.DefaultAETitles && !fewer.DefaultAETitles || !slices.Equal(more.CalledAETitles, fewer.CalledAETitles) {
		for _, s := range lowView.services {
			if s.Levels.Speaks && !s.Levels.Associates && slices.ContainsFunc(highView.services, func(o survey.Service) bool {
				return o.Port == s.Port && o.Levels.Associates
			}) {
				return CauseTechnique
			}
		}
	}
	return ""
}

// doubtful: where the versions differ, what was contacted and not recognised
// as an archive, or let associate without a check that tells, may be a matter
// of recognition.
func (l *looks) doubtful(low, high *view) bool {
	if l.sameVersion {
		return false
	}
	lowVerdict, highVerdict := l.judge(low.services, low.failed), l.judge(high.services, high.failed)
	if lowVerdict.Speaks() {
		return highVerdict.Rank() <= survey.Identified.Rank()
	}
	return slices.ContainsFunc(high.services, func(s survey.Service) bool {
		return l.judge([]survey.Service{s}, high.failed).Speaks() && low.contacted(s.Port)
	})
}

// exposes reports whether a view is of a system that exposes anything, by its
// verdict or beside it.
func (l *looks) exposes(v *view, verdict survey.Verdict) bool {
	return verdict.FreelyAccessible() || len(survey.ExposureOf(v.failed).With(survey.Shows).In(survey.DecidedOpen)) > 0
}

// repaired is the kind of a system that was exposed and is not.
func (l *looks) repaired() (Kind, Cause) {
	switch survey.RepairOf(l.seen(l.b, &l.bv), l.seen(l.n, &l.nv), l.n.tried) {
	case survey.Repaired:
		return Fixed, ""
	case survey.RepairUnproved:
		return Gone, ""
	case survey.NotRepaired:
		return Better, ""
	}
	return NotReassessed, CauseUnanswered
}

// opened reports whether a system is exposed and was not.
func (l *looks) opened() bool {
	return l.exposes(&l.nv, l.now) && !l.exposes(&l.bv, l.before)
}

// reopened is the judgement of a repair in the other direction of time, for a
// system that is exposed and was not: what would not be known to be closed now
// was not known to be closed then.
func (l *looks) reopened() survey.Repair {
	if !l.opened() {
		return survey.NotRepaired
	}
	return survey.RepairOf(l.seen(l.n, &l.nv), l.seen(l.b, &l.bv), l.b.tried)
}

// seen is a view as the judgement of repairs takes it. That a system is there
// may show at a port that only one of the surveys tried.
func (l *looks) seen(s *side, v *view) survey.Seen {
	all := s.view(func(uint16) bool { return true }, func(string) bool { return false }, false)
	seen := survey.Seen{Services: all.services, Checks: slices.Concat(v.failed, v.passed, v.unknown), Incomplete: s.incomplete}
	for i, c := range seen.Checks {
		if rank, known := l.severity[c.ID]; known && rank >= 0 {
			seen.Checks[i].Severity = survey.Severities[rank]
		}
	}
	return seen
}

// balance weighs the checks that newly fail against those that no longer do,
// the gravest severity first.
func (l *looks) balance(c *Change) Kind {
	weight := make([]int, len(survey.Severities)+1)
	for _, id := range c.Failing {
		weight[l.severity[id]+1]++
	}
	for _, id := range c.Mended {
		weight[l.severity[id]+1]--
	}
	for _, w := range weight[1:] {
		switch {
		case w > 0:
			return Worse
		case w < 0:
			return Better
		}
	}
	return Unchanged
}

// cause says what one survey looked at and the other did not.
func (l *looks) cause(both func(uint16) bool) Cause {
	anyPort, anyCheck := func(uint16) bool { return true }, func(string) bool { return true }
	differ := func(port func(uint16) bool, check func(string) bool) bool {
		b, n := l.b.view(port, check, true), l.n.view(port, check, true)
		return l.judge(b.services, b.failed) != l.before || l.judge(n.services, n.failed) != l.now
	}
	switch {
	case differ(anyPort, func(id string) bool { return l.alike[id] }):
		return CausePort
	case differ(both, anyCheck):
		return CauseCheck
	case differ(anyPort, anyCheck):
		return CausePort
	}
	return CauseVersion
}

// newly are the IDs that fail in b and did not in a: they passed, or there was
// nothing that they applied to.
func newly(a, b *view, aIncomplete bool) []string {
	var ids []string
	for _, c := range b.failed {
		if hasID(a.failed, c.ID) || hasID(a.unknown, c.ID) || aIncomplete && !hasID(a.passed, c.ID) {
			continue
		}
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
