package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"leadglass/internal/warrant"
)

type scopeKeyCommand struct {
	File string `arg:"" help:"The private key: made with mode 0600 where there is none, read where there is."`
}

// Help adds examples to --help.
func (scopeKeyCommand) Help() string {
	return `With ` + "`survey --sign FILE`" + ` the private key signs what a survey may touch; workers
that were given the public key with --trust work on such surveys without the scope
file. Who has the private key decides what those workers probe: keep it on the
machine that leads.

Examples:
  leadglass scope key leader.key > leader.pub
  leadglass survey --scope mandate.yaml --sign leader.key
  leadglass worker --store "$DSN" --trust "$(cat leader.pub)"`
}

// Run makes or reads the key, and prints the public one.
func (c *scopeKeyCommand) Run(a *app) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, key.Public())
	return err
}

func (c *scopeKeyCommand) key() (warrant.Key, error) {
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		text, err := os.ReadFile(c.File)
		if err != nil {
			return warrant.Key{}, fmt.Errorf("reading the key: %w", err)
		}
		key, err := warrant.ParseKey(string(text))
		if err != nil {
			return warrant.Key{}, usage(fmt.Errorf("%s %w", c.File, err))
		}
		return key, nil
	}
	if err != nil {
		return warrant.Key{}, fmt.Errorf("writing the key: %w", err)
	}
	key, err := warrant.NewKey()
	if err == nil {
		_, err = f.WriteString(key.Text())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return warrant.Key{}, fmt.Errorf("writing the key: %w", err)
	}
	return key, nil
}
