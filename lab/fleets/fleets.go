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

// Names lists the fleets by the names that Open takes.
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

// Open opens the fleet file of a name: "demo", "greenbone-2019".
func Open(name string) (fs.File, error) {
	f, err := files.Open(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("no fleet %q comes with Leadglass; there are %s", name, strings.Join(Names(), ", "))
	}
	return f, nil
}
