package disclose

import (
	"bytes"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// word is a single value of a YAML file as written, with its place.
type word struct {
	text         string
	line, column int
}

// UnmarshalYAML implements the interface of the YAML library for nodes, which
// know their place.
func (w *word) UnmarshalYAML(node ast.Node) error {
	w.line, w.column = place(node)
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

func place(node ast.Node) (line, column int) {
	if node == nil {
		return 1, 1
	}
	tk := node.GetToken()
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return max(1, tk.Position.Line), max(1, tk.Position.Column)
}

// tooDeep finds the place where brackets, or indicators of nested blocks in
// one line, pile up: the parser recurses, and would exhaust the stack. It does
// not know quotes: text with so many brackets is refused too.
func tooDeep(text []byte) (line, column int, deep bool) {
	brackets := 0
	for number, content := range bytes.Split(text, []byte("\n")) {
		blocks := 0
		for i, c := range content {
			switch c {
			case '[', '{':
				brackets++
			case ']', '}':
				brackets = max(0, brackets-1)
			case '-', '?', ':':
				if i+1 == len(content) || content[i+1] == ' ' || content[i+1] == '\t' {
					blocks++
				}
			case ',': // the next entry of a list or mapping in brackets
				blocks = 0
			}
			if brackets > maxNesting || blocks > maxNesting {
				return number + 1, i + 1, true
			}
		}
	}
	return 0, 0, false
}
