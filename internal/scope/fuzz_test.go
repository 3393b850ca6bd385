package scope_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"leadglass/internal/scope"
)

// FuzzParse: any text is either a scope that keeps its promises or a complete
// *ConfigError. The seeds are all files of testdata.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/refused/*.yaml", "testdata/accepted/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<14 {
			return
		}
		s, err := scope.Parse("testdata/accepted/fuzz.yaml", text, today)
		if err != nil {
			var ce *scope.ConfigError
			if !errors.As(err, &ce) || s != nil || ce.Line < 1 || ce.Column < 1 || ce.What == "" || ce.Remedy == "" {
				t.Fatalf("incomplete error %+v, scope %v", err, s != nil)
			}
			return
		}
		if s.Authority.Organisation == "" || s.Authority.Contact == "" || len(s.Ports.DICOM)+len(s.Ports.HTTP) == 0 {
			t.Fatalf("incomplete scope %+v", s)
		}
		n := 0
		for a := range s.Addresses() {
			if err := s.Check(a, today); err != nil {
				t.Fatalf("yields %s, and refuses it: %v", a, err)
			}
			if n++; n > 1000 {
				break
			}
		}
		if n <= 1000 && uint64(n) != s.Size() {
			t.Fatalf("size %d, yields %d", s.Size(), n)
		}
		s.Plan()
	})
}

// FuzzParseExcludes: an accepted exclude file has masked prefixes only, none
// of them IPv4-mapped.
func FuzzParseExcludes(f *testing.F) {
	files, err := filepath.Glob("testdata/lists/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("\ufeff::ffff:10.0.0.0/104\n10.0.0.1#\n#\n\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		prefixes, err := scope.ParseExcludes("list.txt", text)
		if err != nil {
			var ce *scope.ConfigError
			if !errors.As(err, &ce) || ce.Line < 1 || ce.Column < 1 || ce.Remedy == "" {
				t.Fatalf("incomplete error %+v", err)
			}
			return
		}
		for _, p := range prefixes {
			if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() && p.Bits() >= 96 {
				t.Fatalf("bad prefix %s", p)
			}
		}
	})
}
