//go:build !unix

package scratch

import (
	"errors"
	"os"
	"os/exec"
)

const dontWait = 0

func claim(*os.File) error { return errors.ErrUnsupported }

func abandoned(string, int) bool { return false }

func detach(*exec.Cmd) {}
