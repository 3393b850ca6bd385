package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"leadglass/internal/plain"
	"leadglass/internal/scratch"
)

// The editions of a document.
const (
	EditionPublic       = "public"
	EditionConfidential = "confidential"
)

// TLPAmber marks the confidential edition (FIRST, Traffic Light Protocol 2.0).
const TLPAmber = "TLP:AMBER"

// TLPMeaning says what the mark allows, by the definition of FIRST.
const TLPMeaning = "Limited disclosure: recipients may share it within their own organisation and with its clients, with those who need to know. It names single systems."

// Printer prints an HTML page, which page writes, as PDF.
type Printer func(page func(io.Writer) error, w io.Writer) error

// Printed returns the page file as report.pdf. After the end of the document
// stands a line that says which edition it is, as a comment that readers of
// PDF pass over (ISO 32000-1, 7.2.3).
func Printed(page File, print Printer) File {
	return File{Name: "report.pdf", Edition: page.Edition, Write: func(w io.Writer) error {
		if err := print(page.Write, w); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "\n%%leadglass-edition %s\n", page.Edition)
		return err
	}}
}

// File is a document under its name, still to be written.
type File struct {
	Name    string
	Edition string
	Write   func(io.Writer) error
}

// WriteFiles writes files into dir, which is made (mode 0700) if it is not
// there, and returns their paths. Each file has mode 0600 and is complete or
// not there. A file of the other edition is not overwritten, lest a
// confidential report take the place of a public one that is shown to the
// world; nor is anything that is not a file, such as a named pipe.
func WriteFiles(dir string, files []File) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the report's directory: %w", err)
	}
	for _, f := range files {
		if err := refuseOtherEdition(filepath.Join(dir, f.Name), f.Edition); err != nil {
			return nil, err
		}
	}
	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := scratch.WriteFile(path, f.Write); err != nil {
			return paths, fmt.Errorf("writing %s: %w", path, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// Stale are the paths of reports in dir, by their names, that are not among
// written: they are of an earlier report, maybe of another survey.
func Stale(dir string, written []string) []string {
	var stale []string
	for _, e := range Report() {
		path := filepath.Join(dir, e.Name)
		if _, err := os.Lstat(path); err == nil && !slices.Contains(written, path) {
			stale = append(stale, path)
		}
	}
	return stale
}

func refuseOtherEdition(path, edition string) error {
	err := scratch.Replaceable(path)
	if err != nil {
		return fmt.Errorf("looking at the earlier report: %w", err)
	}
	f, err := scratch.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at the earlier report: %w", err)
	}
	defer f.Close()
	ends, err := bothEnds(f)
	if err != nil {
		return fmt.Errorf("looking at the earlier report: %w", err)
	}
	for _, other := range []string{EditionPublic, EditionConfidential} {
		for _, mark := range []string{`"edition": "%s"`, `"leadglass-edition" content="%s"`, "%%leadglass-edition %s", ",%s\n"} {
			if other != edition && bytes.Contains(ends, fmt.Appendf(nil, mark, other)) {
				return fmt.Errorf("%s is a report of the %s edition; name another directory for the %s one with --out DIR, or remove that file", path, other, edition)
			}
		}
	}
	return nil
}

// bothEnds are the first and the last 4,096 bytes of a file, in which every
// kind of report names its edition.
func bothEnds(f *os.File) ([]byte, error) {
	const part = 4096
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.NewSectionReader(f, 0, part))
	if err != nil {
		return nil, err
	}
	tail, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-part), part))
	return append(head, tail...), err
}

// Harmless keeps a spreadsheet from taking a cell for a formula: a cell that
// begins like one gets an apostrophe before it. A cell is one line of visible
// text.
func Harmless(s string) string {
	s = plain.Line(s)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}
