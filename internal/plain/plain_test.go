package plain_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"leadglass/internal/plain"
)

func TestLineAndText(t *testing.T) {
	for _, c := range []struct{ in, line, text string }{
		{"Orthanc 1.12.4", "Orthanc 1.12.4", "Orthanc 1.12.4"},
		{"Клиника №1 — 病院 Évry", "Клиника №1 — 病院 Évry", "Клиника №1 — 病院 Évry"},
		{"two\nlines\tof", "two lines of", "two\nlines\tof"},
		{"\x1b[2J\x07\x7f", " [2J  ", " [2J  "},
		{"a\u009b31mb\u0085c", "a 31mb c", "a 31mb c"},
		{"\u202etxt.exe\u202c\u2066x\u2069\u200e\u200f\u061c", "txt.exex", "txt.exex"},
		{"ze\u200bro\ufeff\u00adw\u2060idth\U000e0041", "zerowidth", "zerowidth"},
		{"f\u3164i\u115fl\uffa0l\u034fe\ufe0fr", "filler", "filler"},
		{"a\u2028b\u2029c\r\n", "a b c  ", "a b c \n"},
		{"raw \x9b31m", "raw \ufffd31m", "raw \ufffd31m"},
		{"12\u202f345", "12\u202f345", "12\u202f345"},
	} {
		if got := plain.Line(c.in); got != c.line {
			t.Errorf("line of %q: %q, want %q", c.in, got, c.line)
		}
		if got := plain.Text(c.in); got != c.text {
			t.Errorf("text of %q: %q, want %q", c.in, got, c.text)
		}
	}
}

// TestWriter: a stream gives what the whole text gives, wherever it is cut.
func TestWriter(t *testing.T) {
	const text = "a \u202eb €\u009b𝄞\U000e0041 ü\x1b[0m \xf0\x9f\x98\n"
	for size := 1; size <= len(text); size++ {
		var b bytes.Buffer
		w := plain.NewWriter(&b)
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if n, err := w.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
				t.Fatal(n, err)
			}
		}
		if b.String() != plain.Text(text) {
			t.Errorf("in pieces of %d: %q, want %q", size, b.String(), plain.Text(text))
		}
	}
}

// FuzzText: whatever comes in, nothing that steers or hides comes out.
func FuzzText(f *testing.F) {
	f.Add("\x1b]0;x\x07\u202e\u200b\x9b")
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{plain.Line(s), plain.Text(s)} {
			if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool {
				return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n' && r != '\t'
			}) || strings.Contains(plain.Line(s), "\n") {
				t.Errorf("%q becomes %q", s, out)
			}
		}
	})
}

func TestStrings(t *testing.T) {
	type part struct{ Name string }
	version := "1\u202e2"
	v := struct {
		Part    part
		Parts   []part
		Version *string
		Map     map[string]part
		N       int
		private string
	}{part{"a\x07"}, []part{{"b\u200b"}}, &version, map[string]part{"k": {"c\n"}}, 1, "\x07"}
	plain.Strings(&v, plain.Line)
	if v.Part.Name != "a " || v.Parts[0].Name != "b" || *v.Version != "12" || v.Map["k"].Name != "c " || v.private != "\x07" {
		t.Errorf("%+v", v)
	}
}
