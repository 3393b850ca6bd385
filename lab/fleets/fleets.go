// Package fleets holds the fleet files that come with Leadglass: data for
// package lab, and nothing that runs.
package fleets

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:generate go run ./gen

//go:embed *.yaml
var files embed.FS

// Names lists the fleets by the names that Read takes.
func Names() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Read returns the text of the fleet file of a name: "demo", "greenbone-2019".
func Read(name string) ([]byte, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("no fleet %q comes with Leadglass; there are %s", name, strings.Join(Names(), ", "))
	}
	return text, nil
}
