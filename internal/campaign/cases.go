package campaign

import (
	"context"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"leadglass/internal/cases"
	"leadglass/internal/merge"
	"leadglass/internal/plain"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// Cases derives the case of every system in the store, in the order of their
// addresses' bytes. Memory does not grow with the number of systems.
func Cases(ctx context.Context, db *store.Store, now time.Time) (iter.Seq2[cases.Case, error], error) {
	surveys, err := bySeniority(ctx, db)
	if err != nil {
		return nil, err
	}
	src := cases.Sources{Surveys: surveys, Events: db.CaseEvents(ctx, ""), Rechecks: db.Rechecks(ctx, "")}
	for i := range surveys {
		src.Facts = append(src.Facts, db.FactsOf(ctx, &surveys[i]))
	}
	return cases.All(src, now, false), nil
}

// CaseOf derives the case of one system with its timeline. The error for a system
// that no survey saw exposed has store.ErrNotFound in its chain.
func CaseOf(ctx context.Context, db *store.Store, address string, now time.Time) (cases.Case, error) {
	target := targetName(address)
	surveys, err := bySeniority(ctx, db)
	if err != nil {
		return cases.Case{}, err
	}
	src := cases.Sources{Surveys: surveys, Events: db.CaseEvents(ctx, target), Rechecks: db.Rechecks(ctx, target)}
	for _, v := range surveys {
		records, err := db.RecordsOf(ctx, v.ID, target)
		if err != nil {
			return cases.Case{}, err
		}
		src.Facts = append(src.Facts, factsOfAll(records))
	}
	for c, err := range cases.All(src, now, true) {
		return c, err
	}
	return cases.Case{}, fmt.Errorf("a case of %s %w: no survey in the store %s saw it exposed; `leadglass cases list` lists those that there are", target, store.ErrNotFound, db.Name())
}

// bySeniority are the surveys, the earliest first.
func bySeniority(ctx context.Context, db *store.Store) ([]survey.Survey, error) {
	all, err := db.Surveys(ctx)
	slices.Reverse(all)
	return all, err
}

// factsOfAll streams the facts of records.
func factsOfAll(records []survey.Record) merge.Stream {
	return func(yield func(survey.Facts, error) bool) {
		for i := range records {
			if !yield(survey.FactsOf(&records[i]), nil) {
				return
			}
		}
	}
}

// targetName is a target as the store names it: an address in its canonical form,
// or a name as it is.
func targetName(text string) string {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return addr.Unmap().WithZone("").String()
	}
	return text
}

// Marking is what a person says of a system.
type Marking struct {
	// Mark is "" for notes and tags alone.
	Mark  survey.CaseMark
	Until time.Time
	By    string
	Note  string
	Tag   []string
	Untag []string
}

// MarkCase stores what a person says of a system, and returns its case then. What
// does not fit the case is a *Refusal.
func MarkCase(ctx context.Context, db *store.Store, address string, m Marking, now time.Time) (cases.Case, error) {
	c, err := CaseOf(ctx, db, address, now)
	if err != nil {
		return c, err
	}
	if err := m.fits(&c, now); err != nil {
		return c, refuse(err)
	}
	base := survey.CaseEvent{Target: c.Address, At: now, By: m.By}
	var events []survey.CaseEvent
	if m.Mark != "" || m.Note != "" {
		e := base
		e.Mark, e.Note, e.Until = m.Mark, m.Note, m.Until
		if e.Mark == "" {
			e.Mark = survey.MarkNote
		}
		events = append(events, e)
	}
	for mark, tags := range map[survey.CaseMark][]string{survey.MarkTag: m.Tag, survey.MarkUntag: m.Untag} {
		for _, tag := range tags {
			e := base
			e.Mark, e.Tag = mark, tag
			events = append(events, e)
		}
	}
	if err := db.AddCaseEvents(ctx, events...); err != nil {
		return c, err
	}
	return CaseOf(ctx, db, address, now)
}

// fits returns an error unless m can be said of the case.
func (m *Marking) fits(c *cases.Case, now time.Time) error {
	judges := m.Mark != "" && m.Mark != survey.MarkNone
	for _, text := range slices.Concat([]string{m.By, m.Note}, m.Tag, m.Untag) {
		if plain.Line(text) != text {
			return fmt.Errorf("a name, a note or a tag holds line breaks or other control characters; write one plain line")
		}
	}
	for _, tag := range slices.Concat(m.Tag, m.Untag) {
		if tag == "" || strings.ContainsAny(tag, " ,;") {
			return fmt.Errorf("%q is not a tag; write one word", tag)
		}
	}
	switch {
	case m.Mark == "" && m.Note == "" && len(m.Tag)+len(m.Untag) == 0:
		return fmt.Errorf("nothing to mark: name a state, --note, --tag or --untag")
	case strings.TrimSpace(m.By) == "":
		return fmt.Errorf("--by is missing: who marks it")
	case judges && strings.TrimSpace(m.Note) == "":
		return fmt.Errorf("--note is missing: the reason why %s is marked %s", c.Address, m.Mark)
	case m.Mark == survey.MarkAccepted && m.Until.IsZero():
		return fmt.Errorf("--until is missing: the last day on which %s is accepted", c.Address)
	case m.Mark != survey.MarkAccepted && !m.Until.IsZero():
		return fmt.Errorf("--until goes with the state %s alone", survey.MarkAccepted)
	case m.Mark == survey.MarkAccepted && !now.Before(m.Until.AddDate(0, 0, 1)):
		return fmt.Errorf("--until %s has passed", m.Until.Format(time.DateOnly))
	case (m.Mark == survey.MarkAccepted || m.Mark == survey.MarkNotOurs) && c.Exposure == cases.ExposureFixed:
		return fmt.Errorf("%s is fixed, as %s proved: there is nothing to mark %s", c.Address, c.Episodes[len(c.Episodes)-1].FixedBy, m.Mark)
	}
	return nil
}
