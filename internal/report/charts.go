package report

import (
	"html/template"
	"slices"
	"strconv"

	"leadglass/internal/survey"
)

// How many bars a chart shows at most.
const (
	maxCountryBars = 12
	maxBars        = 12
	maxYears       = 40
)

// tableChart draws the largest lines of a table, and the sum of all others.
func tableChart(id, title string, d Distribution) template.HTML {
	var bars []bar
	rest := int64(0)
	for i, r := range d.Rows {
		if i < maxBars || len(d.Rows) == maxBars+1 {
			bars = append(bars, bar{label: r.Name, value: r.Count.N, text: r.Count.String()})
		} else {
			rest = addCapped(rest, r.Count.N)
		}
	}
	if rest > 0 {
		bars = append(bars, bar{label: "further, shown in the JSON", value: rest, text: grouped(rest), class: "dim"})
	}
	if d.Other != nil {
		bars = append(bars, bar{label: "others, not shown singly", value: d.Other.N, text: d.Other.String(), class: "dim"})
	}
	return barChart(id, title, bars)
}

// slicesChart draws the lines of a table in their order.
func slicesChart(id, title string, rows []Slice, class func(string) string) template.HTML {
	bars := make([]bar, 0, len(rows))
	for _, r := range rows {
		b := bar{label: r.Name, text: r.Count.String(), class: class(r.Name)}
		if !r.Count.Hidden {
			b.value = r.Count.N
		}
		bars = append(bars, b)
	}
	return barChart(id, title, bars)
}

// countryChart draws the countries with the most study records.
func countryChart(countries []Country) template.HTML {
	var bars []bar
	for _, c := range countries {
		if n, ok := c.StudyRecords.Int(); ok && !c.StudyRecords.Hidden && n > 0 {
			bars = append(bars, bar{label: c.Name, value: n, text: c.StudyRecords.Mark() + c.StudyRecords.String()})
		}
	}
	slices.SortStableFunc(bars, func(a, b bar) int { return int(max(-1, min(1, b.value-a.value))) })
	return barChart("chart-countries", "Countries with the most study records", bars[:min(len(bars), maxCountryBars)])
}

// funnel draws how far the targets let a stranger go: each step is part of
// the one above it. A step that is withheld, or would give a withheld verdict
// away, is left out.
func funnel(r *Public) template.HTML {
	by := map[survey.Verdict]Number{}
	for _, v := range r.Verdicts {
		by[survey.Verdict(v.Name)] = v.Count
	}
	var bars []bar
	add := func(label, class string, n Number) {
		if !n.Hidden {
			bars = append(bars, bar{label: label, value: n.N, text: n.String(), class: class})
		}
	}
	add("analysed", "dim", r.Totals.ArchivesAnalysed)
	add("speak DICOM or DICOMweb", "", r.Totals.Archives)
	identified := by[survey.Identified]
	add("accept an association or more", "warn", Number{N: identified.N + r.Totals.ArchivesOpen.N, Hidden: identified.Hidden || r.Totals.ArchivesOpen.Hidden})
	add("answer queries (freely accessible)", "bad", r.Totals.ArchivesOpen)
	add("would hand out images", "bad", by[survey.OpenImages])
	return barChart("chart-funnel", "How far the archives let a stranger go", bars)
}

// yearChart draws the studies by year, without gaps, the latest years if
// there are many.
func yearChart(d Distribution) template.HTML {
	by := map[int]int64{}
	first, last := 9999, 0
	for _, r := range d.Rows {
		if y, err := strconv.Atoi(r.Name); err == nil {
			by[y] = r.Count.N
			first, last = min(first, y), max(last, y)
		}
	}
	var bars []bar
	for y := max(first, last-maxYears+1); y <= last; y++ {
		n, known := by[y]
		text := "withheld or none"
		if known {
			text = grouped(n)
		}
		bars = append(bars, bar{label: strconv.Itoa(y), value: n, text: text})
	}
	return columnChart("chart-years", "Studies by year of examination", bars)
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
