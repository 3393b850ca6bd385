package compare

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"iter"

	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

//go:embed page.html.tmpl
var pageSource string

// page is what the template is given.
type page struct {
	Public
	Policy    string
	Style     template.CSS
	Simulated bool
	// Unfinished: one of the surveys did not get to its end.
	Unfinished bool
	// Withholds: numbers of the table of kinds, or all countries, are withheld.
	Withholds bool
	Cards     []card
	// Archives are the notable changes, only in the confidential edition.
	Archives iter.Seq[Change]
}

// card is a headline figure.
type card struct{ Label, Value, Note string }

// netTable is a table of a Net.
type netTable struct {
	Title string
	Net
	Rows []netRow
}

type netRow struct {
	Label string
	Pair
}

// WriteHTML writes a comparison as one HTML file in the look of the reports,
// which needs nothing else; with changes, which may be nil, the archives that
// are not as they were.
func WriteHTML(w io.Writer, r Public, changes iter.Seq2[Change, error]) error {
	w = plain.NewWriter(w)
	t, err := template.New("page").Funcs(template.FuncMap{
		"moment": publish.Moment, "grouped": publish.Grouped, "change": change,
		"tlpMeaning": func() string { return publish.TLPMeaning },
		"cause":      func(c Cause) string { return causes[c] }, "state": verdictText,
		"net": func(title string, n Net) netTable {
			return netTable{title, n, []netRow{{"Study records", n.StudyRecords}, {"Images linked", n.ImagesLinked}, {"Images accessible", n.ImagesAccessible}}}
		},
	}).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("reading the template of the comparison: %w", err)
	}
	p := page{Public: r, Policy: report.StylePolicy(), Style: report.Style(), Simulated: r.Before.Simulated || r.Now.Simulated,
		Unfinished: r.Before.State != survey.StateFinished || r.Now.State != survey.StateFinished, Cards: cards(&r), Withholds: r.MinCount > 1 && r.withholds()}
	var broken error
	if changes != nil {
		p.Archives = func(yield func(Change) bool) {
			for c, err := range changes {
				if broken = err; err != nil || notable(&c) && !yield(c) {
					return
				}
			}
		}
	}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("writing the comparison as HTML: %w", err)
	}
	return broken
}

// card shows the difference, and apart from it what it is of.
func (p *Pair) card(label string) card {
	d := &p.Difference
	switch {
	case d.Hidden:
		return card{label, withheld, "change, like for like"}
	case d.Partial:
		return card{label, d.Difference.String(), "change, like for like, of the archives that it is known of"}
	}
	return card{label, d.Difference.String(), "change, like for like"}
}

// cards are the headline figures: the balance, whose tiles add up, and the study
// records like for like. Tiles of none are left out, but those of what people
// look for.
func cards(r *Public) []card {
	list := []card{{"Open before", r.Balance.OpenBefore.String(), "archives"}}
	for _, s := range r.Balance.steps() {
		value := s.Number.String()
		switch {
		case !s.Hidden && s.N > 0:
			value = s.sign + value
		case !s.Hidden && s.rare:
			continue
		}
		list = append(list, card{s.label, value, s.note})
	}
	return append(list, card{"Open now", r.Balance.OpenNow.String(), "archives"}, r.LikeForLike.StudyRecords.card("Study records"))
}
