package cases

import (
	"slices"
	"time"

	"leadglass/internal/survey"
)

// System is everything that is known of one address.
type System struct {
	Target string
	// Looks and Events are in the order of time.
	Looks  []Look
	Events []survey.CaseEvent
}

// Derive follows a system through its looks and events. now ends what is not over.
// With timeline, the case has its timeline. any is false for a system that no look
// saw exposed.
func Derive(s *System, now time.Time, timeline bool) (c Case, any bool) {
	d := derivation{system: s, timeline: timeline, surveys: map[string]time.Time{},
		c: Case{Schema: Schema, Address: s.Target, Tags: []string{}, Checks: []string{}}}
	events := slices.Clone(s.Events)
	slices.SortStableFunc(events, func(a, b survey.CaseEvent) int { return a.At.Compare(b.At) })
	for i := range s.Looks {
		l := &s.Looks[i]
		for len(events) > 0 && events[0].At.Before(l.At) {
			d.event(events[0])
			events = events[1:]
		}
		d.look(l)
	}
	for _, e := range events {
		d.event(e)
	}
	if len(d.c.Episodes) == 0 {
		return d.c, false
	}
	d.finish(now)
	return d.c, true
}

// derivation is a case in the making.
type derivation struct {
	system   *System
	timeline bool
	c        Case
	// before is what has to be closed for a repair: the checks that exposed the
	// system and were not proved closed, and the services as they were then.
	before survey.Seen
	// notices are the steps of disclosures; surveys says when surveys began.
	notices []survey.CaseEvent
	surveys map[string]time.Time
}

// look takes in what a survey or a recheck saw.
func (d *derivation) look(l *Look) {
	if !l.Recheck {
		d.surveys[l.ID] = l.At
	}
	if !l.covers(d.system.Target) {
		return
	}
	result, seen := "closed", l.seen()
	switch {
	case l.exposes(&seen):
		result = "exposed"
		d.exposed(l, &seen)
	case len(d.c.Episodes) > 0 && d.c.Exposure != ExposureFixed:
		result = d.judge(l, &seen)
	case len(l.Facts) == 0:
		return // nothing there, as before
	}
	e := Entry{At: l.At, Kind: "survey", Source: l.ID, Result: result, By: l.By}
	if l.Recheck {
		e.Kind = "recheck"
	}
	if f := l.decisive(); f != nil {
		e.Verdict, d.c.Verdict = f.Verdict, f.Verdict
		d.describe(f)
	}
	d.note(e)
}

// describe takes over what a look says of the system itself.
func (d *derivation) describe(f *survey.Facts) {
	for _, p := range []struct {
		to   *string
		from string
	}{{&d.c.Host, f.Host}, {&d.c.Site, f.Site}, {&d.c.Country, f.Country}} {
		if p.from != "" {
			*p.to = p.from
		}
	}
}

func (d *derivation) note(e Entry) {
	if d.timeline {
		d.c.Timeline = append(d.c.Timeline, e)
	}
}

// exposed takes in a look that saw the system exposed.
func (d *derivation) exposed(l *Look, seen *survey.Seen) {
	c := &d.c
	if len(c.Episodes) == 0 || c.Exposure == ExposureFixed {
		if len(c.Episodes) > 0 {
			c.Reopened++
			d.before = survey.Seen{}
			if c.Mark != nil && (c.Mark.Mark == survey.MarkAccepted || c.Mark.Mark == survey.MarkNotOurs) {
				c.Mark = nil // the repair ended it
			}
		} else {
			c.FirstSeen = l.At
		}
		c.Episodes = append(c.Episodes, Episode{OpenedAt: l.At, OpenedBy: l.ID})
	}
	c.Exposure, c.LastSeen = Exposed, l.At
	f := l.decisive()
	if f.Verdict.Rank() > c.WorstVerdict.Rank() || c.WorstVerdict == "" {
		c.WorstVerdict = f.Verdict
	}
	c.SameArchiveAs = f.SameArchiveAs
	d.drop(l, seen)
	for _, check := range seen.Checks {
		if check.State == survey.Fail && check.Exposes() && !slices.ContainsFunc(d.before.Checks, func(o survey.Check) bool {
			return o.ID == check.ID && o.Port == check.Port
		}) {
			d.before.Checks = append(d.before.Checks, check)
		}
	}
	for _, s := range seen.Services {
		d.before.Services = slices.DeleteFunc(d.before.Services, func(o survey.Service) bool { return o.Port == s.Port && o.Protocol == s.Protocol })
	}
	d.before.Services = append(d.before.Services, seen.Services...)
	for i, n := range l.extents() {
		e := []*Extent{&c.StudyRecords, &c.ImagesLinked, &c.ImagesAccessible}[i]
		e.Now = n
		if value, ok := n.Int(); e.Peak.Quality == "" || ok && value > valueOf(e.Peak) {
			e.Peak = n
		}
	}
}

// valueOf is the number of a count, -1 for none.
func valueOf(c survey.Count) int64 {
	if n, ok := c.Int(); ok {
		return n
	}
	return -1
}

// drop forgets the exposures that the look proved closed.
func (d *derivation) drop(l *Look, seen *survey.Seen) {
	d.before.Checks = slices.DeleteFunc(d.before.Checks, func(check survey.Check) bool {
		one := survey.Seen{Services: d.before.Services, Checks: []survey.Check{check}}
		return survey.RepairOf(one, *seen, l.tried) == survey.Repaired
	})
}

// judge takes in a look that did not see an exposed system exposed, and returns
// what it says.
func (d *derivation) judge(l *Look, seen *survey.Seen) string {
	repair := survey.RepairOf(d.before, *seen, l.tried)
	d.drop(l, seen)
	switch repair {
	case survey.Repaired:
		d.c.Exposure = ExposureFixed
		d.c.last().FixedAt, d.c.last().FixedBy = l.At, l.ID
		d.before = survey.Seen{}
		d.setNow(survey.ExactCount(0, ""))
	case survey.RepairUnproved:
		d.c.Exposure = ExposureGone
		d.setNow(survey.UnknownCount("it no longer answers"))
	case survey.NotRepaired, survey.RepairUnclear:
		d.c.Exposure = Exposed // it answers, and nothing shows that it is closed
	}
	if repair == survey.NotRepaired {
		return string(survey.RepairUnclear)
	}
	return string(repair)
}

func (d *derivation) setNow(n survey.Count) {
	d.c.StudyRecords.Now, d.c.ImagesLinked.Now, d.c.ImagesAccessible.Now = n, n, n
}

// event takes in what a person did.
func (d *derivation) event(e survey.CaseEvent) {
	c := &d.c
	switch e.Mark {
	case survey.MarkPrepared, survey.MarkNotified, survey.MarkAcknowledged:
		d.notices, c.Recipient = append(d.notices, e), e.Recipient
	case survey.MarkNote:
	case survey.MarkTag:
		if !slices.Contains(c.Tags, e.Tag) {
			c.Tags = append(c.Tags, e.Tag)
			slices.Sort(c.Tags)
		}
	case survey.MarkUntag:
		c.Tags = slices.DeleteFunc(c.Tags, func(t string) bool { return t == e.Tag })
	case survey.MarkNone:
		c.Mark = nil
	default:
		c.Mark = &e
	}
	if e.Note != "" {
		c.Notes++
	}
	d.note(Entry{At: e.At, Kind: string(e.Mark), Source: e.Survey, By: e.By, Note: e.Note, Until: e.Until, Tag: e.Tag, Recipient: e.Recipient})
}

// finish gives each episode its notices, and the case its state.
func (d *derivation) finish(now time.Time) {
	c := &d.c
	for _, n := range d.notices {
		d.attach(n)
	}
	for i := range c.Episodes {
		if e := &c.Episodes[i]; !e.NotifiedAt.IsZero() && !e.FixedAt.IsZero() {
			days := days(e.NotifiedAt, e.FixedAt)
			e.DaysToFix = &days
		}
	}
	end := c.last().FixedAt
	if end.IsZero() {
		end = now
	}
	c.DaysOpen = days(c.last().OpenedAt, end)
	for _, check := range d.before.Checks {
		if !slices.Contains(c.Checks, check.ID) {
			c.Checks = append(c.Checks, check.ID)
		}
	}
	slices.Sort(c.Checks)
	c.State = d.state(now)
	slices.SortStableFunc(c.Timeline, func(a, b Entry) int { return a.At.Compare(b.At) })
}

// attach notes a step of a disclosure in the episode that it was about: the one
// that the survey of the disclosure saw.
func (d *derivation) attach(n survey.CaseEvent) {
	began, known := d.surveys[n.Survey]
	if !known {
		began = n.At
	}
	for i := len(d.c.Episodes) - 1; i >= 0; i-- {
		e := &d.c.Episodes[i]
		if began.Before(e.OpenedAt) {
			continue
		}
		switch {
		case n.Mark == survey.MarkNotified && e.NotifiedAt.IsZero():
			e.NotifiedAt = n.At
		case n.Mark == survey.MarkAcknowledged && e.AcknowledgedAt.IsZero():
			e.AcknowledgedAt = n.At
		}
		return
	}
}

// days are the whole days from one time to another, 0 where it is earlier: a
// person gives a day, a survey the second.
func days(from, to time.Time) int { return max(0, int(to.Sub(from)/(24*time.Hour))) }

// state is the state that the case has now.
func (d *derivation) state(now time.Time) State {
	c := &d.c
	mark := survey.MarkNone
	if c.Mark != nil {
		mark = c.Mark.Mark
	}
	switch {
	case mark == survey.MarkFalsePositive || mark == survey.MarkTest:
		return State(mark)
	case c.Exposure == ExposureFixed:
		c.Mark = nil
		return Fixed
	case mark == survey.MarkAccepted && now.Before(c.Mark.Until.AddDate(0, 0, 1)):
		return Accepted
	case mark == survey.MarkNotOurs && !d.notifiedSince(c.Mark.At):
		return NotOurs
	}
	c.Mark = nil
	switch e := c.last(); {
	case c.Exposure == ExposureGone:
		return Gone
	case !e.AcknowledgedAt.IsZero():
		return Acknowledged
	case !e.NotifiedAt.IsZero():
		return Notified
	case c.Reopened > 0:
		return Reopened
	}
	return Open
}

// notifiedSince reports whether a recipient was notified later than t.
func (d *derivation) notifiedSince(t time.Time) bool {
	return slices.ContainsFunc(d.notices, func(n survey.CaseEvent) bool { return n.Mark == survey.MarkNotified && n.At.After(t) })
}
