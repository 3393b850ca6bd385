//go:build !linux

package scratch

import (
	"errors"
	"os"
)

func nameless(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func publish(*os.File, string) error { return errors.ErrUnsupported }
