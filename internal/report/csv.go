package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"leadglass/internal/publish"
)

// WriteCSV writes the table of countries of r, with a line of totals at the
// end. A withheld cell holds the word "suppressed". The last column names the
// edition, so that a file without context says how it may be used.
func WriteCSV(w io.Writer, r Public) error {
	rows := [][]string{{"iso2", "country", "archives", "archives_open", "study_records", "study_records_quality",
		"images_linked", "images_linked_quality", "images_accessible", "images_accessible_quality", "viewers_open", "edition"}}
	for _, c := range r.Countries {
		rows = append(rows, countryRow(c))
	}
	if r.Other != nil {
		rows = append(rows, countryRow(*r.Other))
	}
	t := r.Totals
	rows = append(rows, countryRow(Country{Name: "All countries", Archives: t.Archives, ArchivesOpen: t.ArchivesOpen,
		StudyRecords: t.StudyRecords, ImagesLinked: t.ImagesLinked, ImagesAccessible: t.ImagesAccessible, ViewersOpen: t.ViewersOpen}))
	for i := range rows[1:] {
		rows[i+1] = append(rows[i+1], r.Edition)
	}
	return writeCSV(w, rows)
}

func countryRow(c Country) []string {
	row := []string{c.ISO2, c.Name, csvNumber(c.Archives), csvNumber(c.ArchivesOpen)}
	for _, f := range []publish.Figure{c.StudyRecords, c.ImagesLinked, c.ImagesAccessible} {
		n, quality := csvFigure(f)
		row = append(row, n, quality)
	}
	return append(row, csvNumber(c.ViewersOpen))
}

func csvNumber(n publish.Number) string {
	if n.Hidden {
		return "suppressed"
	}
	return strconv.FormatInt(n.N, 10)
}

// csvFigure is the number and the quality of f.
func csvFigure(f publish.Figure) (number, quality string) {
	n, ok := f.Int()
	switch {
	case f.Hidden:
		return "suppressed", ""
	case !ok:
		return "", string(f.Quality)
	}
	return strconv.FormatInt(n, 10), string(f.Quality)
}

func writeCSV(w io.Writer, rows [][]string) error {
	cw := csv.NewWriter(w)
	for _, row := range rows {
		for i := range row {
			row[i] = publish.Harmless(row[i])
		}
		if err := cw.Write(row); err != nil {
			return fmt.Errorf("writing CSV: %w", err)
		}
	}
	cw.Flush()
	if err := cw.Error(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}
