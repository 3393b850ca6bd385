// Package plain makes text of others fit for people to read: for a terminal, a
// page, a letter. What would steer a terminal, change the direction of the text
// around it, or be there and not be seen is taken out, so that a name that a
// server sent, or that somebody wrote into the store, shows as what it is.
//
// It is the one rule for all that people read. Files for programs (JSON) keep
// strings as they are stored.
package plain

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is s on one line: line breaks, tabs and other control characters become
// spaces, and characters that are not seen go.
func Line(s string) string {
	if isPlain(s) && !strings.ContainsAny(s, "\n\t") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return seen(r)
	}, s)
}

// Text is s with its line breaks and tabs, and otherwise as Line makes it.
func Text(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(seen, s)
}

// isPlain reports whether s holds nothing but printable ASCII characters, line
// breaks and tabs; most text does.
func isPlain(s string) bool {
	for i := range len(s) {
		if b := s[i]; b >= utf8.RuneSelf || b == 0x7f || b < ' ' && b != '\n' && b != '\t' {
			return false
		}
	}
	return true
}

// seen is r, a space in the place of a control character (C0, C1: Unicode
// category Cc) or of a separator of lines, and -1, which takes it out, for a
// character that is not seen: the format characters (category Cf), among them
// the marks of direction, and the others that Unicode allows to ignore
// (Default_Ignorable_Code_Point).
func seen(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
		return ' '
	case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return -1
	}
	return r
}

// Writer takes out of a stream what Text takes out of a string.
type Writer struct {
	w io.Writer
	// part is the beginning of a character whose other bytes are still to come.
	part []byte
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes p. It returns len(p) when all of it was dealt with.
func (w *Writer) Write(p []byte) (int, error) {
	text := p
	if len(w.part) > 0 {
		text = append(w.part, p...)
	}
	w.part = nil
	if n := unfinished(text); n > 0 {
		w.part = append([]byte{}, text[len(text)-n:]...)
		text = text[:len(text)-n]
	}
	if len(text) == 0 {
		return len(p), nil
	}
	if s := string(text); !isPlain(s) {
		text = []byte(Text(s))
	}
	if _, err := w.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unfinished is how many bytes at the end of p begin a character.
func unfinished(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if b := p[len(p)-n]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// Strings makes every string that v points to, in the fields of structures and
// the elements of slices and maps, what of makes of it: Line or Text. Keys of
// maps and what cannot be set stay.
func Strings(v any, of func(string) string) { walk(reflect.ValueOf(v), of) }

func walk(v reflect.Value, of func(string) string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), of)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), of)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), of)
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			changed := reflect.New(value.Type()).Elem()
			changed.Set(value)
			walk(changed, of)
			v.SetMapIndex(key, changed)
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(of(v.String()))
		}
	}
}

// Count is "1 archive", "2 archives", "2 queries", "2 days".
func Count[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") {
		noun = strings.TrimSuffix(noun, "y") + "ie"
	} else if strings.HasSuffix(noun, "s") {
		noun += "e"
	}
	return fmt.Sprintf("%s %ss", Grouped(int64(n)), noun)
}

// Grouped writes n with a comma between groups of three digits.
func Grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// HostPort is an address with a port, as [2001:db8::1]:104; without one where
// port is 0.
func HostPort(address string, port uint16) string {
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	if port == 0 {
		return address
	}
	return address + ":" + strconv.Itoa(int(port))
}
