package report

import (
	"io"

	"leadglass/internal/publish"
)

// PublicFiles are the files of the public edition: report.html, report.json,
// countries.csv. publish.Printed makes a PDF of the first.
func PublicFiles(r Public, formats ...publish.Format) ([]publish.File, error) {
	return publish.Report().Files(publish.EditionPublic, publish.Writers{
		"report.html":   func(w io.Writer) error { return WriteHTML(w, r) },
		"report.json":   func(w io.Writer) error { return WriteJSON(w, r) },
		"countries.csv": func(w io.Writer) error { return WriteCSV(w, r) },
	}, formats...)
}

// ConfidentialFiles are the files of the confidential edition: report.html,
// report.json, and as CSV archives.csv and countries.csv.
//
// Collect must have been given the formats.
func ConfidentialFiles(c *Confidential, formats ...publish.Format) ([]publish.File, error) {
	return publish.Report().Files(publish.EditionConfidential, publish.Writers{
		"report.html":   c.WriteHTML,
		"report.json":   c.WriteJSON,
		"archives.csv":  c.WriteCSV,
		"countries.csv": func(w io.Writer) error { return WriteCSV(w, c.report) },
	}, formats...)
}
