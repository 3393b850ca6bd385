package report

import (
	"strconv"
	"strings"
	"time"

	"leadglass/internal/survey"
)

// withheld stands in documents for people where a cell is suppressed. It is
// not "<3": of the cells withheld to protect others, that would be untrue.
const withheld = "withheld"

// grouped is n with commas between groups of three digits.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (n Number) String() string {
	if n.Hidden {
		return withheld
	}
	return grouped(n.N)
}

// String is the figure's number alone; QualityWord goes with it.
func (f Figure) String() string {
	n, ok := f.Int()
	switch {
	case f.Hidden:
		return withheld
	case !ok:
		return "unknown"
	}
	return grouped(n)
}

// QualityWord is the word for the quality of a figure; empty when it has no
// number.
func (f Figure) QualityWord() string {
	if _, ok := f.Int(); !ok || f.Hidden {
		return ""
	}
	switch f.Quality {
	case survey.LowerBound:
		return "at least"
	case survey.Estimated:
		return "estimate"
	}
	return "exact"
}

// Mark is what stands before the number in a table: nothing for an exact
// figure.
func (f Figure) Mark() string {
	switch f.QualityWord() {
	case "at least":
		return "≥ "
	case "estimate":
		return "≈ "
	}
	return ""
}

// Interval is the interval of an estimate; otherwise empty.
func (f Figure) Interval() string {
	if f.QualityWord() != "estimate" || f.Low == nil || f.High == nil {
		return ""
	}
	return grouped(*f.Low) + " to " + grouped(*f.High)
}

// byteSize is n bytes in binary units, three digits.
func byteSize(n Number) string {
	if n.Hidden {
		return withheld
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	v, i := float64(n.N), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	precision := 0
	if i > 0 && v < 100 {
		precision = 1
	}
	return strconv.FormatFloat(v, 'f', precision, 64) + " " + units[i]
}

// milliseconds is n milliseconds for a person.
func milliseconds(n Number) string {
	switch {
	case n.Hidden:
		return withheld
	case n.N < 1000:
		return grouped(n.N) + " ms"
	}
	return strconv.FormatFloat(float64(n.N)/1000, 'f', -1, 64) + " s"
}

// moment is a time for a person, to the minute.
func moment(t time.Time) string {
	if t.IsZero() {
		return "not finished"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// day is the date of a time for a person.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
