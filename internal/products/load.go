package products

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sync"

	"github.com/goccy/go-yaml/ast"

	"leadglass/internal/strictyaml"
	"leadglass/internal/survey"
)

//go:embed *.yaml
var embedded embed.FS

const (
	// maxFile bounds a user's file, in bytes.
	maxFile = 4 << 20
	// formatVersion is the version of the files' format.
	formatVersion = 1
)

// document is one YAML file.
type document struct {
	Version  int       `yaml:"version"`
	Toolkits []toolkit `yaml:"toolkits"`
	Vendors  []vendor  `yaml:"vendors"`
	Products []product `yaml:"products"`
	Titles   []title   `yaml:"default_ae_titles"`
	Roots    []webRoot `yaml:"dicomweb_roots"`
	General  []general `yaml:"general_remedies"`

	ViewerPages   []viewerPage   `yaml:"viewer_pages"`
	ViewerConfigs []viewerConfig `yaml:"viewer_configs"`
}

// FileError is a mistake in a fingerprint file.
type FileError = strictyaml.Error

// format is what a fingerprint file is.
var format = strictyaml.Kind{Name: "fingerprint file", MaxBytes: maxFile, Levels: "six levels",
	Begin: "begin it with version: 1", Unknown: "docs/products.md lists the keys"}

// Builtin returns what comes with the program. It is read once.
var Builtin = sync.OnceValues(readBuiltin)

// readBuiltin reads the files of the program.
func readBuiltin() (*Table, error) {
	names, err := fs.Glob(embedded, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the embedded fingerprints: %w", err)
	}
	t := &Table{}
	type read struct {
		name string
		data []byte
		own  Table
	}
	var files []read
	for _, name := range names {
		data, err := embedded.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the embedded fingerprints: %w", err)
		}
		before := *t
		if err := t.add(name, data); err != nil {
			return nil, err
		}
		files = append(files, read{name, data, Table{toolkits: t.toolkits[len(before.toolkits):],
			products: t.products[len(before.products):], roots: t.roots[len(before.roots):]}})
	}
	for _, f := range files { // when all names are known
		if err := t.check(f.name, f.data, &f.own); err != nil {
			return nil, err
		}
	}
	t.sort()
	return t, nil
}

// sort puts titles, roots and what is known of viewers in the order of trying.
func (t *Table) sort() {
	slices.SortStableFunc(t.titles, func(a, b title) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(t.roots, func(a, b webRoot) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(t.viewerPages, func(a, b viewerPage) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(t.viewerConfigs, func(a, b viewerConfig) int { return cmp.Compare(a.Order, b.Order) })
}

// Load returns the fingerprints of the program with those of a user's file
// before them: of two rows that fit equally well, the user's is taken.
func Load(file string) (*Table, error) {
	data, err := format.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading fingerprints: %w", err)
	}
	return Parse(file, data)
}

// Parse is Load with the content of the file; name is for error messages.
func Parse(name string, data []byte) (*Table, error) {
	own := &Table{}
	if err := own.add(name, data); err != nil {
		return nil, err
	}
	read := &Table{toolkits: own.toolkits, products: own.products, roots: slices.Clone(own.roots)} // in the order of the file
	own.sort()
	builtin, err := Builtin()
	if err != nil {
		return nil, err
	}
	t := &Table{
		toolkits: slices.Concat(own.toolkits, builtin.toolkits), products: slices.Concat(own.products, builtin.products),
		vendors: slices.Concat(own.vendors, builtin.vendors), titles: slices.Concat(own.titles, builtin.titles),
		roots: slices.Concat(own.roots, builtin.roots), general: slices.Concat(own.general, builtin.general),
		viewerPages: slices.Concat(own.viewerPages, builtin.viewerPages), viewerConfigs: slices.Concat(own.viewerConfigs, builtin.viewerConfigs),
	}
	if err := t.check(name, data, read); err != nil {
		return nil, err
	}
	return t, nil
}

// add reads one file into the table.
func (t *Table) add(name string, data []byte) error {
	var d document
	if err := format.Decode(name, data, &d); err != nil {
		return err
	}
	if d.Version != formatVersion {
		return &FileError{File: name, Line: 1, Column: 1, What: fmt.Sprintf("version %d; this program reads version: %d", d.Version, formatVersion)}
	}
	if at, what := d.validate(); what != "" {
		line, column := position(data, at)
		return &FileError{File: name, Line: line, Column: column, What: what}
	}
	t.toolkits = append(t.toolkits, d.Toolkits...)
	t.products = append(t.products, d.Products...)
	t.vendors = append(t.vendors, d.Vendors...)
	t.titles = append(t.titles, d.Titles...)
	t.roots = append(t.roots, d.Roots...)
	t.general = append(t.general, d.General...)
	t.viewerPages = append(t.viewerPages, d.ViewerPages...)
	t.viewerConfigs = append(t.viewerConfigs, d.ViewerConfigs...)
	return nil
}

// UnmarshalYAML implements the interface of the YAML library for nodes, which
// know their place.
func (p *pattern) UnmarshalYAML(node ast.Node) error {
	const longest = 300
	at := &FileError{}
	at.Line, at.Column = strictyaml.Place(node)
	text, ok := node.(*ast.StringNode)
	if !ok || text.Value == "" || len(text.Value) > longest {
		at.What = fmt.Sprintf("a pattern is text of 1 to %d bytes, in single quotes", longest)
		return at
	}
	re, err := regexp.Compile(text.Value)
	if err != nil {
		at.What = fmt.Sprintf("not a regular expression: %v", err)
		return at
	}
	p.re = re
	return nil
}

// stepDown is one grade of confidence less.
func stepDown(c survey.Confidence) survey.Confidence {
	switch c {
	case survey.Certain:
		return survey.Likely
	case survey.Likely, survey.Possible:
		return survey.Possible
	}
	return survey.UnknownConf
}

// rank orders confidences, the most certain highest.
func rank(c survey.Confidence) int {
	switch c {
	case survey.Certain:
		return 3
	case survey.Likely:
		return 2
	case survey.Possible:
		return 1
	}
	return 0
}
