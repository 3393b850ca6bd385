package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"iter"
	"os"
	"slices"

	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

//go:embed archives.html.tmpl
var archivesSource string

// Confidential is a report that names single archives, for those who have to
// protect them. Nothing in it is withheld.
type Confidential struct {
	report   Public
	remedies remedyList
	// What each file says of the archives, put aside; nil where the file is not
	// wanted.
	page, json, csv *spool
	// places are where the archives stand on page, in the order of records.
	places []place
}

// Collect goes over the records of the survey v once, adds them up, and puts
// aside what files of the given formats say of each archive; it is kept on disk,
// in dir, in files of mode 0600 that have no name, so that memory holds little
// of each archive. Close gives that room back. HTML serves PDF too.
func Collect(v survey.Survey, records iter.Seq2[survey.Record, error], dir string, formats ...publish.Format) (*Confidential, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the report's directory: %w", err)
	}
	c := &Confidential{remedies: remedyList{number: map[string]int{}}}
	for _, f := range []struct {
		of   **spool
		when []publish.Format
	}{{&c.page, []publish.Format{publish.HTML, publish.PDF}}, {&c.json, []publish.Format{publish.JSON}}, {&c.csv, []publish.Format{publish.CSV}}} {
		if !slices.ContainsFunc(formats, func(o publish.Format) bool { return slices.Contains(f.when, o) }) {
			continue
		}
		var err error
		if *f.of, err = newSpool(dir); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	agg := NewAggregator(v)
	if err := c.collect(agg, records); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.report = Publish(agg.Aggregate(), 1)
	c.report.Edition, c.report.TLP = publish.EditionConfidential, publish.TLPAmber
	return c, nil
}

// Close gives back the room on disk. No file can be written then.
func (c *Confidential) Close() error {
	var errs []error
	for _, s := range []*spool{c.page, c.json, c.csv} {
		if s != nil {
			errs = append(errs, s.close())
		}
	}
	return errors.Join(errs...)
}

// Follow has the report show the totals of earlier surveys.
func (c *Confidential) Follow(earlier ...Public) { c.report.Follow(earlier...) }

// Study2019 is that of the public edition.
func (c *Confidential) Study2019(show bool) { c.report.Study2019(show) }

// errNotCollected is returned for files of a format that Collect was not given.
var errNotCollected = errors.New("nothing was collected for this format")

// WriteJSON writes the report with the findings on all archives in the field
// "archives", each of them leadglass.finding/1.
func (c *Confidential) WriteJSON(w io.Writer) error {
	if c.json == nil {
		return fmt.Errorf("writing the confidential JSON report: %w", errNotCollected)
	}
	head, err := openJSON(c.report)
	if err != nil {
		return err
	}
	if _, err = w.Write(append(head, ",\n  \"archives\": ["...)); err == nil {
		if err = c.json.copyTo(w); err == nil {
			_, err = io.WriteString(w, "\n  ]\n}\n")
		}
	}
	if err != nil {
		return fmt.Errorf("writing the confidential JSON report: %w", err)
	}
	return nil
}

// archiveSection is what the template of the archives is given.
type archiveSection struct {
	// Rows and Evidence are marks: what belongs there is put in as the page is
	// written.
	Rows, Evidence template.HTML
	Remedies       *remedyList
}

// The marks: no text on the page can hold them, since all of it is escaped.
const (
	rowsMark     = "<!--rows-->"
	evidenceMark = "<!--evidence-->"
)

// WriteHTML writes the page of the public edition with a row for each archive
// in the order of their addresses, what was seen of each, and the remedies they
// need.
func (c *Confidential) WriteHTML(w io.Writer) error {
	w = plain.NewWriter(w)
	if c.page == nil {
		return fmt.Errorf("writing the confidential HTML report: %w", errNotCollected)
	}
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	if t, err = t.Parse(archivesSource); err != nil {
		return fmt.Errorf("reading the template of the archives: %w", err)
	}
	p, err := newPage(&c.report)
	if err != nil {
		return err
	}
	p.Extra = archiveSection{Rows: rowsMark, Evidence: evidenceMark, Remedies: &c.remedies}
	var text bytes.Buffer
	if err := t.Execute(&text, p); err != nil {
		return fmt.Errorf("writing the confidential HTML report: %w", err)
	}
	head, rest, _ := bytes.Cut(text.Bytes(), []byte(rowsMark))
	middle, tail, _ := bytes.Cut(rest, []byte(evidenceMark))
	_, err = w.Write(head)
	for _, write := range []func() error{
		func() error { return c.copyPlaces(w, place.row) },
		func() error { _, err := w.Write(middle); return err },
		func() error { return c.copyPlaces(w, place.evidence) },
		func() error { return c.writeNone(w) },
		func() error { _, err := w.Write(tail); return err },
	} {
		if err == nil {
			err = write()
		}
	}
	if err != nil {
		return fmt.Errorf("writing the confidential HTML report: %w", err)
	}
	return nil
}

// copyPlaces writes the same part of every archive, in the order of their
// addresses.
func (c *Confidential) copyPlaces(w io.Writer, part func(place) (from int64, size int)) error {
	slices.SortFunc(c.places, place.compare)
	var text []byte
	for _, p := range c.places {
		from, size := part(p)
		text = slices.Grow(text[:0], size)[:size]
		if _, err := c.page.file.ReadAt(text, from); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// writeNone says instead of the evidence that there is no archive.
func (c *Confidential) writeNone(w io.Writer) error {
	if len(c.places) > 0 {
		return nil
	}
	_, err := io.WriteString(w, noArchive)
	return err
}

// WriteCSV writes a line for each archive.
func (c *Confidential) WriteCSV(w io.Writer) error {
	if c.csv == nil {
		return fmt.Errorf("writing the list of archives: %w", errNotCollected)
	}
	_, err := io.WriteString(w, archivesHead)
	if err == nil {
		err = c.csv.copyTo(w)
	}
	if err != nil {
		return fmt.Errorf("writing the list of archives: %w", err)
	}
	return nil
}
