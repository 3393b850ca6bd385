package disclose

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"leadglass/internal/survey"
)

// TestSecretIsWiped: no buffer that held the text does so afterwards, those
// from before it grew included.
func TestSecretIsWiped(t *testing.T) {
	var s secret
	var held [][]byte
	last := (*byte)(nil)
	for range 2000 {
		if _, err := s.Write([]byte("192.0.2.77,open\n")); err != nil {
			t.Fatal(err)
		}
		if p := unsafe.SliceData(s.b); p != last {
			last, held = p, append(held, s.b[:cap(s.b)])
		}
	}
	if len(held) < 3 || bytes.Count(s.b, []byte("192.0.2.77")) != 2000 {
		t.Fatalf("%d buffers, %d bytes", len(held), len(s.b))
	}
	s.wipe()
	for i, b := range held {
		if bytes.Contains(b, []byte("192.0.2.77")) {
			t.Errorf("buffer %d still holds the text", i)
		}
	}
}

func TestWords(t *testing.T) {
	first := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	for language, want := range map[string][3]string{
		"en": {"1 March 2026", "1,234", "1,234,567"},
		"de": {"1. März 2026", "1.234", "1.234.567"},
		"fr": {"1er mars 2026", "1\u202f234", "1\u202f234\u202f567"},
		"es": {"1 de marzo de 2026", "1234", "1\u202f234\u202f567"},
		"pt": {"1 de março de 2026", "1234", "1\u202f234\u202f567"},
	} {
		got := [3]string{date(language, first), number(language, 1234), number(language, 1234567)}
		if got != want {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
		if n := number(language, 999) + number(language, 0) + number(language, -12); n != "9990-12" {
			t.Errorf("%s: small numbers %q", language, n)
		}
		for month := time.January; month <= time.December; month++ {
			if d := date(language, time.Date(2026, month, 15, 0, 0, 0, 0, time.UTC)); !strings.Contains(d, "15") || len(d) < 11 {
				t.Errorf("%s: month %d is %q", language, month, d)
			}
		}
	}
}

// TestCountryNames: every country has a name in every language.
func TestCountryNames(t *testing.T) {
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if !survey.IsCountry(code) {
				continue
			}
			n++
			for _, l := range Languages {
				if name := country(l, code); len(name) < 3 || name == code {
					t.Errorf("%s in %s is %q", code, l, name)
				}
			}
		}
	}
	if n != 250 || country("de", "DE") != "Deutschland" || country("pt", "US") != "Estados Unidos" || country("en", "TW") != "Taiwan" || country("fr", "ZZ") != "ZZ" {
		t.Errorf("%d countries; DE is %q", n, country("de", "DE"))
	}
}

// TestDocumented: docs/disclosure.md names every column, every field of a
// letter and every key of the recipients file.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/disclosure.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range csvColumns {
		names = append(names, "`"+c+"`")
	}
	for _, of := range []reflect.Type{reflect.TypeFor[Letter](), reflect.TypeFor[LetterSystem](), reflect.TypeFor[Total]()} {
		for i := range of.NumField() {
			names = append(names, "`."+of.Field(i).Name+"`")
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[entry](), reflect.TypeFor[keys]()} {
		for i := range of.NumField() {
			names = append(names, of.Field(i).Tag.Get("yaml")+": ")
		}
	}
	for _, name := range names {
		if !strings.Contains(string(text), name) {
			t.Errorf("docs/disclosure.md does not name %s", name)
		}
	}
}

func TestWrap(t *testing.T) {
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
	long := words(20)
	got := wrap("\n\nHead\n\n\n\n- " + long + "\n1. " + long + "\n" + long + "\n   as it is " + long + "\nend\n\n")
	want := "Head\n\n- " + words(14) + "\n  " + words(6) + "\n1. " + words(14) + "\n   " + words(6) + "\n" +
		words(15) + "\n" + words(5) + "\n   as it is " + long + "\nend\n"
	if got != want {
		t.Errorf("wrapped as\n%s\nwant\n%s", got, want)
	}
}
