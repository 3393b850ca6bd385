package report

import (
	"fmt"
	"io"
	"slices"

	"leadglass/internal/publish"
)

// PublicFiles are the files of the public edition: report.html, report.json,
// countries.csv.
func PublicFiles(r Public, formats ...publish.Format) ([]publish.File, error) {
	return files(publish.EditionPublic, formats, map[publish.Format]publish.File{
		publish.HTML: {Name: "report.html", Write: func(w io.Writer) error { return WriteHTML(w, r) }},
		publish.JSON: {Name: "report.json", Write: func(w io.Writer) error { return WriteJSON(w, r) }},
		publish.CSV:  {Name: "countries.csv", Write: func(w io.Writer) error { return WriteCSV(w, r) }},
	})
}

// ConfidentialFiles are the files of the confidential edition: report.html,
// report.json, and as CSV archives.csv and countries.csv.
//
// Collect must have been given the formats.
func ConfidentialFiles(c *Confidential, formats ...publish.Format) ([]publish.File, error) {
	list, err := files(publish.EditionConfidential, formats, map[publish.Format]publish.File{
		publish.HTML: {Name: "report.html", Write: c.WriteHTML},
		publish.JSON: {Name: "report.json", Write: c.WriteJSON},
		publish.CSV:  {Name: "archives.csv", Write: c.WriteCSV},
	})
	if err == nil && slices.Contains(formats, publish.CSV) {
		list = append(list, publish.File{Name: "countries.csv", Edition: publish.EditionConfidential,
			Write: func(w io.Writer) error { return WriteCSV(w, c.report) }})
	}
	return list, err
}

func files(edition string, formats []publish.Format, known map[publish.Format]publish.File) ([]publish.File, error) {
	var out []publish.File
	for _, f := range formats {
		file, ok := known[f]
		if !ok {
			return nil, fmt.Errorf("unknown report format %q; known are html, json, csv", f)
		}
		file.Edition = edition
		out = append(out, file)
	}
	return out, nil
}
