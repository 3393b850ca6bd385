package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"leadglass/internal/scope"
)

type scopeProbingCommand struct {
	File string `arg:"" help:"The scope file."`
	Out  string `help:"The folder to write probing.txt and reverse-dns.zone to; without it, both to stdout. Existing files are left alone." placeholder:"DIR"`
}

// Help says what to do with the files, with examples.
func (scopeProbingCommand) Help() string {
	return `Serve probing.txt at https://HOST` + scope.WellKnownProbing + `, where HOST is that of identity.url
or authority.page, and give the addresses from which you connect
(identity.source_addresses) reverse DNS records that name HOST. Whoever looks up
an address in a log then finds the file.

Examples:
  leadglass scope probing-txt mandate.yaml
  leadglass scope probing-txt mandate.yaml --out web`
}

// Run writes the file and the records.
func (c *scopeProbingCommand) Run(a *app) error {
	s, err := scope.Load(c.File)
	if err != nil {
		return usage(err)
	}
	text, err := scope.ProbingText(s)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", c.File, err))
	}
	records := scope.ReverseDNS(s)
	switch {
	case scope.ProbingHost(s) == "":
		a.note("warning: neither identity.url nor authority.page names a host; nobody will find the file by the address of a probe")
	case records == nil:
		a.note("warning: identity.source_addresses is not set; there are no reverse DNS records to write")
	}
	zone := ""
	if len(records) > 0 {
		zone = strings.Join(records, "\n") + "\n"
	}
	if c.Out == "" {
		if zone != "" {
			text += "\n# Reverse DNS records, for the zones of the source addresses; not a part of the file:\n# " + strings.Join(records, "\n# ") + "\n"
		}
		_, err := fmt.Fprint(a.out, text)
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	return errors.Join(writePublic(a, filepath.Join(c.Out, "probing.txt"), text), writePublic(a, filepath.Join(c.Out, "reverse-dns.zone"), zone))
}

// writePublic writes a file that anybody may read, unless it is empty.
func writePublic(a *app, path, text string) error {
	if text == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usage(fmt.Errorf("%s exists and is left alone; name another folder with --out", path))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = fmt.Fprintln(a.out, path)
	return err
}
