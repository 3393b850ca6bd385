package gate

import (
	"net"

	"golang.org/x/sys/unix"
)

// KeepsAlive says whether the system sends probes on a connection of a Host by
// itself.
func KeepsAlive(c net.Conn) (on bool, err error) {
	control := c.(*conn).raw.Control(func(fd uintptr) {
		var v int
		v, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
		on = v != 0
	})
	if control != nil {
		return false, control
	}
	return on, err
}
