package report

import (
	"strconv"
	"time"

	"leadglass/internal/publish"
)

// byteSize is n bytes in binary units, three digits.
func byteSize(n publish.Number) string {
	if n.Hidden {
		return publish.Withheld
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
func milliseconds(n publish.Number) string {
	switch {
	case n.Hidden:
		return publish.Withheld
	case n.N < 1000:
		return publish.Grouped(n.N) + " ms"
	}
	return strconv.FormatFloat(float64(n.N)/1000, 'f', -1, 64) + " s"
}

// day is the date of a time for a person.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
