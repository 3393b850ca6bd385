package scope

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"leadglass/internal/strictyaml"
)

// position is a place in the scope file, counted from 1.
type position struct{ line, column int }

// decoder walks a YAML document strictly. It keeps the first mistake and goes
// on; what it returns after a mistake is not used.
type decoder struct {
	file string
	err  *ConfigError
}

// field is one permitted key of a mapping.
type field struct {
	key      string
	required bool
	read     func(ast.Node)
}

func (d *decoder) fail(at position, what, remedy string) {
	if d.err == nil {
		d.err = &ConfigError{File: d.file, Line: at.line, Column: at.column, What: what, Remedy: remedy}
	}
}

// document parses text, which must hold one YAML document that is a mapping.
func (d *decoder) document(text []byte) ast.MapNode {
	n, err := format.Parse(d.file, text)
	var at *ConfigError
	switch {
	case errors.As(err, &at):
		d.fail(position{at.Line, at.Column}, at.What, at.Remedy)
		return nil
	case n == nil:
		d.fail(position{1, 1}, "the scope file is empty", "begin it with version: 1")
		return nil
	}
	root, ok := n.(ast.MapNode)
	if !ok {
		d.fail(nodePosition(n), "the scope file is not a list of keys", "begin it with version: 1")
		return nil
	}
	return root
}

// format is what a scope file is.
var format = strictyaml.Kind{Name: "scope file", MaxBytes: maxScopeFile, Levels: "three levels"}

// mapping reads the keys of n, in the file's order.
func (d *decoder) mapping(n ast.Node, section string, fields []field) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.fail(nodePosition(n), section+" must hold keys", fmt.Sprintf("write it as %s: {%s: …}", lastKey(section), fields[0].key))
		return
	}
	at := nodePosition(n)
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		key, pos := d.key(it.Key())
		f, ok := lookup(fields, key)
		if !ok {
			d.unknownKey(pos, section, key, fields)
			continue
		}
		if seen[key] {
			d.fail(pos, fmt.Sprintf("key %q given twice", key), "remove one")
		}
		seen[key] = true
		if it.Value() == nil || it.Value().Type() == ast.NullType {
			d.fail(pos, fmt.Sprintf("key %q has no value", key), "give it one or remove the key")
			continue
		}
		f.read(it.Value())
	}
	for _, f := range fields {
		if f.required && !seen[f.key] {
			d.fail(at, fmt.Sprintf("%skey %q is missing", prefixed(section), f.key), "add it")
		}
	}
}

// lastKey is the key itself of a key within keys: in the file, ports.dicom is
// written dicom, below ports.
func lastKey(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func prefixed(section string) string {
	if section == "" {
		return ""
	}
	return section + ": "
}

func lookup(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

func (d *decoder) unknownKey(at position, section, key string, fields []field) {
	var known []string
	for _, f := range fields {
		known = append(known, f.key)
	}
	remedy := "known keys here are " + strings.Join(known, ", ")
	if near := nearest(key, known); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	d.fail(at, fmt.Sprintf("%sunknown key %s", prefixed(section), shown(key)), remedy)
}

func (d *decoder) key(n ast.MapKeyNode) (string, position) {
	at := nodePosition(n)
	s, ok := n.(*ast.StringNode)
	if !ok {
		d.fail(at, "a key must be plain text", "merge keys and complex keys have no place in a scope file")
		return "", at
	}
	return s.Value, at
}

// scalar is the text of a single value as written; ok is false when n is
// something else, which is then a mistake already noted.
func (d *decoder) scalar(n ast.Node, key string) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		d.fail(nodePosition(n), key+" has no value", "give it one or remove it")
	default:
		d.fail(nodePosition(n), key+" must be a single value on one line", "write one plain value")
	}
	return "", false
}

// list calls each for every entry of a sequence.
func (d *decoder) list(n ast.Node, key string, each func(ast.Node)) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(nodePosition(n), key+" must be a list", "write it as "+lastKey(key)+": [FIRST, SECOND]")
		return
	}
	for _, v := range seq.Values {
		if v == nil {
			d.fail(nodePosition(n), key+" has an empty entry", "remove it")
			continue
		}
		each(v)
	}
}

// text reads a line of 1 to 200 characters.
func (d *decoder) text(key string, into *string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		s = strings.TrimSpace(s)
		switch {
		case s == "":
			d.fail(nodePosition(n), key+" is empty", "say it in a few words")
		case len([]rune(s)) > 200 || hasControl(s):
			d.fail(nodePosition(n), key+" is longer than 200 characters or has control characters", "shorten it to one plain line")
		}
		*into = s
	}
}

// integer reads a decimal number from low to high.
func (d *decoder) integer(key string, low, high int, into *int) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high || strconv.Itoa(v) != s {
			d.fail(nodePosition(n), fmt.Sprintf("%s is %s", key, shown(s)),
				fmt.Sprintf("give a whole number from %d to %d", low, high))
			return
		}
		*into = v
	}
}

func (d *decoder) boolean(key string, into *bool) func(ast.Node) {
	return func(n ast.Node) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.fail(nodePosition(n), key+" must be true or false", "write "+lastKey(key)+": true or "+lastKey(key)+": false")
			return
		}
		*into = b.Value
	}
}

// nodePosition is where n begins.
func nodePosition(n ast.Node) position {
	line, column := strictyaml.Place(n)
	return position{line, column}
}
