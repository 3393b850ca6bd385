package leadglass_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// maxMethods is how many methods a type may have: a type with more has more
// than one duty.
const maxMethods = 25

// manyMethods are the types with more than maxMethods, and how many they may
// have. A number here only falls, and no type is added.
func manyMethods() map[string]int {
	return map[string]int{
		"internal/assess.Session":   66,
		"internal/store.Store":      64,
		"internal/census.counter":   53,
		"internal/products.Table":   51,
		"dicom/ul.Association":      41,
		"internal/lab.Archive":      32,
		"internal/gate.Host":        28,
		"internal/report.publisher": 28,
		"internal/scope.draft":      27,
	}
}

// maxUnused is how many exported names no other package may use, the names that
// tests alone use included. It only falls.
const maxUnused = 520

// sources are the files of a package without its tests.
func sources(t *testing.T, p sourcePackage) []*ast.File {
	t.Helper()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// TestDuties: no type does too much, and few exported names are used by their
// own package alone.
func TestDuties(t *testing.T) {
	methods, exported, used := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, p := range listPackages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, file := range sources(t, p) {
			imported := importedAs(file)
			for _, d := range file.Decls {
				declared(d, func(name string, method bool) {
					switch {
					case method:
						methods[path+"."+name]++
					case ast.IsExported(name) && strings.HasPrefix(path, "internal/"):
						exported[path+"."+name] = true
					}
				})
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && imported[x.Name] != "" {
						used[imported[x.Name]+"."+s.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	limits := manyMethods()
	for name, n := range methods {
		if most := max(maxMethods, limits[name]); n > most {
			t.Errorf("%s has %d methods, more than %d: split it by duty", name, n, most)
		}
	}
	for name, most := range limits {
		if methods[name] < most {
			t.Logf("%s has %d methods: lower its number from %d", name, methods[name], most)
		}
	}
	unused := 0
	for name := range exported {
		if !used[name] {
			unused++
			t.Logf("no other package uses %s", name)
		}
	}
	if unused > maxUnused {
		t.Errorf("%d exported names have no user in another package, more than %d: make the new ones private", unused, maxUnused)
	}
}

// importedAs gives the paths of our packages by their names in a file.
func importedAs(file *ast.File) map[string]string {
	byName := map[string]string{}
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		if own, ok := strings.CutPrefix(path, module); ok {
			byName[name] = own
		}
	}
	return byName
}

// declared calls each with what a declaration declares at the top level: a name
// or, for a method, the name of its type.
func declared(d ast.Decl, each func(name string, method bool)) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			each(d.Name.Name, false)
			return
		}
		of := d.Recv.List[0].Type
		if star, ok := of.(*ast.StarExpr); ok {
			of = star.X
		}
		if index, ok := of.(*ast.IndexExpr); ok {
			of = index.X
		}
		if name, ok := of.(*ast.Ident); ok {
			each(name.Name, true)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				each(s.Name.Name, false)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					each(n.Name, false)
				}
			}
		}
	}
}
