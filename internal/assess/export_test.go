package assess

import (
	"io"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
)

// SeeSpecies counts a response as Species does, for tests.
func SeeSpecies(identifier []byte, s dicom.Syntax) SpeciesSample {
	var p SpeciesSample
	p.see(dimse.Match{Data: identifier, Syntax: s})
	return p
}

// Listing judges a page as LG-W07 does, for tests.
func Listing(page []byte, step int) (listed bool, files int) {
	var l listing
	signs, endings := listingSigns(), dicomEndings()
	for len(page) > 0 {
		n := min(step, len(page))
		l.judge(page[:n], signs, endings)
		page = page[n:]
	}
	return l.listed(), l.files
}

// WADLMethods reads a WADL document as LG-W03 does, for tests.
func WADLMethods(r io.Reader) []string { return wadlMethods(r) }

// HasKey reads a document as LG-W06 does, for tests.
func HasKey(r io.Reader, key string) bool { return hasKey(r, key) }
