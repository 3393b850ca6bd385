package cases

import (
	"iter"
	"slices"
	"time"

	"leadglass/internal/merge"
	"leadglass/internal/survey"
)

// Sources are the surveys of a store, and what people did beside them.
type Sources struct {
	// Surveys are in the order of time, Facts is the stream of each.
	Surveys []survey.Survey
	Facts   []merge.Stream
	// Events and Rechecks are in the order of their targets' bytes, and of time.
	Events   iter.Seq2[survey.CaseEvent, error]
	Rechecks iter.Seq2[survey.Recheck, error]
}

// All derives the case of every system, in the order of their addresses' bytes.
// Memory does not grow with the number of systems. An error ends the iteration.
func All(src Sources, now time.Time, timeline bool) iter.Seq2[Case, error] {
	return func(yield func(Case, error) bool) {
		events := newPull(src.Events, func(e survey.CaseEvent) string { return e.Target })
		defer events.stop()
		rechecks := newPull(src.Rechecks, func(r survey.Recheck) string { return r.Facts.Target })
		defer rechecks.stop()
		s, byID := System{}, surveysByID(src.Surveys)
		for groups, err := range merge.ByTarget(src.Facts) {
			if err == nil {
				s.Target = targetOf(groups)
				s.Looks = looks(s.Looks[:0], src.Surveys, groups)
				s.Events, err = events.take(s.Target, s.Events[:0])
			}
			var again []survey.Recheck
			if err == nil {
				again, err = rechecks.take(s.Target, nil)
			}
			if err != nil {
				yield(Case{}, err)
				return
			}
			s.addRechecks(again, byID)
			if c, any := Derive(&s, now, timeline); any && !yield(c, nil) {
				return
			}
		}
	}
}

func surveysByID(list []survey.Survey) map[string]*survey.Survey {
	byID := make(map[string]*survey.Survey, len(list))
	for i := range list {
		byID[list[i].ID] = &list[i]
	}
	return byID
}

// targetOf is the target of groups, of which one at least has a record.
func targetOf(groups [][]survey.Facts) string {
	for _, g := range groups {
		if len(g) > 0 {
			return g[0].Target
		}
	}
	return ""
}

// looks appends a look for each survey.
func looks(to []Look, surveys []survey.Survey, groups [][]survey.Facts) []Look {
	for i := range surveys {
		v := &surveys[i]
		to = append(to, Look{ID: v.ID, At: v.StartedAt, Finished: v.State == survey.StateFinished, Coverage: v.Coverage, Facts: groups[i]})
	}
	return to
}

// addRechecks puts rechecks among the looks, by time. They look where the survey
// does that bounds them.
func (s *System) addRechecks(list []survey.Recheck, surveys map[string]*survey.Survey) {
	for _, r := range list {
		l := Look{ID: r.ID, At: r.At, Recheck: true, By: r.By, Finished: true, Facts: []survey.Facts{r.Facts}}
		if v := surveys[r.SurveyID]; v != nil {
			l.Coverage = v.Coverage
		}
		s.Looks = append(s.Looks, l)
	}
	if len(list) > 0 {
		slices.SortStableFunc(s.Looks, func(a, b Look) int { return a.At.Compare(b.At) })
	}
}

// pull takes what a stream has of one target after the other.
type pull[T any] struct {
	next   func() (T, error, bool)
	stop   func()
	target func(T) string
	head   T
	have   bool
	ended  bool
}

func newPull[T any](s iter.Seq2[T, error], target func(T) string) *pull[T] {
	if s == nil {
		s = func(func(T, error) bool) {}
	}
	next, stop := iter.Pull2(s)
	return &pull[T]{next: next, stop: stop, target: target}
}

// take appends what belongs to the target, and passes over what belongs to
// earlier ones.
func (p *pull[T]) take(target string, to []T) ([]T, error) {
	for {
		if !p.have && !p.ended {
			v, err, ok := p.next()
			if err != nil {
				return to, err
			}
			p.head, p.have, p.ended = v, ok, !ok
		}
		if !p.have || p.target(p.head) > target {
			return to, nil
		}
		if p.target(p.head) == target {
			to = append(to, p.head)
		}
		p.have = false
	}
}
