package export

import (
	"encoding/json"
	"fmt"
	"io"
)

// list writes the elements of a JSON array one after the other, so that an export
// of many systems needs no more memory than one of a few.
type list struct {
	w   io.Writer
	n   int
	err error
}

// raw writes text between the elements.
func (l *list) raw(text string) {
	if l.err == nil {
		_, l.err = io.WriteString(l.w, text)
	}
}

// add writes an element.
func (l *list) add(v any) {
	text, err := json.Marshal(v)
	if err != nil && l.err == nil {
		l.err = err
	}
	if l.n > 0 {
		l.raw(",")
	}
	l.n++
	l.raw("\n  " + string(text))
}

func (l *list) done(what string) error {
	if l.err != nil {
		return fmt.Errorf("writing %s: %w", what, l.err)
	}
	return nil
}

// head is the JSON of an object without its closing brace, for what follows.
func head(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("writing JSON: %w", err)
	}
	return string(text[:len(text)-1]), nil
}
