//go:build !linux

package pdf

import "os/exec"

func runBound(cmd *exec.Cmd) error { return cmd.Run() }
