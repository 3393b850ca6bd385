package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema compiles the schema of a name: finding, report or score.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	const base = "https://leadglass.invalid/schema/"
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	paths, err := filepath.Glob("../../docs/schema/*.schema.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := c.AddResource(base+filepath.Base(path), doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile(base + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// matches fails the test unless data is what the schema of that name says.
func matches(t *testing.T, name string, data []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if err := schema(t, name).Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, data)
	}
}
