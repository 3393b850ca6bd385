package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"leadglass/internal/jsonscan"
)

func seeds() []string {
	return []string{
		``, `null`, `[]`, `{}`, `{"count":12}`, `{"a":{"Version":1},"Version":"1.12.1","DicomPort":4242}`, `{"Version":["x"],"Version":"y"}`,
		`{"a":"\ud83d\ude00\x"}`, `{"a" 1}`, `{"a":tru}`, `{"a":1,}`, strings.Repeat("[", 70), `{"a":"` + strings.Repeat("x", 5000) + `"}`, "{\"\\u0061\" :\t-1.5e3}",
	}
}

// FuzzScanner: no text makes the scanner panic, what encoding/json takes is
// taken, and nothing is left when it is wiped.
func FuzzScanner(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s jsonscan.Scanner
		s.Reset(iotest.HalfReader(bytes.NewReader(text)), 1<<20)
		s.Look = true
		var err error
		for token := jsonscan.Literal; token != jsonscan.EndOfText && err == nil; {
			token, err = s.Token()
		}
		if json.Valid(text) && err != nil && !errors.Is(err, jsonscan.ErrDepth) {
			t.Errorf("%q: %v", text, err)
		}
		if s.Wipe(); s.Left() != 0 {
			t.Errorf("%d bytes are left", s.Left())
		}
	})
}

func TestObject(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":{"b":1},"b":"two","c":[{"b":3}],"a":"` + strings.Repeat("x", 100) + `","b":4}`: `0 {, 1 "two", 0 -, 1 "4"`,
		`{"` + strings.Repeat("a", 100) + `":1,"b":true}`:                                    `1 -`,
		"\ufeff{\"b\":1}":   `1 "1"`,
		"{\"b\":1}\ufeff":   `1 "1", ` + jsonscan.ErrNotJSON.Error(),
		"\xef\xbb{\"b\":1}": jsonscan.ErrNotJSON.Error(),
		`{"b":1`:            `1 "1", the body ends within its JSON`,
		`[{"b":1}]`:         jsonscan.ErrNotObject.Error(),
		`5`:                 jsonscan.ErrNotObject.Error(),
	} {
		var got []string
		err := jsonscan.Object(strings.NewReader(text), 1<<10, func(name []byte) int { return strings.Index("ab", string(name)) },
			func(which int, kind jsonscan.Token, text []byte) {
				said := "-"
				switch {
				case text != nil:
					said = fmt.Sprintf("%q", text)
				case kind == jsonscan.BeginObject:
					said = "{"
				}
				got = append(got, fmt.Sprint(which, " ", said))
			})
		if err != nil {
			got = append(got, err.Error())
		}
		if said := strings.Join(got, ", "); said != want {
			t.Errorf("%.60s: %s, want %s", text, said, want)
		}
	}
}
