// Package trial surveys simulated fleets: it opens one, writes the scope that
// surveys it, runs it in a process of its own, and scores what a survey found
// against the truth. It is not part of a survey of real hosts.
package trial

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"leadglass/internal/lab"
	"leadglass/internal/scratch"
	"leadglass/lab/fleets"
)

// Open opens a fleet file or, by its name, one that comes with the
// program.
func Open(nameOrFile string) (*lab.Fleet, error) {
	if strings.ContainsAny(nameOrFile, "/.") {
		fleet, err := lab.Load(nameOrFile)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; fleets that come with Leadglass: %s", err, strings.Join(fleets.Names(), ", "))
		}
		return fleet, err
	}
	text, err := fleets.Read(nameOrFile)
	if err != nil {
		return nil, err
	}
	return lab.Parse(nameOrFile, text)
}

// WriteScope writes the scope and the overlay of a fleet into dir and
// returns the path of the scope; also are further addresses to include.
func WriteScope(fleet *lab.Fleet, dir string, also ...netip.Addr) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the folder for the scope: %w", err)
	}
	path := filepath.Join(dir, "scope.yaml")
	var text, overlay strings.Builder
	err := errors.Join(fleet.Overlay(&overlay), fleet.Scope(&text, lab.ScopeOptions{Now: time.Now(), Overlay: "overlay.csv", Also: also}),
		writeText(filepath.Join(dir, "overlay.csv"), overlay.String()), writeText(path, text.String()))
	if err != nil {
		return "", fmt.Errorf("writing the scope of the fleet: %w", err)
	}
	return path, nil
}

func writeText(path, text string) error {
	return scratch.WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

// Addresses are those of all archives of a fleet.
func Addresses(fleet *lab.Fleet) []netip.Addr {
	var list []netip.Addr
	for _, a := range fleet.Archives {
		list = append(list, a.Address)
	}
	return list
}
