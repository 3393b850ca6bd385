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

	"leadglass/internal/strictyaml"
)

// FileError is a mistake in a file that the user wrote.
type FileError = strictyaml.Error

// shown is text of a file made fit for a message: quoted, without control
// characters, at most 60 characters.
func shown(s string) string {
	runes := []rune(s)
	if len(runes) > 60 {
		runes = append(runes[:57], '…')
	}
	return fmt.Sprintf("%q", string(runes))
}
