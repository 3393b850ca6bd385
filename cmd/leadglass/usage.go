package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// usualWords puts the usual ways to ask for help and for the version as the
// parser knows them: nothing at all, `help`, `help COMMAND`, `--version`.
func usualWords(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(append([]string(nil), args[1:]...), "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// withDefault is the help of a flag or argument with its default.
func withDefault(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if !v.HasDefault || v.Default == "" || v.IsBool() || strings.Contains(help, "default") {
		return help
	}
	return strings.TrimSuffix(help, ".") + " (default: " + v.Default + ")."
}

// usageMessage is what is wrong with a command line, and which help tells how
// it is right: that of the command, where one was named.
func usageMessage(err error) string {
	what, command := err.Error(), "leadglass"
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil {
		return what + "; see `leadglass --help`"
	}
	var node *kong.Node
	for _, p := range parse.Context.Path {
		if n := p.Node(); n != nil {
			node = n
		}
	}
	if node == nil {
		return what + "; see `leadglass --help`"
	}
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	help := command
	if node.Parent != nil {
		help += " " + strings.TrimPrefix(node.Path(), "leadglass ")
		command = help
		if node.Parent.DefaultCmd == node { // its name need not be given
			command = strings.TrimSuffix(help, " "+node.Name)
		}
	}
	if flag, _, ok := strings.Cut(what, ": "); ok && strings.Contains(what, "<EOL>") {
		what = flag + " needs a value"
		if f := flagOf(node, flag); f != nil && f.PlaceHolder != "" {
			what += "; write " + flag + " " + f.PlaceHolder
		}
	}
	if word, ok := strings.CutPrefix(what, "unexpected argument "); ok && flagOf(node, "--scope") != nil && !strings.Contains(word, "did you mean") {
		what += fmt.Sprintf("; a scope file is named with --scope: %s --scope %s", command, word)
	}
	return what + "; see `" + help + " --help`"
}

// flagOf is the flag of a command that is written so; nil when it has none.
func flagOf(node *kong.Node, written string) *kong.Flag {
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			if "--"+f.Name == written {
				return f
			}
		}
	}
	return nil
}
