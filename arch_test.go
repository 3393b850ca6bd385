// Package leadglass_test holds the house rules as tests: who may import whom,
// that only one package opens connections, and how large things may grow. It
// looks at the source alone; it tests no behaviour.
package leadglass_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the prefix of our own import paths.
const module = "leadglass/"

// layer is what one package may import.
type layer struct {
	// imports are the packages of Leadglass, without the prefix.
	imports []string
	// needs are the packages with effects (see hasEffects) and the modules of
	// others. Whatever is not named here is forbidden.
	needs []string
}

// layers is the import table: one line a package, and a package without a
// line fails the test. Stages never import one another; pipeline knows all of
// them, and the command line wires them.
func layers() map[string]layer {
	stages := []string{
		"dicom", "dicom/ul", "dicom/dimse", "internal/survey", "internal/scope", "internal/gate",
		"internal/discover", "internal/identify", "internal/products", "internal/remedy", "internal/assess",
		"internal/census", "internal/census/webcount", "internal/privacy", "internal/attribute", "internal/store",
		"internal/tlsprobe", "internal/suspect", "internal/wipe", "internal/markup", "internal/jsonscan", "internal/dicomweb", "internal/peer", "internal/strictyaml", "internal/connerr",
	}
	protocol := []string{"dicom", "dicom/ul", "dicom/dimse", "internal/survey"}
	everything := append(slices.Clone(stages), "internal/imports", "internal/warrant", "internal/examine", "internal/campaign", "internal/jobs", "internal/publish", "internal/plain", "internal/scratch", "internal/report", "internal/registry", "internal/contacts",
		"internal/metrics", "internal/cases", "internal/merge", "internal/compare", "internal/documents", "internal/export", "internal/disclose", "internal/disclose/prepare", "internal/disclose/seal", "internal/pdf", "internal/lab", "internal/lab/content", "internal/trial", "lab/fleets")
	return map[string]layer{
		// The protocol, free of products and of everything of ours.
		"dicom":       {},
		"dicom/ul":    {imports: []string{"dicom", "internal/connerr"}, needs: []string{"net"}},
		"dicom/dimse": {imports: []string{"dicom", "dicom/ul"}},

		// The nouns; then what we may touch, and the only door out.
		"internal/survey":     {},
		"internal/connerr":    {needs: []string{"syscall", "golang.org/x/sys"}}, // what the system's errors mean
		"internal/strictyaml": {needs: []string{"github.com/goccy/go-yaml"}},    // files that users write
		"internal/scope": {imports: []string{"internal/strictyaml", "internal/survey"},
			needs: []string{"github.com/gaissmai/bart", "github.com/goccy/go-yaml"}},
		"internal/gate": {imports: []string{"internal/connerr", "internal/survey", "internal/wipe"},
			needs: []string{"net", "net/http", "net/http/httputil", "crypto/tls", "syscall", "golang.org/x/sys", "golang.org/x/time",
				"unsafe"}}, // sendmmsg, the ring of a packet socket, and strings in memory that is overwritten

		// How text of a peer is read in memory that is overwritten.
		"internal/wipe":     {},
		"internal/markup":   {imports: []string{"internal/wipe"}, needs: []string{"golang.org/x/net"}},
		"internal/jsonscan": {},

		// How an exchange with a peer ended, in one wording.
		"internal/peer": {imports: []string{"internal/connerr", "dicom/dimse", "dicom/ul", "internal/survey"},
			needs: []string{"net", "crypto/tls", "syscall"}}, // types and numbers of errors

		// What requests of DICOMweb have in common.
		"internal/dicomweb": {needs: []string{"net/http"}},

		// The stages.
		"internal/discover": {imports: []string{"internal/survey", "internal/scope", "internal/gate"},
			needs: []string{"net", "syscall", "golang.org/x/time"}}, // types and numbers of errors
		"internal/identify": {imports: append([]string{"internal/connerr", "internal/peer", "internal/products", "internal/jsonscan", "internal/markup"}, protocol...),
			needs: []string{"net", "net/http", "crypto/tls", "syscall", "golang.org/x/net"}}, // syscall: numbers of errors
		"internal/remedy": {}, // what a remedy is, as data and for people
		"internal/products": {imports: []string{"internal/advisories", "internal/jsonscan", "internal/remedy", "internal/strictyaml", "internal/survey"},
			needs: []string{"github.com/goccy/go-yaml"}},
		"internal/tlsprobe": {imports: []string{"internal/connerr", "internal/peer", "internal/survey"},
			needs: []string{"net", "crypto/tls", "syscall"}}, // names of versions; syscall: numbers of errors
		"internal/assess": {imports: append([]string{"internal/advisories", "internal/dicomweb", "internal/peer", "internal/products", "internal/remedy", "internal/jsonscan", "internal/markup", "internal/privacy"}, protocol...),
			needs: []string{"net", "net/http", "crypto/tls", "golang.org/x/net"}},
		"internal/advisories": {imports: []string{"internal/survey"}}, // what a version means for an advisory
		"internal/census": {imports: append([]string{"internal/peer", "internal/privacy"}, protocol...),
			needs: []string{"net", "net/http"}},
		"internal/census/webcount": {imports: []string{"dicom", "internal/dicomweb", "internal/jsonscan", "internal/peer", "internal/privacy", "internal/products", "internal/survey"},
			needs: []string{"net/http"}}, // makes requests and reads answers; is given the function that sends them
		"internal/privacy": {imports: []string{"dicom", "internal/survey"},
			needs: []string{"github.com/dchest/siphash", "github.com/axiomhq/hyperloglog"}},
		"internal/warrant": {imports: []string{"internal/survey"}},                                  // keys and bytes
		"internal/imports": {needs: []string{"github.com/klauspost/compress", "golang.org/x/text"}}, // files of other scanners
		"internal/suspect": {imports: []string{"internal/products", "internal/survey"}},             // findings in, suspicion out
		"internal/attribute": {imports: []string{"internal/survey"},
			needs: []string{"github.com/gaissmai/bart", "github.com/oschwald/maxminddb-golang/v2"}},
		"internal/registry": {imports: []string{"internal/survey"}, // is given the gate's client
			needs: []string{"net/http", "github.com/openrdap/rdap"}},
		"internal/contacts": {imports: []string{"internal/survey"}, needs: []string{"github.com/goccy/go-yaml"}},
		"internal/examine": {imports: slices.DeleteFunc(slices.Clone(stages), func(p string) bool { return p == "internal/store" }),
			needs: []string{"net", "net/http", "crypto/tls", "syscall"}}, // syscall: numbers of errors
		// Surveys, for any front end.
		"internal/campaign": {imports: append(slices.Clone(stages), "internal/cases", "internal/merge", "internal/examine", "internal/imports", "internal/jobs", "internal/metrics", "internal/plain", "internal/registry", "internal/warrant")},

		// Figures for Prometheus: it answers requests and makes none.
		"internal/metrics": {needs: []string{"net", "net/http", "github.com/prometheus/client_golang/prometheus"}},

		// Who does what of a survey, and when.
		"internal/jobs": {imports: []string{"internal/store", "internal/survey"},
			needs: []string{"database/sql", "github.com/riverqueue/river"}},

		// What remains when the network is gone.
		"internal/store": {imports: []string{"internal/survey"},
			needs: []string{"database/sql", "net", "modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", // net: types of errors
				"github.com/go-json-experiment/json", "github.com/riverqueue/river"}}, // the queue's tables are the store's
		"internal/publish": {imports: []string{"internal/plain", "internal/scratch", "internal/survey"}},
		"internal/plain":   {}, // text of others, fit for people
		// Files that hold addresses until they are complete; a shell removes what a killed process leaves.
		"internal/scratch": {needs: []string{"os/exec", "golang.org/x/sys"}},
		// Sketches of unique studies are united there.
		"internal/report":  {imports: []string{"internal/survey", "internal/plain", "internal/publish", "internal/scratch"}, needs: []string{"github.com/axiomhq/hyperloglog"}},
		"internal/compare": {imports: []string{"internal/merge", "internal/survey", "internal/plain", "internal/publish", "internal/report"}},
		// Reports, comparisons and trends of the surveys in a store, for any front end.
		"internal/documents": {imports: []string{"internal/compare", "internal/pdf", "internal/plain", "internal/publish", "internal/report", "internal/store", "internal/survey"}},
		"internal/merge":     {imports: []string{"internal/survey"}},                                       // streams of several surveys, target by target
		"internal/cases":     {imports: []string{"internal/merge", "internal/publish", "internal/survey"}}, // systems over surveys

		// Disclosure makes files and sends nothing; only seal knows of encryption.
		"internal/export": {imports: []string{"internal/cases", "internal/plain", "internal/publish", "internal/survey"}}, // formats of other systems
		"internal/disclose": {imports: []string{"internal/export", "internal/strictyaml", "internal/survey", "internal/plain", "internal/publish", "internal/disclose/seal"},
			needs: []string{"github.com/gaissmai/bart", "github.com/goccy/go-yaml"}},
		"internal/disclose/prepare": {imports: []string{"internal/disclose", "internal/disclose/seal", "internal/plain", "internal/store", "internal/survey"}},
		"internal/disclose/seal":    {imports: []string{"internal/scratch"}, needs: []string{"github.com/ProtonMail/gopenpgp/v3", "github.com/ProtonMail/go-crypto", "filippo.io/age"}},
		"internal/pdf":              {imports: []string{"internal/scratch"}, needs: []string{"os/exec", "syscall"}}, // runs a browser on a file

		// The simulated fleet must not know what identify and assess expect.
		"internal/lab": {imports: []string{"dicom", "dicom/ul", "dicom/dimse", "internal/lab/content", "internal/strictyaml"},
			needs: []string{"net", "net/http", "crypto/tls", "github.com/goccy/go-yaml", "golang.org/x/sys"}},
		"internal/lab/content": {imports: []string{"dicom"}},
		// Simulated fleets, surveyed and scored.
		"internal/trial": {imports: []string{"internal/lab", "internal/scratch", "internal/store", "internal/survey", "lab/fleets"}, needs: []string{"os/exec", "syscall"}}, // runs this program as a fleet; syscall: memory of a process
		"lab/fleets":     {},                                                                                                                                                // data
		"lab/fleets/gen": {imports: []string{"internal/lab", "internal/lab/content"}, needs: []string{"github.com/goccy/go-yaml"}},

		// Test support: only _test files import it.
		"internal/realserver":       {needs: []string{"net", "net/http", "crypto/tls", "os/exec", "syscall"}},
		"internal/publish/attacker": {},
		"internal/farline":          {needs: []string{"os/exec", "golang.org/x/sys"}},

		// A front end parses, calls and prints: the gate and the queue are below it.
		"cmd/leadglass": {imports: slices.DeleteFunc(everything, func(p string) bool { return p == "internal/gate" || p == "internal/jobs" }),
			needs: []string{"os/exec", "syscall", "github.com/alecthomas/kong", "golang.org/x/sys", "golang.org/x/term"}},
	}
}

// mayDial are the packages that may open connections. The second is test
// support, which contacts loopback addresses alone and is in no program.
func mayDial() []string { return []string{"internal/gate", "internal/realserver"} }

// mayConnect are the modules of others that open connections by themselves,
// with the only package that may import each. The gate is for what is surveyed;
// the database of --store is no target: the user names it and runs it, no
// answer of a target can change which it is, and it may well lie outside the
// scope. Its driver has to make the connection itself, for TLS and the several
// hosts that a DSN can name.
func mayConnect() map[string]string {
	return map[string]string{"github.com/jackc/pgx/v5": "internal/store"}
}

// mayListen are the packages that may wait for connections.
func mayListen() []string {
	return []string{"internal/lab", "internal/realserver", "internal/metrics"}
}

// mayImportBlank names the only package that imports something for nothing
// but its effects: the database drivers.
const mayImportBlank = "internal/store"

// hasEffects says whether an import has to be allowed by name: packages of
// the standard library that reach outside the process or past the type
// system, and all modules of others.
func hasEffects(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	if strings.Contains(first, ".") {
		return true
	}
	return slices.Contains([]string{
		"net", "net/http", "net/http/httptest", "net/http/httputil", "net/http/pprof", "net/rpc", "net/rpc/jsonrpc",
		"net/smtp", "crypto/tls", "database/sql", "log/syslog", "os/exec", "plugin", "syscall", "unsafe", "C",
	}, path)
}

// sourcePackage is what `go list` says about one package.
type sourcePackage struct {
	Dir, ImportPath, Name              string
	GoFiles, CgoFiles, IgnoredGoFiles  []string
	Imports, TestImports, XTestImports []string

	rel string // import path without the prefix
}

// listPackages are all packages of the module.
func listPackages(t *testing.T) []sourcePackage {
	t.Helper()
	cmd := exec.Command("go", "list",
		"-json=Dir,ImportPath,Name,GoFiles,CgoFiles,IgnoredGoFiles,Imports,TestImports,XTestImports", "./...")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing the packages: %v\n%s", err, stderr.String())
	}
	var packages []sourcePackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p sourcePackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("reading the list of packages: %v", err)
		}
		p.rel = strings.TrimPrefix(p.ImportPath, module)
		packages = append(packages, p)
	}
}

func TestArchitecture(t *testing.T) {
	packages := listPackages(t)
	t.Run("imports", func(t *testing.T) { checkImports(t, packages) })
	t.Run("source", func(t *testing.T) {
		for _, p := range packages {
			for _, complaint := range checkSource(t, p) {
				t.Error(complaint)
			}
		}
	})
	t.Run("dependencies", func(t *testing.T) { checkDependencies(t, packages) })
}

// checkImports compares every package with its line of the table.
func checkImports(t *testing.T, packages []sourcePackage) {
	table := layers()
	for _, p := range packages {
		if len(p.GoFiles)+len(p.CgoFiles) == 0 {
			continue // tests alone
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo: %v", p.rel, p.CgoFiles)
		}
		l, ok := table[p.rel]
		if !ok {
			t.Errorf("%s has no line in the import table of arch_test.go: say what it may import", p.rel)
			continue
		}
		for path, only := range mayConnect() {
			if p.rel != only && slices.ContainsFunc(p.Imports, func(i string) bool { return i == path || strings.HasPrefix(i, path+"/") }) {
				t.Errorf("%s imports %s, which opens connections; only %s may", p.rel, path, only)
			}
		}
		for _, complaint := range l.forbids(p.Imports) {
			t.Errorf("%s imports %s, which the import table does not allow", p.rel, complaint)
		}
	}
	for name, l := range table {
		for _, path := range l.imports {
			if _, ok := table[path]; !ok {
				t.Errorf("the line of %s names %s, which has no line of its own", name, path)
			}
		}
	}
}

// forbids returns those of the imports that are not allowed.
func (l layer) forbids(imports []string) []string {
	var bad []string
	for _, path := range imports {
		own, isOwn := strings.CutPrefix(path, module)
		switch {
		case isOwn && !slices.Contains(l.imports, own):
			bad = append(bad, path)
		case !isOwn && hasEffects(path) && !slices.ContainsFunc(l.needs, func(need string) bool {
			return path == need || strings.Contains(need, ".") && strings.HasPrefix(path, need+"/")
		}):
			bad = append(bad, path)
		}
	}
	return bad
}

// checkDependencies wants each direct dependency, with its version, explained
// in docs/dependencies.md: those whose packages we import, and our tools.
func checkDependencies(t *testing.T, packages []sourcePackage) {
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatalf("reading go.mod: %v", err)
	}
	var mod struct {
		Require []struct{ Path, Version string }
		Tool    []struct{ Path string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatalf("reading go.mod: %v", err)
	}
	used := make(map[string]bool)
	for _, p := range packages {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			used[path] = true
		}
	}
	for _, tool := range mod.Tool {
		used[tool.Path] = true
	}
	versions := make(map[string]string) // of the rows
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^ ]+) \\|").FindAllStringSubmatch(string(text), -1) {
		versions[row[1]] = row[2]
	}
	for _, r := range mod.Require {
		direct := slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(path string) bool {
			return path == r.Path || strings.HasPrefix(path, r.Path+"/")
		})
		if want := strings.TrimPrefix(r.Version, "v"); direct && versions[r.Path] != want {
			t.Errorf("docs/dependencies.md gives %s the version %q, go.mod %q", r.Path, versions[r.Path], want)
		}
		if direct {
			delete(versions, r.Path)
		}
	}
	for path := range versions {
		t.Errorf("docs/dependencies.md has a row for %s, which nothing imports", path)
	}
}

// thisMachine matches paths that exist where the tests run and not elsewhere:
// the folder of the repository, the one around it, and the home directory.
func thisMachine(t *testing.T) *regexp.Regexp {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{regexp.QuoteMeta(here)}
	home, _ := os.UserHomeDir()
	for _, path := range []string{filepath.Dir(here), home} {
		if path != "" && path != "/" && path != filepath.Clean(os.TempDir()) {
			paths = append(paths, regexp.QuoteMeta(path))
		}
	}
	return regexp.MustCompile("(" + strings.Join(paths, "|") + ")/")
}

// TestTextNamesNoMachine keeps the paths of the machine where it was written out
// of the repository.
func TestTextNamesNoMachine(t *testing.T) {
	machine := thisMachine(t)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", "leadglass-demo"}, path):
			return fs.SkipDir
		case d.IsDir() || !d.Type().IsRegular() || path == ".git": // a file in a linked working tree
			return nil
		}
		switch filepath.Ext(path) {
		case ".db", ".png", ".pdf", ".test", ".prof", ".out":
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if found := machine.Find(content); found != nil {
			t.Errorf("%s names a path of one machine: %s…", path, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
