// Package contacts reads whom to tell from files that others keep, security.txt
// (RFC 9116) and CSV, and writes it as a recipients file, with which `leadglass
// disclose` goes on. It is pure: text in, text out. It fetches nothing, checks
// no signature, and makes nothing up: what a file says that cannot be used as
// it is becomes a comment for whoever edits the recipients file.
package contacts

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Recipient is an entry of a recipients file.
type Recipient struct {
	Organisation string
	Email        string
	// Language is one of Languages; empty leaves it to the reader of the file.
	Language string
	// Channel says how the recipient is to be told: "email", "portal", "phone".
	Channel string
	// What the recipient answers for. Countries are ISO 3166-1 alpha-2 codes.
	Countries []string
	Prefixes  []netip.Prefix
	ASNs      []uint32
	Sites     []string
	// OpenPGP are paths of keys, as seen from the recipients file; Age are age
	// recipients.
	OpenPGP, Age []string
	// Remarks are for whoever edits the recipients file.
	Remarks []string

	at place
}

// Languages are those that there are letters in, by ISO 639-1 code.
func Languages() []string { return []string{"en", "de", "fr", "es", "pt"} }

// place is a line of a file.
type place struct {
	file string
	line int
}

// Error is a mistake in a file.
type Error struct {
	File string
	// Line counts from 1; 0 is the file as a whole.
	Line         int
	What, Remedy string
}

// Error is "FILE:LINE: what; remedy".
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s; %s", e.File, e.What, e.Remedy)
	}
	return fmt.Sprintf("%s:%d: %s; %s", e.File, e.Line, e.What, e.Remedy)
}

func (p place) fail(remedy, format string, args ...any) error {
	return &Error{File: p.file, Line: p.line, What: fmt.Sprintf(format, args...), Remedy: remedy}
}

// File is a file to import: CSV where its name ends in .csv, otherwise a
// security.txt.
type File struct {
	Name string
	Data []byte
}

// Result is what an import gave.
type Result struct {
	Recipients []Recipient
	// Notes are about files and rows that were left out, and about signatures.
	Notes []string
}

// Import reads the files. Expired security.txt files are left out, with a
// note. read returns the content of a file that a CSV row names, as seen from
// the CSV file. Two recipients that answer for the same are a mistake: nobody
// could say which of them to tell.
func Import(files []File, now time.Time, read func(csvFile, name string) ([]byte, error)) (Result, error) {
	im := &importer{now: now, read: read, claimed: map[string]place{}}
	for _, f := range files {
		var err error
		if strings.HasSuffix(strings.ToLower(f.Name), ".csv") {
			err = im.csv(f)
		} else {
			err = im.securityText(f)
		}
		if err != nil {
			return Result{}, err
		}
	}
	return im.Result, nil
}

type importer struct {
	Result
	now  time.Time
	read func(csvFile, name string) ([]byte, error)
	// claimed is where an organisation, a country, a prefix… stood first.
	claimed map[string]place
}

func (im *importer) note(at place, format string, args ...any) {
	where := at.file
	if at.line > 0 {
		where += ":" + strconv.Itoa(at.line)
	}
	im.Notes = append(im.Notes, where+": "+fmt.Sprintf(format, args...))
}

// add takes r into the result, unless somebody else claims the same.
func (im *importer) add(r Recipient) error {
	claims := []string{"organisation " + strings.ToLower(r.Organisation)}
	for _, c := range r.Countries {
		claims = append(claims, "country "+c)
	}
	for _, p := range r.Prefixes {
		claims = append(claims, "prefix "+p.String())
	}
	for _, n := range r.ASNs {
		claims = append(claims, "AS number "+strconv.FormatUint(uint64(n), 10))
	}
	for _, s := range r.Sites {
		claims = append(claims, "site "+strings.ToLower(s))
	}
	for _, c := range claims {
		if first, ok := im.claimed[c]; ok {
			return r.at.fail("leave it to one of them, or give the other a more specific claim: a prefix or a site",
				"%s is already in %s:%d", c, first.file, first.line)
		}
		im.claimed[c] = r.at
	}
	im.Recipients = append(im.Recipients, r)
	return nil
}

// maxText bounds a value, in characters.
const maxText = 200

// text checks that a value is one plain line.
func text(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("is not UTF-8")
	}
	if utf8.RuneCountInString(s) > maxText {
		return fmt.Errorf("has more than %d characters", maxText)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return errors.New("has characters that cannot be printed")
	}
	return nil
}

// address reports whether s is an e-mail address and nothing else.
func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && text(s) == nil
}

// language is the first of the wanted languages (RFC 5646 tags) that there are
// letters in.
func language(wanted []string) string {
	for _, tag := range wanted {
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if slices.Contains(Languages(), primary) {
			return primary
		}
	}
	return ""
}
