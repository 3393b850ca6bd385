package leadglass_test

import (
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/products"
)

// mayNameProducts are the packages that may name products and toolkits. All others
// ask the records of package products.
func mayNameProducts() []string {
	return []string{"internal/products", "internal/lab", "internal/lab/content", "lab/fleets", "lab/fleets/gen", "internal/realserver"}
}

// ordinary are words of names that mean nothing by themselves.
func ordinary() []string {
	return strings.Fields(`7 2 agfa api archive broker cloud connect dicom enterprise framework fujifilm ge google health healthcare imaging
		js merge microsoft mobility mr objects pacs philips sante scanner server siemens slim stone suite synapse system toolkit
		tools viewer vue web md com net`)
}

// productNames matches the names of the products and toolkits of the records, and
// the words in them that mean nothing else.
func productNames(t testing.TB) *regexp.Regexp {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	list := table.List()
	var names []string
	for _, p := range list.Products {
		names = append(names, p.Name)
	}
	for _, k := range list.Toolkits {
		names = append(names, k.Name)
	}
	var patterns []string
	for _, name := range names {
		words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '.' })
		if len(words) > 1 {
			patterns = append(patterns, regexp.QuoteMeta(name))
		}
		for _, word := range words {
			if !slices.Contains(ordinary(), strings.ToLower(word)) {
				patterns = append(patterns, regexp.QuoteMeta(word))
			}
		}
	}
	slices.SortFunc(patterns, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }) // the longest first
	return regexp.MustCompile(`(?i)\b(` + strings.Join(slices.Compact(patterns), "|") + `)`)
}

// namesIn lists the products that a file names, comments included.
func namesIn(t testing.TB, path string, source []byte, names *regexp.Regexp) []string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	base := fset.File(file.Pos())
	var found []string
	for _, at := range names.FindAllIndex(source, -1) {
		found = append(found, fmt.Sprintf("%s names a product: %s; what is known of it belongs into internal/products", fset.Position(base.Pos(at[0])), source[at[0]:at[1]]))
	}
	return found
}

// TestProductsAreInRecords: what is known of a product is in its record, and
// nowhere else.
func TestProductsAreInRecords(t *testing.T) {
	names := productNames(t)
	for _, p := range listPackages(t) {
		if slices.Contains(mayNameProducts(), p.rel) {
			continue
		}
		for _, base := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			if strings.HasSuffix(base, "_test.go") {
				continue
			}
			path := filepath.Join(p.rel, base)
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, complaint := range namesIn(t, path, source, names) {
				t.Error(complaint)
			}
		}
	}
}

// TestProductNamesAreFound shows the rule finding names, and passing over what
// only looks like one.
func TestProductNamesAreFound(t *testing.T) {
	names := productNames(t)
	for source, want := range map[string]string{
		`var x = "orthanc-explorer"`:                "orthanc",
		`// dcm4chee-arc answers 413`:               "dcm4chee-arc",
		`func dcmqrscpOf() {}`:                      "dcmqrscp",
		`const c = "DicomObjects.NET"`:              "DicomObjects.NET",
		`func mergeAll() {}`:                        "",
		`// the archive's web server, a viewer`:     "",
		`var c = check{Means: "Conquest's dicom"}`:  "Conquest",
		`// a toolkit announces its own class UID`:  "",
		`// Merge is what the ports of a host show`: "",
	} {
		got := strings.Join(namesIn(t, "x.go", []byte("package x\n\n"+source+"\n"), names), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
