package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"leadglass/internal/publish"
)

// maxYears is how many years the chart shows at most.
const maxYears = 40

// Measures of the chart of years in SVG user units.
const (
	yearsWidth  = 1000
	yearsHeight = 210
	yearsHead   = 24
	yearsBase   = yearsHeight - 24
)

// column is a year of the chart.
type column struct {
	label, text string
	value       int64
}

// yearColumns are the studies by year, without gaps, the latest years if there
// are many.
func yearColumns(d Distribution) []column {
	by := map[int]int64{}
	first, last := 9999, 0
	for _, r := range d.Rows {
		if y, err := strconv.Atoi(r.Name); err == nil {
			by[y] = r.Count.N
			first, last = min(first, y), max(last, y)
		}
	}
	var columns []column
	for y := max(first, last-maxYears+1); y <= last; y++ {
		n, known := by[y]
		text := "withheld or none"
		if known {
			text = publish.Grouped(n)
		}
		columns = append(columns, column{label: strconv.Itoa(y), value: n, text: text})
	}
	return columns
}

// yearChart draws a column a year, with a label under every fifth, and the
// largest value at the top. The description holds all values for those who do
// not see the picture.
func yearChart(d Distribution) template.HTML {
	columns := yearColumns(d)
	if len(columns) == 0 {
		return ""
	}
	largest, desc := int64(1), make([]string, 0, len(columns))
	for _, c := range columns {
		largest = max(largest, c.value)
		desc = append(desc, c.label+": "+c.text)
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg class="years" viewBox="0 0 %d %d" role="img" aria-labelledby="years-t years-d"><title id="years-t">Studies by year of examination</title><desc id="years-d">%s.</desc>`,
		yearsWidth, yearsHeight, template.HTMLEscapeString(strings.Join(desc, "; ")))
	fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="%d" y2="%d"/>`, yearsWidth, yearsHead, yearsHead)
	step := float64(yearsWidth) / float64(len(columns))
	for i, c := range columns {
		height := max(1, float64(yearsBase-yearsHead)*float64(c.value)/float64(largest))
		x := float64(i) * step
		if c.value > 0 {
			fmt.Fprintf(&s, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %s</title></rect>`,
				x+step*0.17, float64(yearsBase)-height, step*0.66, height, c.label, c.text)
		}
		if len(columns) <= 14 || strings.HasSuffix(c.label, "0") || strings.HasSuffix(c.label, "5") {
			fmt.Fprintf(&s, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x+step/2, yearsHeight-6, c.label)
		}
	}
	fmt.Fprintf(&s, `<text x="0" y="16">%s</text>`, publish.Grouped(largest))
	fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="%d" y2="%d"/></svg>`, yearsWidth, yearsBase, yearsBase)
	return template.HTML(s.String())
}
