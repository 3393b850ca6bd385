package publish_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/publish"
)

// TestFormatsAreOneList: what a document can be written as, what an error names
// and what flags take follow its list.
func TestFormatsAreOneList(t *testing.T) {
	if got := publish.Report().Formats(); !slices.Equal(got, []string{"html", "json", "csv", "pdf"}) {
		t.Errorf("formats of a report: %v", got)
	}
	write := func(io.Writer) error { return nil }
	files, err := publish.Report().Files("public", publish.Writers{"report.json": write, "countries.csv": write}, publish.CSV, publish.JSON)
	if err != nil || len(files) != 2 || files[0].Name != "countries.csv" || files[1].Name != "report.json" || files[0].Edition != "public" {
		t.Errorf("files %+v, %v", files, err)
	}
	for _, format := range []publish.Format{publish.HTML, "docx"} {
		if _, err := publish.Report().Files("public", publish.Writers{"report.json": write}, format); err == nil || !strings.Contains(err.Error(), "html, json, csv, pdf") {
			t.Errorf("format %q: %v", format, err)
		}
	}
}
