package report

import (
	"fmt"
	"html/template"
	"strings"
)

// bar is one bar of a chart.
type bar struct {
	label string
	value int64
	// text is the value for a person.
	text string
	// class is a CSS class of the style sheet, for the bar's colour.
	class string
}

// Measures of a bar chart in SVG user units, which are CSS pixels at full
// width.
const (
	chartWidth  = 480
	barStep     = 38
	barTop      = 21
	barHeight   = 9
	chartColumn = 200 // height of a column chart
)

// barChart draws horizontal bars under each other, each with its label and
// its value above it, so that labels of any length find room on a phone. The
// description holds all values for those who do not see the picture.
func barChart(id, title string, bars []bar) template.HTML {
	if len(bars) == 0 {
		return ""
	}
	largest := int64(1)
	for _, b := range bars {
		largest = max(largest, b.value)
	}
	var s strings.Builder
	openSVG(&s, id, title, bars, len(bars)*barStep)
	for i, b := range bars {
		y := i * barStep
		width := float64(chartWidth) * float64(b.value) / float64(largest)
		fmt.Fprintf(&s, `<text x="0" y="%d">%s</text>`, y+14, template.HTMLEscapeString(b.label))
		fmt.Fprintf(&s, `<text class="v" x="%d" y="%d" text-anchor="end">%s</text>`, chartWidth, y+14, template.HTMLEscapeString(b.text))
		fmt.Fprintf(&s, `<rect class="track" x="0" y="%d" width="%d" height="%d" rx="3"/>`, y+barTop, chartWidth, barHeight)
		if b.value > 0 {
			fmt.Fprintf(&s, `<rect class="bar %s" x="0" y="%d" width="%.1f" height="%d" rx="3"/>`, b.class, y+barTop, max(2, width), barHeight)
		}
	}
	s.WriteString(`</svg>`)
	return template.HTML(s.String())
}

// columnChart draws columns beside each other with a label under every fifth
// year and the largest value at the top.
func columnChart(id, title string, bars []bar) template.HTML {
	if len(bars) == 0 {
		return ""
	}
	largest, top := int64(1), ""
	for _, b := range bars {
		if b.value >= largest {
			largest, top = b.value, b.text
		}
	}
	const base, head = chartColumn - 24, 22
	var s strings.Builder
	openSVG(&s, id, title, bars, chartColumn)
	fmt.Fprintf(&s, `<text class="v" x="0" y="14">%s</text>`, template.HTMLEscapeString(top))
	fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="%d" y2="%d"/>`, chartWidth, head, head)
	step := float64(chartWidth) / float64(len(bars))
	for i, b := range bars {
		height := float64(base-head) * float64(b.value) / float64(largest)
		x := float64(i) * step
		if b.value > 0 {
			fmt.Fprintf(&s, `<rect class="bar %s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`,
				b.class, x+step*0.1, float64(base)-max(1, height), step*0.8, max(1, height))
		}
		if len(bars) <= 8 || strings.HasSuffix(b.label, "0") || strings.HasSuffix(b.label, "5") {
			fmt.Fprintf(&s, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x+step/2, chartColumn-7, template.HTMLEscapeString(b.label))
		}
	}
	fmt.Fprintf(&s, `<line class="axis" x1="0" x2="%d" y1="%d" y2="%d"/></svg>`, chartWidth, base, base)
	return template.HTML(s.String())
}

// openSVG begins a picture with title and description.
func openSVG(s *strings.Builder, id, title string, bars []bar, height int) {
	var desc strings.Builder
	for i, b := range bars {
		if i > 0 {
			desc.WriteString("; ")
		}
		desc.WriteString(b.label + ": " + b.text)
	}
	fmt.Fprintf(s, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s.</desc>`,
		chartWidth, height, id, id, id, template.HTMLEscapeString(title), id, template.HTMLEscapeString(desc.String()))
}
