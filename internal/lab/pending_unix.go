//go:build unix

package lab

import "golang.org/x/sys/unix"

// readable reports whether bytes of the peer wait in the kernel.
func readable(conn rawConn) bool {
	ready := false
	err := conn.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		ready = err == nil && n > 0
	})
	return err == nil && ready
}
