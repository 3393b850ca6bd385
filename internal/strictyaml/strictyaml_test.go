package strictyaml_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"leadglass/internal/strictyaml"
)

var kind = &strictyaml.Kind{Name: "test file", MaxBytes: 64 << 10, Levels: "two levels", Begin: "begin it", Unknown: "know your keys"}

type content struct {
	Version int `yaml:"version"`
	List    []struct {
		Name string `yaml:"name"`
		Note string `yaml:"note"`
	} `yaml:"list"`
}

func TestDecode(t *testing.T) {
	deep := func(open string, n int) string { return "version: 1\nlist: " + strings.Repeat(open, n) }
	var indents strings.Builder
	for i := range 40 {
		indents.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for name, test := range map[string]struct {
		text, what   string
		line, column int
	}{
		"good":                             {text: "version: 1\nlist:\n  - name: A\n"},
		"windows":                          {text: "version: 1\r\nlist: []\r\n"},
		"colons in a comment":              {text: "version: 1 # a: b: c: d: e: f: g: h: i: j: k: l: m: n: o: p: q: r: s: t\n"},
		"colons in quotes":                 {text: "version: 1\nlist:\n  - note: 'a: b: c: d: e: f: g: h: i: j: k: l: m: n: o: p: q: r: s: t'\n"},
		"brackets in a comment":            {text: "# " + strings.Repeat("[", 100) + "\nversion: 1\n"},
		"unknown key":                      {text: "version: 1\nlists: []\n", what: `unknown field "lists"`, line: 2, column: 1},
		"key twice":                        {text: "version: 1\nversion: 1\n", what: "already defined", line: 2, column: 1},
		"empty":                            {text: "# nothing\n", what: "is empty", line: 1, column: 1},
		"two documents":                    {text: "version: 1\n---\nversion: 1\n", what: "second YAML document", line: 3, column: 1},
		"not YAML":                         {text: "version: [\n", what: "not YAML", line: 1, column: 10},
		"alias":                            {text: "version: &a 1\nlist: *a\n", what: "anchors", line: 1, column: 10},
		"too large":                        {text: "# " + strings.Repeat("x", 64<<10), what: "larger than 64 KiB"},
		"brackets":                         {text: deep("[", 40_000), what: "nested too deep", line: 2, column: 23},
		"braces":                           {text: deep("{a: ", 10_000), what: "nested too deep", line: 2, column: 69},
		"brackets over lines":              {text: "list: " + strings.Repeat("[\n", 30_000), what: "nested too deep", line: 17, column: 1},
		"brackets behind a quoted comment": {text: "version: '#' " + strings.Repeat("[", 40_000), what: "nested too deep", line: 1, column: 30},
		"dashes":                           {text: "list:\n" + strings.Repeat("- ", 20_000), what: "nested too deep", line: 2, column: 33},
		"indents":                          {text: indents.String(), what: "nested too deep", line: 33, column: 33},
	} {
		t.Run(name, func(t *testing.T) {
			var c content
			err := kind.Decode("FILE", []byte(test.text), &c)
			if test.what == "" {
				if err != nil || c.Version != 1 {
					t.Errorf("%+v, %v", c, err)
				}
				return
			}
			var at *strictyaml.Error
			if !errors.As(err, &at) || !strings.Contains(at.What, test.what) || at.Line != test.line || at.Column != test.column || at.Remedy == "" || at.File != "FILE" {
				t.Errorf("%v; want %q at %d:%d, with a remedy", err, test.what, test.line, test.column)
			}
		})
	}
}

// FuzzDecode: no file makes the reader panic, or take memory out of proportion.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"version: 1\nlist: [{name: a}]\n", "a: &b [*b]", strings.Repeat("- ", 30), "? - : [", "\"\\", "'#' [", "|\n  x\n [", "%YAML 1\n---\n- a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var c content
		err := kind.Decode("FILE", text, &c)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20+uint64(len(text))*100_000 {
			t.Errorf("%d bytes allocated for %d", grown, len(text))
		}
		var at *strictyaml.Error
		if err != nil && !errors.As(err, &at) {
			t.Errorf("error %T: %v", err, err)
		}
	})
}
