package report

import (
	"strconv"

	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

// bars is a table with a bar beside each number, so that it can be read as
// numbers, heard as a table, and seen as a chart.
type bars struct {
	// Title says what the table shows; Of names its lines, What its numbers.
	Title, Of, What string
	Rows            []bar
}

// bar is one line of bars.
type bar struct {
	Label string
	// Text is the number for a person.
	Text string
	// Share is the length of the bar in percent of the longest.
	Share string
	// Class is a CSS class for the bar's colour.
	Class string

	value int64
}

// maxBars is how many lines a table of bars has at most.
const maxBars = 12

// newBars measures the bars of rows; nil when there are none.
func newBars(title, of, what string, rows []bar) *bars {
	if len(rows) == 0 {
		return nil
	}
	largest := int64(1)
	for _, b := range rows {
		largest = max(largest, b.value)
	}
	for i, b := range rows {
		rows[i].Share = share(b.value, largest)
	}
	return &bars{Title: title, Of: of, What: what, Rows: rows}
}

// share is n in percent of whole with one decimal; what is not 0 can be seen.
func share(n, whole int64) string {
	if n <= 0 || whole <= 0 {
		return "0"
	}
	return strconv.FormatFloat(max(0.5, 100*float64(n)/float64(whole)), 'f', 1, 64)
}

// number is the line of a number that may be withheld: then it has no bar.
func numberBar(label, class string, n publish.Number) bar {
	b := bar{Label: label, Text: n.String(), Class: class}
	if !n.Hidden {
		b.value = n.N
	}
	return b
}

// tableBars draws the largest lines of a table, and the sum of all others.
func tableBars(title, of, what string, d Distribution) *bars {
	var rows []bar
	rest := int64(0)
	for i, r := range d.Rows {
		if i < maxBars || len(d.Rows) == maxBars+1 {
			rows = append(rows, numberBar(r.Name, "", r.Count))
		} else {
			rest = survey.AddCapped(rest, r.Count.N)
		}
	}
	if rest > 0 {
		rows = append(rows, numberBar("further, named in the JSON", "dim", publish.Number{N: rest}))
	}
	if d.Other != nil {
		rows = append(rows, numberBar("others, not shown singly", "dim", *d.Other))
	}
	return newBars(title, of, what, rows)
}

// sliceBars draws the lines of a table in their order.
func sliceBars(title, of, what string, slices []Slice, class func(string) string) *bars {
	rows := make([]bar, 0, len(slices))
	for _, r := range slices {
		rows = append(rows, numberBar(r.Name, class(r.Name), r.Count))
	}
	return newBars(title, of, what, rows)
}

// funnel draws how far the targets let an unauthenticated caller go: each step is part of
// the one above it. A step that is withheld, or would give a withheld verdict
// away, is left out.
func funnel(r *Public) *bars {
	by := map[survey.Verdict]publish.Number{}
	for _, v := range r.Verdicts {
		by[survey.Verdict(v.Name)] = v.Count
	}
	var rows []bar
	add := func(label, class string, n publish.Number) {
		if !n.Hidden {
			rows = append(rows, numberBar(label, class, n))
		}
	}
	add("answered at all", "dim", r.Totals.ArchivesAnalysed)
	add("speak DICOM or DICOMweb", "", r.Totals.Archives)
	identified := by[survey.Identified]
	add("accept an association, or more", "", publish.Number{N: identified.N + r.Totals.ArchivesOpen.N, Hidden: identified.Hidden || r.Totals.ArchivesOpen.Hidden})
	add("answer queries: freely accessible", "bad", r.Totals.ArchivesOpen)
	add("would send images as well", "bad", by[survey.OpenImages])
	return newBars("How far an unauthenticated caller gets", "Step", "Targets", rows)
}

func gradeClass(g string) string {
	switch survey.Grade(g) {
	case survey.GradeA, survey.GradeB:
		return "good"
	case survey.GradeC, survey.GradeD:
		return "warn"
	}
	return "bad"
}

func plainClass(string) string { return "" }
