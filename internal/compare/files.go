package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"leadglass/internal/publish"
)

// Confidential makes the confidential edition of a comparison, in which
// nothing is withheld. Its renderers are given the changes besides.
func Confidential(s *Comparison) Public {
	r := Publish(s, 1)
	r.Edition, r.TLP = publish.EditionConfidential, publish.TLPAmber
	return r
}

// WriteJSON writes a comparison as JSON, leadglass.diff/1; with changes, which
// may be nil, as its field "changes": all archives, also those unchanged, each
// on a line of its own.
func WriteJSON(w io.Writer, r Public, changes iter.Seq2[Change, error]) error {
	return layout{"\n", "\n  ", "\n    ", " "}.write(w, r, changes)
}

// WriteLine is WriteJSON on one line, for pipes.
func WriteLine(w io.Writer, r Public, changes iter.Seq2[Change, error]) error {
	return layout{}.write(w, r, changes)
}

// layout is the white space of a comparison as JSON: before its closing brace,
// before a field, before a change, and behind a colon.
type layout struct{ end, field, change, colon string }

func (l layout) write(w io.Writer, r Public, changes iter.Seq2[Change, error]) error {
	head, err := json.Marshal(r)
	if err == nil && l.field != "" {
		head, err = json.MarshalIndent(r, "", "  ")
	}
	if err != nil {
		return fmt.Errorf("writing the comparison as JSON: %w", err)
	}
	if changes == nil {
		return write(w, head, []byte("\n"))
	}
	if err := write(w, bytes.TrimSuffix(head, []byte(l.end+"}")), []byte(","+l.field+`"changes":`+l.colon+"[")); err != nil {
		return err
	}
	separator := l.change
	for c, err := range changes {
		if err != nil {
			return err
		}
		line, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("writing the comparison as JSON: %w", err)
		}
		if err := write(w, []byte(separator), line); err != nil {
			return err
		}
		separator = "," + l.change
	}
	return write(w, []byte(l.field+"]"+l.end+"}\n"))
}

func write(w io.Writer, parts ...[]byte) error {
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("writing the comparison: %w", err)
		}
	}
	return nil
}

// Files are the files of a comparison, diff.html and diff.json, for
// publish.WriteFiles.
func Files(r Public, changes iter.Seq2[Change, error], formats ...publish.Format) ([]publish.File, error) {
	return publish.Comparison().Files(r.Edition, publish.Writers{
		"diff.html": func(w io.Writer) error { return WriteHTML(w, r, changes) },
		"diff.json": func(w io.Writer) error { return WriteJSON(w, r, changes) },
	}, formats...)
}
