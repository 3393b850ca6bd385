package lab

import (
	"crypto/tls"
	"net"
	"sync/atomic"
)

// watchedConn is the connection of an association. It tells when the peer has
// closed it, or has said something that nobody has read yet.
type watchedConn struct {
	net.Conn
	gone   chan struct{}
	closed atomic.Bool
	tcp    *net.TCPConn
	raw    rawConn
}

// rawConn is what is needed of a syscall.RawConn.
type rawConn interface {
	Control(func(fd uintptr)) error
}

func watch(conn net.Conn) *watchedConn {
	c := &watchedConn{Conn: conn, gone: make(chan struct{})}
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if t, ok := conn.(*net.TCPConn); ok {
		c.tcp = t
		if raw, err := t.SyscallConn(); err == nil {
			c.raw = raw
		}
	}
	return c
}

// Read implements net.Conn.
func (c *watchedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil && c.closed.CompareAndSwap(false, true) {
		close(c.gone)
	}
	return n, err
}

// unread reports whether the peer has said something that waits to be read.
func (c *watchedConn) unread() bool { return c.raw != nil && readable(c.raw) }

// buffer bounds the bytes that wait in the kernel to be sent. It is a wish:
// where it cannot be met, the kernel's own bound will do.
func (c *watchedConn) buffer(n int) {
	if c.tcp != nil {
		_ = c.tcp.SetWriteBuffer(n)
	}
}
