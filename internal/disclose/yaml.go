package disclose

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"leadglass/internal/strictyaml"
)

// word is a single value of a YAML file as written, with its place.
type word struct {
	text         string
	line, column int
}

// UnmarshalYAML implements the interface of the YAML library for nodes, which
// know their place.
func (w *word) UnmarshalYAML(node ast.Node) error {
	w.line, w.column = strictyaml.Place(node)
	switch n := node.(type) {
	case *ast.StringNode:
		w.text = strings.TrimSpace(n.Value)
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode: // NO, 64496 or 0644 as it stands there
		w.text = node.GetToken().Value
	case *ast.NullNode:
		return &FileError{Line: w.line, Column: w.column, What: "a key has no value", Remedy: "give it one or remove the key"}
	default:
		return &FileError{Line: w.line, Column: w.column, What: "not a single value", Remedy: "write one plain value on the line of its key"}
	}
	if w.text == "" {
		return &FileError{Line: w.line, Column: w.column, What: "an empty value", Remedy: "give it one or remove the key"}
	}
	return nil
}

// words is a list of values; a single value is a list of one.
type words []word

// UnmarshalYAML implements the interface of the YAML library for nodes.
func (ws *words) UnmarshalYAML(node ast.Node) error {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	for _, n := range nodes {
		var w word
		if err := w.UnmarshalYAML(n); err != nil {
			return err
		}
		*ws = append(*ws, w)
	}
	return nil
}
