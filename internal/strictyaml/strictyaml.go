// Package strictyaml reads the YAML files that users write: scopes, recipients,
// fleets, fingerprints. It refuses, with file, line, column and remedy, what is
// no regular file, too large, nested too deep, not one document, or has unknown
// or repeated keys, anchors or aliases. What a file means is up to its reader.
package strictyaml

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Error is a mistake in a file: where, what, and what to do about it.
type Error struct {
	File string
	// Line and Column count from 1; 0 where the mistake has no place in a file.
	Line, Column int
	What         string
	Remedy       string
	// Err is what a file could not be read for; else nil.
	Err error
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Error is "FILE:LINE:COLUMN: what; remedy".
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.What)
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

// Kind is a kind of file.
type Kind struct {
	// Name is what messages call it: "scope file".
	Name string
	// MaxBytes is the largest size that is read.
	MaxBytes int64
	// Levels says how deep the file is nested: "three levels".
	Levels string
	// Begin is the remedy for an empty file.
	Begin string
	// Unknown is the remedy for an unknown key, Form that for a value of another
	// kind than its key has; the latter may be empty.
	Unknown, Form string
}

// syntax is the remedy for text that is not YAML.
const syntax = "correct it; indent with spaces, close every quote and bracket"

// ReadFile reads the regular file at path. The error is an *Error without
// place and remedy.
func (k *Kind) ReadFile(path string) ([]byte, error) {
	f, err := Open(path, k.MaxBytes)
	if err != nil {
		return nil, &Error{File: path, What: err.Error(), Err: err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, k.MaxBytes+1))
	if err != nil {
		return nil, &Error{File: path, What: "cannot be read: " + reason(err).Error(), Err: err}
	}
	return data, nil
}

// Open opens a regular file of at most limit bytes. The error does not name
// the file.
func Open(path string, limit int64) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("is larger than %s", size(limit))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	return f, nil
}

func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// reason is err without the file's name, which the message has.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Parse reads text as if it stood at file. It returns nil for a file without
// content.
func (k *Kind) Parse(file string, text []byte) (ast.Node, error) {
	if int64(len(text)) > k.MaxBytes {
		return nil, &Error{File: file, What: "is larger than " + size(k.MaxBytes), Remedy: "split it"}
	}
	if line, column, deep := tooDeep(text); deep {
		return nil, &Error{File: file, Line: line, Column: column, What: "nested too deep", Remedy: "a " + k.Name + " has " + k.Levels}
	}
	parsed, err := parse(text)
	if err != nil {
		return nil, k.locate(file, err)
	}
	var bodies []ast.Node
	for _, d := range parsed.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) == 0 {
		return nil, nil
	}
	if len(bodies) > 1 {
		line, column := Place(bodies[1])
		return nil, &Error{File: file, Line: line, Column: column, What: "a second YAML document", Remedy: "write one document a file"}
	}
	var s shortcuts
	ast.Walk(&s, bodies[0])
	if s.found != nil {
		line, column := Place(s.found)
		return nil, &Error{File: file, Line: line, Column: column, What: "anchors, aliases and tags have no place in a " + k.Name, Remedy: "write the value itself"}
	}
	return bodies[0], nil
}

// shortcuts finds an anchor, an alias or a tag: small files can stand for large
// ones by them.
type shortcuts struct{ found ast.Node }

// Visit implements ast.Visitor.
func (s *shortcuts) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		if s.found == nil {
			s.found = n
		}
	}
	if s.found != nil {
		return nil
	}
	return s
}

// parse turns a panic of the parser into an error: the file is input like any
// other.
func parse(text []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, errors.New("not YAML")
		}
	}()
	return parser.ParseBytes(text, 0)
}

// Decode reads text into a struct, whose tags name the permitted keys. Values
// that decode themselves may return an *Error with their place.
func (k *Kind) Decode(file string, text []byte, into any) (err error) {
	node, err := k.Parse(file, text)
	if err != nil {
		return err
	}
	if node == nil {
		return &Error{File: file, Line: 1, Column: 1, What: "the " + k.Name + " is empty", Remedy: k.Begin}
	}
	defer func() {
		if r := recover(); r != nil {
			err = &Error{File: file, Line: 1, Column: 1, What: "not YAML", Remedy: syntax}
		}
	}()
	if err := yaml.NodeToValue(node, into, yaml.Strict(), yaml.DisallowUnknownField()); err != nil {
		return k.locate(file, err)
	}
	return nil
}

// locate gives an error of the YAML library its place and a remedy.
func (k *Kind) locate(file string, err error) error {
	var own *Error
	if errors.As(err, &own) {
		own.File = file
		return own
	}
	at := &Error{File: file, Line: 1, Column: 1, What: "not YAML", Remedy: syntax}
	var ye yaml.Error
	if errors.As(err, &ye) {
		at.What = "not YAML: " + strings.ReplaceAll(ye.GetMessage(), "\t", `\t`)
		switch {
		case strings.Contains(ye.GetMessage(), "unknown field"):
			at.What, at.Remedy = ye.GetMessage(), k.Unknown
		case strings.Contains(ye.GetMessage(), "already defined"):
			at.What, at.Remedy = ye.GetMessage(), "remove one"
		case strings.Contains(ye.GetMessage(), "was used where"):
			at.What, at.Remedy = ye.GetMessage(), cmp.Or(k.Form, k.Unknown)
		}
		at.Line, at.Column = placeOf(ye.GetToken())
	}
	return at
}

// Place is where n begins, counted from 1; a block mapping begins at its first
// key.
func Place(n ast.Node) (line, column int) {
	switch v := n.(type) {
	case nil:
		return 1, 1
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return Place(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return Place(v.Key)
	}
	return placeOf(n.GetToken())
}

func placeOf(tk *token.Token) (line, column int) {
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return max(1, tk.Position.Line), max(1, tk.Position.Column)
}
