package leadglass_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The hard limits of a file and of a function, in lines.
const (
	maxFileLines     = 400
	maxFunctionLines = 100
)

// The ways out of the process, by import path. A name that ends with * stands
// for all that begin so.
func dialers() map[string][]string {
	return map[string][]string{
		"net":                   {"Dial*", "Lookup*", "Resolver", "DefaultResolver", "ListenPacket", "ListenUDP", "ListenIP", "ListenUnixgram", "ListenMulticastUDP", "ResolveTCPAddr", "ResolveUDPAddr", "ResolveIPAddr"},
		"net/http":              {"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "Client", "Transport", "ProxyFromEnvironment"},
		"net/http/httputil":     {"ReverseProxy", "NewSingleHostReverseProxy"},
		"crypto/tls":            {"Dial*"},
		"syscall":               {"Connect", "Socket", "Socketpair", "Sendto", "Sendmsg*", "RawSyscall*", "Syscall*"},
		"golang.org/x/sys/unix": {"Connect*", "Socket", "Sendto*", "Sendmsg*", "RawSyscall*", "Syscall*"},
	}
}

// listeners are the ways to wait for connections.
func listeners() map[string][]string {
	return map[string][]string{
		"net":        {"Listen", "ListenTCP", "ListenUnix", "ListenConfig", "FileListener"},
		"net/http":   {"ListenAndServe", "ListenAndServeTLS"},
		"crypto/tls": {"Listen"},
	}
}

// exits are the ways to end the process, for package main alone.
func exits() map[string][]string {
	return map[string][]string{
		"os":  {"Exit"},
		"log": {"Fatal*", "Panic*"},
	}
}

// names says whether the list holds the name.
func names(list []string, name string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		prefix, open := strings.CutSuffix(entry, "*")
		return entry == name || open && strings.HasPrefix(name, prefix)
	})
}

// checkSource reads the package's files, tests excepted, and returns what is
// against the house rules.
func checkSource(t *testing.T, p sourcePackage) []string {
	t.Helper()
	var complaints []string
	documented, any := false, false
	for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		any = true
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if doc := file.Doc.Text(); strings.HasPrefix(doc, "Package "+p.Name+" ") || p.Name == "main" && doc != "" {
			documented = true
		}
		complaints = append(complaints, checkFile(p.rel, p.Name, fset, file)...)
	}
	if any && !documented {
		complaints = append(complaints, fmt.Sprintf("%s: no package comment says what it is for", p.rel))
	}
	return complaints
}

// fileCheck collects what is wrong with one file.
type fileCheck struct {
	rel, name  string            // of the package
	imports    map[string]string // local name to import path
	fset       *token.FileSet
	complaints []string
}

func (c *fileCheck) complain(at token.Pos, format string, args ...any) {
	position := c.fset.Position(at)
	c.complaints = append(c.complaints, fmt.Sprintf("%s/%s:%d: %s",
		c.rel, filepath.Base(position.Filename), position.Line, fmt.Sprintf(format, args...)))
}

// mayNameRiverTables is the one file with SQL on a table of the job queue, and says
// why.
const mayNameRiverTables = "internal/store/release.go"

// checkFile returns what is wrong with one file.
func checkFile(rel, name string, fset *token.FileSet, file *ast.File) []string {
	c := &fileCheck{rel: rel, name: name, imports: make(map[string]string), fset: fset}
	if lines := fset.File(file.Pos()).LineCount(); lines > maxFileLines && !ast.IsGenerated(file) {
		c.complain(file.Pos(), "%d lines; the limit is %d", lines, maxFileLines)
	}
	for _, spec := range file.Imports {
		c.addImport(spec)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			c.checkFunction(f)
		}
	}
	ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			c.checkSelector(n, stack)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "panic" && c.name != "main" {
				c.complain(n.Pos(), "panics outside main")
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING && strings.Contains(n.Value, "river_") && filepath.Join(rel, filepath.Base(fset.File(n.Pos()).Name())) != mayNameRiverTables {
				c.complain(n.Pos(), "SQL on a table of River's; its client has methods for jobs")
			}
		}
		return true
	})
	return c.complaints
}

// addImport notes under which name an import is known in the file.
func (c *fileCheck) addImport(spec *ast.ImportSpec) {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		c.complain(spec.Pos(), "import path %s: %v", spec.Path.Value, err)
		return
	}
	local := path[strings.LastIndex(path, "/")+1:]
	if spec.Name != nil {
		local = spec.Name.Name
	}
	switch {
	case local == "." || local == "_" && path != "embed" && c.rel != mayImportBlank:
		c.complain(spec.Pos(), "imports %s as %q", path, local)
	case path == module+"internal/realserver", path == module+"internal/farline", path == module+"internal/publish/attacker":
		c.complain(spec.Pos(), "imports test support outside a test")
	}
	c.imports[local] = path
}

func (c *fileCheck) checkFunction(f *ast.FuncDecl) {
	if f.Recv == nil && f.Name.Name == "init" {
		c.complain(f.Pos(), "has an init function")
	}
	if lines := c.fset.Position(f.End()).Line - c.fset.Position(f.Pos()).Line + 1; lines > maxFunctionLines {
		c.complain(f.Pos(), "%s has %d lines; the limit is %d", f.Name.Name, lines, maxFunctionLines)
	}
}

// checkSelector looks at every "package.Name" of the file.
func (c *fileCheck) checkSelector(n *ast.SelectorExpr, stack []ast.Node) {
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return
	}
	path, ok := c.imports[x.Name]
	if !ok {
		return
	}
	switch name := n.Sel.Name; {
	case path == "net/http" && name == "Client" && isPointerType(stack):
		// A client that somebody else made: the gate.
	case names(dialers()[path], name) && !slices.Contains(mayDial(), c.rel):
		c.complain(n.Pos(), "%s.%s is a way out that is not the gate", path, name)
	case names(listeners()[path], name) && !slices.Contains(mayListen(), c.rel):
		c.complain(n.Pos(), "%s.%s listens", path, name)
	case names(exits()[path], name) && c.name != "main":
		c.complain(n.Pos(), "%s.%s ends the process outside main", path, name)
	}
}

// isPointerType says whether the node below the stack is the T of a *T.
func isPointerType(stack []ast.Node) bool {
	if len(stack) == 0 {
		return false
	}
	_, ok := stack[len(stack)-1].(*ast.StarExpr)
	return ok
}

// TestRulesCatch shows each rule catching what it is there for, and letting
// pass what is right.
func TestRulesCatch(t *testing.T) {
	long := strings.Repeat("\n", maxFunctionLines)
	for _, c := range []struct{ name, rel, source, want string }{
		{"dial", "internal/census", `import "net"; func f() { net.Dial("tcp", "") }`, "net.Dial is a way out"},
		{"dial under another name", "internal/census", `import n "net"; var d n.Dialer`, "net.Dialer is a way out"},
		{"lookup", "internal/scope", `import "net"; func f() { net.LookupHost("") }`, "net.LookupHost is a way out"},
		{"datagram", "internal/lab", `import "net"; func f() { net.ListenPacket("udp", "") }`, "net.ListenPacket is a way out"},
		{"tls", "internal/assess", `import "crypto/tls"; var f = tls.DialWithDialer`, "crypto/tls.DialWithDialer is a way out"},
		{"http get", "internal/assess", `import "net/http"; var f = http.Get`, "net/http.Get is a way out"},
		{"own http client", "internal/assess", `import "net/http"; var c = &http.Client{}`, "net/http.Client is a way out"},
		{"system call", "dicom/ul", `import "syscall"; var f = syscall.Connect`, "syscall.Connect is a way out"},
		{"somebody's client", "internal/assess", `import "net/http"; func f(c *http.Client) {}`, ""},
		{"dial in the gate", "internal/gate", `import "net"; var d net.Dialer`, ""},
		{"listen", "internal/gate", `import "net"; var f = net.Listen`, "net.Listen listens"},
		{"listen in the lab", "internal/lab", `import "net"; var f = net.Listen`, ""},
		{"init", "dicom", `func init() {}`, "has an init function"},
		{"init method", "dicom", `type t int; func (t) init() {}`, ""},
		{"panic", "dicom", `func f() { panic("") }`, "panics outside main"},
		{"exit", "internal/report", `import "os"; func f() { os.Exit(1) }`, "os.Exit ends the process"},
		{"fatal", "internal/report", `import "log"; func f() { log.Fatalf("") }`, "log.Fatalf ends the process"},
		{"blank import", "internal/report", `import _ "image/png"`, `imports image/png as "_"`},
		{"dot import", mayImportBlank, `import . "strings"`, `imports strings as "."`},
		{"driver", mayImportBlank, `import _ "modernc.org/sqlite"`, ""},
		{"table of River's", "internal/store", "const s = `DELETE FROM river_job`", "SQL on a table of River's"},
		{"test support", "internal/lab", `import "leadglass/internal/realserver"`, "imports test support"},
		{"long function", "dicom", "func f() {" + long + "}", "f has 101 lines"},
		{"function at the limit", "dicom", "func f() {" + long[1:] + "}", ""},
		{"long file", "dicom", strings.Repeat("\n", maxFileLines) + "var v int", "401 lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "x.go", "package x; "+c.source, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(checkFile(c.rel, "x", fset, file), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("complaints %q, want %q", got, c.want)
			}
		})
	}
}

// TestImportTableForbids shows the table forbidding what it is there for.
func TestImportTableForbids(t *testing.T) {
	for _, c := range []struct {
		rel, path string
		allowed   bool
	}{
		{"dicom", "net", false},
		{"dicom", "net/netip", true},
		{"dicom", "internal/survey", false},
		{"internal/survey", "net", false},
		{"internal/survey", "net/netip", true},
		{"internal/report", "net/http", false},
		{"internal/report", "database/sql", false},
		{"internal/report", "leadglass/internal/store", false},
		{"internal/report", "html/template", true},
		{"internal/census", "leadglass/internal/assess", false},
		{"internal/census", "leadglass/internal/gate", false},
		{"internal/lab", "leadglass/internal/identify", false},
		{"internal/lab", "leadglass/internal/survey", false},
		{"internal/lab", "leadglass/dicom/dimse", true},
		{"internal/examine", "leadglass/internal/report", false},
		{"internal/scope", "github.com/goccy/go-yaml/parser", true},
		{"internal/scope", "github.com/goccy/go-yamlish", false},
		{"internal/scope", "net", false},
	} {
		path := c.path
		if strings.HasPrefix(path, "internal/") {
			path = module + path
		}
		if allowed := len(layers()[c.rel].forbids([]string{path})) == 0; allowed != c.allowed {
			t.Errorf("%s imports %s: allowed %v, want %v", c.rel, path, allowed, c.allowed)
		}
	}
}
