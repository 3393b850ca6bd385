package publish

import (
	"strconv"
	"strings"
	"time"

	"leadglass/internal/survey"
)

// Withheld stands in documents for people where a cell is suppressed. It is
// not "<3": of the cells withheld to protect others, that would be untrue.
const Withheld = "withheld"

// Grouped is n with commas between groups of three digits.
func Grouped(n int64) string {
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
		return Withheld
	}
	return Grouped(n.N)
}

// String is the figure's number alone; QualityWord goes with it.
func (f Figure) String() string {
	n, ok := f.Int()
	switch {
	case f.Hidden:
		return Withheld
	case !ok:
		return "unknown"
	}
	return Grouped(n)
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
	return Grouped(*f.Low) + " to " + Grouped(*f.High)
}

// Moment is a time for a person, to the minute.
func Moment(t time.Time) string {
	if t.IsZero() {
		return "not finished"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// UnknownCountry is the key of the archives that no country is known of; ISO
// 3166-1 leaves it to users.
const UnknownCountry = "ZZ"

// CountryName is the name of a country's row, by its ISO 3166-1 code or
// UnknownCountry.
func CountryName(iso2 string) string {
	if iso2 == UnknownCountry {
		return "Country unknown"
	}
	return survey.CountryName(iso2)
}
