//go:build !unix

package lab

import "syscall"

// readable never knows; a C-CANCEL is heard a little later.
func readable(syscall.RawConn) bool { return false }
