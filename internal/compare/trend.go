package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"leadglass/internal/merge"
	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// TrendSchema names the version of the JSON form of a trend.
const TrendSchema = "leadglass.trend/1"

// MaxTrend is how many surveys a trend can have.
const MaxTrend = 24

// Trend is the headline figures of surveys, the earliest first, without small
// cells. It has no field for an address. Its JSON is
// docs/schema/trend.schema.json.
type Trend struct {
	Schema  string `json:"schema"`
	Edition string `json:"edition"`
	// TLP is the marking of a confidential edition, in which nothing is withheld.
	TLP      string     `json:"tlp,omitempty"`
	MinCount int64      `json:"min_count"`
	Surveys  []TrendRow `json:"surveys"`
	Notes    []string   `json:"notes"`
}

// TrendRow is one survey.
type TrendRow struct {
	Label
	// Core are the archives that every survey of the trend looked at alike;
	// InAll all that this survey found.
	Core  TrendFigures `json:"like_for_like"`
	InAll TrendFigures `json:"in_all"`
}

// TrendFigures are headline figures.
type TrendFigures struct {
	Open             publish.Number `json:"archives_open"`
	StudyRecords     publish.Figure `json:"study_records"`
	ImagesLinked     publish.Figure `json:"images_linked"`
	ImagesAccessible publish.Figure `json:"images_accessible"`
}

// trendSum adds archives up over all surveys.
type trendSum struct {
	open    []int64
	figures [][3]publish.Sum
	// moved[i][j], i < j, are the archives that two surveys differ in: open
	// in the earlier one alone, in the later one alone, and with another
	// figure.
	moved [][][5]publish.Cell
}

func newTrendSum(n int) trendSum {
	s := trendSum{open: make([]int64, n), figures: make([][3]publish.Sum, n), moved: make([][][5]publish.Cell, n)}
	for i := range s.moved {
		s.moved[i] = make([][5]publish.Cell, n)
	}
	return s
}

// shown is what a target exposes by one survey; spans are the study records,
// images linked and images accessible.
type shown struct {
	open  bool
	spans [3]struct {
		span
		known bool
	}
}

// shownBy is what a target exposes by what a survey says of it.
func shownBy(s *State) shown {
	e := shown{open: openIn(s)}
	for f, c := range exposed(s) {
		e.spans[f].span, e.spans[f].known = spanOf(c)
	}
	return e
}

// add adds one target, by what each survey says of it. What no survey found
// open has nothing to add.
func (s *trendSum) add(states []*State) {
	if !slices.ContainsFunc(states, openIn) {
		return
	}
	var by [MaxTrend]shown
	for j, now := range states {
		by[j] = shownBy(now)
		b := &by[j]
		if b.open {
			s.open[j]++
			for f, c := range exposed(now) {
				s.figures[j][f].Add(c)
			}
		}
		for i := range by[:j] {
			m, a := &s.moved[i][j], &by[i]
			switch {
			case a.open && !b.open:
				m[0] = m[0].Plus(publish.CountOf(1))
			case !a.open && b.open:
				m[1] = m[1].Plus(publish.CountOf(1))
			}
			for f := range a.spans {
				if a.spans[f] != b.spans[f] {
					by := max(a.spans[f].value-b.spans[f].value, b.spans[f].value-a.spans[f].value)
					m[2+f] = m[2+f].Plus(publish.Cell{Archives: 1, Sum: by, Largest: by})
				}
			}
		}
	}
}

// NewTrend reads surveys, the earliest first, with their streams, and makes
// their trend; a cell with fewer than minCount archives behind it, or behind
// its difference from another that is shown, is withheld. It is an error when a
// survey does not say what it covered.
// What the public reports on the surveys withhold is withheld too; there may be
// none.
func NewTrend(surveys []survey.Survey, streams []Stream, judge Judge, minCount int, reports ...report.Public) (Trend, error) {
	if len(surveys) < 2 || len(surveys) > MaxTrend || len(surveys) != len(streams) {
		return Trend{}, fmt.Errorf("a trend is of 2 to %d surveys, not of %d", MaxTrend, len(surveys))
	}
	frames := make([]*Frame, len(surveys)-1)
	for i := range frames {
		var err error
		if frames[i], err = NewFrame(surveys[i], surveys[i+1], judge); err != nil {
			return Trend{}, err
		}
	}
	core, rest := newTrendSum(len(surveys)), newTrendSum(len(surveys))
	sides, states, room := make([]side, len(surveys)), make([]*State, len(surveys)), make([]State, len(surveys))
	for groups, err := range merge.ByTarget(streams) {
		if err != nil {
			return Trend{}, err
		}
		for i := range sides {
			sides[i] = newSide(&surveys[i], groups[i])
			states[i] = sides[i].state(&room[i])
		}
		if allAlike(frames, sides, states) {
			core.add(states)
		} else {
			rest.add(states)
		}
	}
	return publishTrend(surveys, &core, &rest, max(1, int64(minCount)), reports), nil
}

// allAlike reports whether all surveys looked at a target alike: each like the
// one before it.
func allAlike(frames []*Frame, sides []side, states []*State) bool {
	var target string
	for i := range sides {
		if len(sides[i].records) > 0 {
			target = sides[i].records[0].Target
		}
	}
	for i := range sides {
		s := &sides[i]
		if !s.covered(target) || len(s.records) == 0 && s.survey.State != survey.StateFinished {
			return false
		}
	}
	for i, f := range frames {
		b, n := &sides[i], &sides[i+1]
		if !speaksIn(states[i]) && !speaksIn(states[i+1]) {
			if b.incomplete || n.incomplete {
				return false
			}
			continue
		}
		c := Change{Target: target, Before: states[i], Now: states[i+1]}
		if f.setKind(&c, b, n); !c.Kind.LikeForLike() {
			return false
		}
	}
	return true
}

func publishTrend(surveys []survey.Survey, core, rest *trendSum, least int64, reports []report.Public) Trend {
	t := Trend{Schema: TrendSchema, Edition: publish.EditionPublic, MinCount: least, Surveys: make([]TrendRow, len(surveys)),
		Notes: []string{
			"Like for like are the archives at targets that every survey looked at in the same way as the one before it; in all are all that a survey found. Only the first can be compared.",
			"A lower bound is not a number to subtract; a figure that rose may have been counted more completely.",
		}}
	all := newTrendSum(len(surveys))
	for i := range surveys {
		all.open[i] = core.open[i] + rest.open[i]
		for f := range all.figures[i] {
			core.figures[i][f].Part = surveys[i].State != survey.StateFinished
			all.figures[i][f] = core.figures[i][f]
			all.figures[i][f].Merge(rest.figures[i][f])
		}
		for j := range surveys {
			for k := range all.moved[i][j] {
				all.moved[i][j][k] = core.moved[i][j][k].Plus(rest.moved[i][j][k])
			}
		}
		t.Surveys[i].Label = labelOf(surveys[i])
		if surveys[i].Simulated && len(t.Notes) == 2 {
			t.Notes = append(t.Notes, "Simulated: the archives are those of Leadglass's laboratory.")
		}
	}
	if least > 1 {
		t.Notes = append(t.Notes, "Figures with few archives behind them, or behind their difference from another that is shown, are withheld; later surveys go first.")
	}
	core.publish(t.Surveys, func(r *TrendRow) *TrendFigures { return &r.Core }, rest, least, reports)
	all.publish(t.Surveys, func(r *TrendRow) *TrendFigures { return &r.InAll }, rest, least, reports)
	return t
}

// totalHidden reports whether a report withholds the total of a column: 0 is the
// open archives.
func totalHidden(r *report.Public, column int) bool {
	if column == 0 {
		return r.Totals.ArchivesOpen.Hidden
	}
	f := []publish.Figure{r.Totals.StudyRecords, r.Totals.ImagesLinked, r.Totals.ImagesAccessible}[column-1]
	return f.Hidden || f.Coarse
}

// publish shows what can be shown, from the last survey to the first. apart is
// what follows from the difference of two sums of the same survey.
func (s *trendSum) publish(rows []TrendRow, of func(*TrendRow) *TrendFigures, apart *trendSum, least int64, reports []report.Public) {
	for column := range 4 {
		var shown []int
		for j := len(rows) - 1; j >= 0; j-- {
			hide := s.unsafe(j, column, least) || apart.unsafe(j, column, least) || len(reports) > 0 && totalHidden(&reports[j], column)
			for _, later := range shown {
				hide = hide || s.unsafeMove(j, later, column, least) || apart.unsafeMove(j, later, column, least)
			}
			if !hide {
				shown = append(shown, j)
			}
			f := of(&rows[j])
			if column == 0 {
				f.Open = publish.Number{Hidden: true}
				if !hide {
					f.Open = publish.Number{N: s.open[j]}
				}
				continue
			}
			figure := []*publish.Figure{&f.StudyRecords, &f.ImagesLinked, &f.ImagesAccessible}[column-1]
			*figure = publish.Figure{Hidden: true}
			if !hide {
				*figure = publish.Figure{Count: s.figures[j][column-1].Count()}
				if least == 1 {
					figure.WithoutCount = s.figures[j][column-1].Unknowns
				}
			}
		}
	}
}

// unsafe reports whether a figure of survey j may not be published: column 0 is
// the open archives.
func (s *trendSum) unsafe(j, column int, least int64) bool {
	return publish.Small(s.open[j], least) || column > 0 && !s.figures[j][column-1].Cell().Safe(least)
}

// unsafeMove reports whether the difference of two surveys may not be published.
func (s *trendSum) unsafeMove(i, j, column int, least int64) bool {
	m := &s.moved[i][j]
	return !m[0].Safe(least) || !m[1].Safe(least) || column > 0 && !m[1+column].Safe(least)
}

// WriteJSON writes the trend as JSON, leadglass.trend/1, on one line.
func (t *Trend) WriteJSON(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(t); err != nil {
		return fmt.Errorf("writing the trend: %w", err)
	}
	return nil
}

// WriteText writes the trend for a terminal.
func (t *Trend) WriteText(w io.Writer) error {
	out := bufio.NewWriter(plain.NewWriter(w))
	table := func(title string, of func(*TrendRow) *TrendFigures) {
		fmt.Fprintf(out, "%s\n", title)
		tab := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(tab, "began\topen archives\tstudy records\timages linked\timages accessible\tsurvey\t")
		for i := range t.Surveys {
			f := of(&t.Surveys[i])
			cells := []string{t.Surveys[i].StartedAt.Format("2006-01-02"), f.Open.String()}
			for _, figure := range []publish.Figure{f.StudyRecords, f.ImagesLinked, f.ImagesAccessible} {
				cells = append(cells, figure.Mark()+figure.String())
			}
			fmt.Fprintln(tab, strings.Join(append(cells, plain.Line(t.Surveys[i].Name)), "\t")+"\t")
		}
		_ = tab.Flush() // an error stays in out
	}
	if t.TLP != "" {
		fmt.Fprintf(out, "%s. %s\n\n", t.TLP, publish.TLPMeaning)
	}
	table("Like for like", func(r *TrendRow) *TrendFigures { return &r.Core })
	table("\nIn all", func(r *TrendRow) *TrendFigures { return &r.InAll })
	for _, n := range t.Notes {
		fmt.Fprintf(out, "\n- %s", n)
	}
	fmt.Fprintln(out)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the trend: %w", err)
	}
	return nil
}
