package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"leadglass/internal/contacts"
)

type contactsImportCommand struct {
	Files []string `arg:"" name:"file" help:"CSV files (names that end in .csv) and security.txt files."`
	Out   string   `help:"The recipients file to make; default: stdout. A file that is there already is not changed." placeholder:"FILE"`
}

// Help says what is read, with examples.
func (contactsImportCommand) Help() string {
	return `A security.txt (RFC 9116) gives a recipient named after the host of its
Canonical, with its contact and preferred language. One that has expired is
left out. Nothing is fetched and no signature is checked.

The first line of a CSV file names its columns, of
  ` + strings.Join(contacts.Columns(), ",") + `
organisation and one of countries, prefixes, asns, sites are needed. Several
values are separated by semicolons. security_txt names a file, as seen from the CSV
file, that fills what the row leaves empty.

Examples:
  leadglass contacts import cert-contacts.csv --out recipients.yaml
  leadglass contacts import hospital.txt clinic.txt --out more.yaml`
}

// maxImport bounds a file, in bytes.
const maxImport = 16 << 20

// Run imports the files.
func (c *contactsImportCommand) Run(a *app) error {
	files := make([]contacts.File, len(c.Files))
	for i, name := range c.Files {
		data, err := readBounded(name)
		if err != nil {
			return usage(fmt.Errorf("%w; name a security.txt or a CSV file", err))
		}
		files[i] = contacts.File{Name: name, Data: data}
	}
	got, err := contacts.Import(files, time.Now(), func(csvFile, name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(csvFile), name)
		}
		return readBounded(name)
	})
	if err != nil {
		return usage(err)
	}
	for _, n := range got.Notes {
		a.note("%s", n)
	}
	if len(got.Recipients) == 0 {
		return errors.New("no recipient is left to write; the files hold none, or have expired")
	}
	var b bytes.Buffer
	if err := contacts.Write(&b, got.Recipients); err != nil {
		return err
	}
	if c.Out == "" {
		_, err := a.out.Write(b.Bytes())
		return err
	}
	if err := writeNew(c.Out, b.Bytes()); err != nil {
		return err
	}
	a.note("%s in %s; look at the comments in it before you use it", plural(len(got.Recipients), "recipient"), c.Out)
	return nil
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, unreadableContacts(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	switch {
	case err != nil:
		return nil, unreadableContacts(name, err)
	case len(data) > maxImport:
		return nil, fmt.Errorf("%s has more than %d MiB; split it", name, maxImport>>20)
	}
	return data, nil
}

// unreadableContacts says which file there is not, and why.
func unreadableContacts(name string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err // the path is named anyway
	}
	return fmt.Errorf("%s: %w", name, err)
}

// writeNew writes a file that nobody else may read, and changes none that is
// there.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return usage(fmt.Errorf("%s is there already, and may have been edited; name another file with --out", path))
	}
	if err != nil {
		return fmt.Errorf("writing recipients: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing recipients: %w", err)
	}
	return nil
}
