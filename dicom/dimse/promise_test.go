package dimse_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"leadglass/dicom/dimse"
)

// TestNoRequestNamesAnObject holds the promise that no caller can name an
// object to retrieve: it lists everything a requestor can do, with its exact
// type. Keys go into queries alone; the strings are SOP classes and a
// destination.
func TestNoRequestNamesAnObject(t *testing.T) {
	type (
		ctx   = context.Context
		probe = dimse.RetrievalProbe
	)
	want := map[string]reflect.Type{
		"Echo":          reflect.TypeFor[func(*dimse.Client, ctx) (dimse.Status, error)](),
		"Find":          reflect.TypeFor[func(*dimse.Client, ctx, string, []dimse.Key, func(dimse.Match) bool) (dimse.FindResult, error)](),
		"FindSample":    reflect.TypeFor[func(*dimse.Client, ctx, string, dimse.Sample, func(dimse.Match)) (dimse.SampleResult, error)](),
		"ProbeGet":      reflect.TypeFor[func(*dimse.Client, ctx, string) (probe, error)](),
		"ProbeMove":     reflect.TypeFor[func(*dimse.Client, ctx, string, string) (probe, error)](),
		"ProbeGetStudy": reflect.TypeFor[func(*dimse.Client, ctx, string, int64) (probe, error)](),
		"Wipe":          reflect.TypeFor[func(*dimse.Client)](),
	}
	client := reflect.TypeFor[*dimse.Client]()
	for i := range client.NumMethod() {
		m := client.Method(i)
		if want[m.Name] != m.Type {
			t.Errorf("a requestor has %s of type %s: can it name an object?", m.Name, m.Type)
		}
		delete(want, m.Name)
	}
	for name := range want {
		t.Errorf("a requestor has no %s", name)
	}
	for i := range client.Elem().NumField() {
		if f := client.Elem().Field(i); f.IsExported() && f.Name != "Drain" {
			t.Errorf("the field %s of a requestor can be set: can it name an object?", f.Name)
		}
	}
	for i := range reflect.TypeFor[dimse.RetrievalProbe]().NumField() {
		switch f := reflect.TypeFor[dimse.RetrievalProbe]().Field(i); f.Type.Kind() {
		case reflect.Bool, reflect.Int, reflect.Uint8, reflect.Uint16:
		default:
			t.Errorf("the result of a probe has the field %s of type %s, which could hold a UID", f.Name, f.Type)
		}
	}
}

// TestOnlyProvidersStore reads the source: the requestor's files never use the
// commands of storage, and a retrieval request is made in the probes alone.
func TestOnlyProvidersStore(t *testing.T) {
	provider := []string{"provider.go", "responder.go", "dimse.go"} // dimse.go declares the commands
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	exported := make(map[string]bool)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		isProvider := slices.Contains(provider, name)
		ast.Inspect(file, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || isProvider {
				return true
			}
			switch {
			case strings.HasPrefix(id.Name, "CStore"), id.IsExported() && strings.HasSuffix(id.Name, "Storage"):
				t.Errorf("%s: a requestor uses %s", fset.Position(id.Pos()), id.Name)
			case (id.Name == "CGetRQ" || id.Name == "CMoveRQ") && name != "probe.go":
				t.Errorf("%s: %s outside the probes", fset.Position(id.Pos()), id.Name)
			}
			return true
		})
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
				exported[f.Name.Name] = true
			}
		}
	}
	// Functions without a receiver: none of them sends anything.
	if got := slices.Sorted(maps.Keys(exported)); !slices.Equal(got, []string{"Answer", "NewClient"}) {
		t.Errorf("exported functions %v", got)
	}
}
