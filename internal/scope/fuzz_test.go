package scope_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
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

// FuzzParseExcludes: an accepted exclude file has ranges of one family only,
// none of them IPv4-mapped.
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
	f.Add([]byte("10.0.0.1 - 10.0.0.9, 10.0.0.10-10.0.0.11 // two\n10.1.0.0/16 ; SBL1\n::1-::9,"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var bad error
		err := scope.ParseExcludes("list.txt", bytes.NewReader(text), func(from, to netip.Addr) {
			if !from.IsValid() || from.BitLen() != to.BitLen() || to.Less(from) || from.Zone() != "" || from.Is4In6() && to.Is4In6() {
				bad = fmt.Errorf("bad range %s-%s", from, to)
			}
		})
		if bad != nil {
			t.Fatal(bad)
		}
		var ce *scope.ConfigError
		if err != nil && (!errors.As(err, &ce) || ce.Line < 1 || ce.Column < 1 || ce.Remedy == "") {
			t.Fatalf("incomplete error %+v", err)
		}
	})
}
