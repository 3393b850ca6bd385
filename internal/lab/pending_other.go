//go:build !unix

package lab

// readable never knows; a C-CANCEL is heard a little later.
func readable(rawConn) bool { return false }
