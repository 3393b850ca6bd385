// Package disclose tells those who can do something about it: it finds the
// recipient of each exposed system, writes a letter in the recipient's
// language with the attachments that go with it, has both encrypted to the
// recipient's key (package seal), and says later what of it a new survey
// proved fixed.
//
// It never sends anything. Nothing of a bundle is on disk other than
// encrypted; the states of the disclosures are kept by the store.
package disclose

import (
	"fmt"
	"strings"
)

// FileError is a mistake in a file that the user wrote: where, what, and what
// to do about it.
type FileError struct {
	File string
	// Line and Column count from 1; 0 when the mistake has no place.
	Line, Column int
	What, Remedy string
}

// Error is "FILE:LINE:COLUMN: what; remedy".
func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": " + e.What)
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

// shown is text of a file made fit for a message: quoted, without control
// characters, at most 60 characters.
func shown(s string) string {
	runes := []rune(s)
	if len(runes) > 60 {
		runes = append(runes[:57], '…')
	}
	return fmt.Sprintf("%q", string(runes))
}
