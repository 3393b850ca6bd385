package publish

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format names a kind of file.
type Format string

// The formats of files.
const (
	HTML Format = "html"
	JSON Format = "json"
	CSV  Format = "csv"
	// PDF is the HTML page, printed; a Printer makes it.
	PDF Format = "pdf"
)

// Document lists the files of a kind of document, in the order in which help
// lists their formats. This is the one list of formats: flags, errors and the
// search for files of earlier documents follow it.
type Document []Entry

// Entry is a file of a document. A format may have several, and an edition
// may lack one.
type Entry struct {
	Format Format
	Name   string
}

// Report lists the files of a report.
func Report() Document {
	return Document{{HTML, "report.html"}, {JSON, "report.json"}, {CSV, "archives.csv"}, {CSV, "countries.csv"}, {PDF, "report.pdf"}}
}

// Comparison lists the files of a comparison of two surveys.
func Comparison() Document { return Document{{HTML, "diff.html"}, {JSON, "diff.json"}} }

// Formats are the formats of a document, each once.
func (d Document) Formats() []string {
	var names []string
	for _, e := range d {
		if !slices.Contains(names, string(e.Format)) {
			names = append(names, string(e.Format))
		}
	}
	return names
}

// Writers are the functions that write the files of a document, by name.
type Writers map[string]func(io.Writer) error

// Files are the files of the formats, in the order of formats, that writers
// has. An error says that a format is not of the document.
func (d Document) Files(edition string, writers Writers, formats ...Format) ([]File, error) {
	var files []File
	for _, f := range formats {
		known := false
		for _, e := range d {
			if write := writers[e.Name]; e.Format == f && write != nil {
				known = true
				files = append(files, File{Name: e.Name, Edition: edition, Write: write})
			}
		}
		if !known {
			return nil, fmt.Errorf("unknown format %q; known are %s", f, strings.Join(d.Formats(), ", "))
		}
	}
	return files, nil
}
