package gate

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is a TCP connection under its host's budget and ledger.
type conn struct {
	tcp   *net.TCPConn
	host  *Host
	until time.Time
	raw   syscall.RawConn
	// quickAck is made once, so that Read does not allocate.
	quickAck func(fd uintptr)
	// full: the last read filled a large buffer, so more is likely waiting,
	// and the next read will not block.
	full   atomic.Bool
	closed atomic.Bool
	// expiry ends the connection with the policy's time; nil where that has no
	// end. asked is when the policy was asked last, in nanoseconds of its clock;
	// over: it did not permit the connection any more.
	expiry *time.Timer
	asked  atomic.Int64
	over   atomic.Bool
}

// largeRead is from how many bytes on a filled buffer says that more is
// waiting. A small one is a reader that wants just a header, and then it is the
// read of the body that blocks until the header is acknowledged.
const largeRead = 4096

func newConn(tcp *net.TCPConn, h *Host, until time.Time) (*conn, error) {
	raw, err := tcp.SyscallConn()
	end, ends := h.gate.Ends()
	if err == nil {
		err = errors.Join(tcp.SetNoDelay(true), tcp.SetDeadline(h.gate.notBeyond(until)))
	}
	if err != nil {
		tcp.Close()
		return nil, fmt.Errorf("setting up the connection: %w", err)
	}
	c := &conn{tcp: tcp, host: h, until: until, raw: raw, quickAck: setQuickAck}
	c.asked.Store(h.gate.opt.Now().UnixNano())
	if ends {
		c.endWith(end)
	}
	return c, nil
}

// Read reads at most what is left of the host's bytes.
func (c *conn) Read(b []byte) (int, error) {
	if err := c.permitted(); err != nil {
		return 0, err
	}
	left := c.host.bytesLeft()
	if left <= 0 {
		return 0, c.host.bytesUsedUp()
	}
	if int64(len(b)) > left {
		b = b[:left]
	}
	if !c.full.Load() {
		// An option that cannot be set costs time, not correctness.
		_ = c.raw.Control(c.quickAck)
	}
	n, err := c.tcp.Read(b)
	c.full.Store(n >= largeRead && n == len(b))
	c.host.countReceived(n)
	return n, c.explain(err)
}

// Write writes all of b or, where less than that is left of the host's bytes,
// nothing.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.permitted(); err != nil {
		return 0, err
	}
	if int64(len(b)) > c.host.bytesLeft() {
		return 0, c.host.bytesUsedUp()
	}
	n, err := c.tcp.Write(b)
	c.host.countSent(n)
	return n, c.explain(err)
}

// explain tells the end of the policy's time, and of the host's, from other
// deadlines.
func (c *conn) explain(err error) error {
	if err == nil {
		return nil
	}
	if over := c.permitted(); over != nil {
		return over
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(c.until) {
		return c.host.timeUsedUp()
	}
	return err
}

// Close ends the connection in an orderly way (FIN) and frees its place.
func (c *conn) Close() error {
	if c.expiry != nil {
		c.expiry.Stop()
	}
	err := c.tcp.Close()
	if c.over.Load() {
		err = nil // it was ended before
	}
	if c.closed.CompareAndSwap(false, true) {
		<-c.host.slots
	}
	return err
}

// within is t, or the end of the host's time or of the policy's where that is
// earlier.
func (c *conn) within(t time.Time) time.Time {
	if t.IsZero() || t.After(c.until) {
		t = c.until
	}
	return c.host.gate.notBeyond(t)
}

// SetDeadline sets both deadlines; neither can lie beyond the host's time.
func (c *conn) SetDeadline(t time.Time) error { return c.tcp.SetDeadline(c.within(t)) }

// SetReadDeadline sets the deadline of reads, within the host's time.
func (c *conn) SetReadDeadline(t time.Time) error { return c.tcp.SetReadDeadline(c.within(t)) }

// SetWriteDeadline sets the deadline of writes, within the host's time.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.tcp.SetWriteDeadline(c.within(t)) }

func (c *conn) LocalAddr() net.Addr  { return c.tcp.LocalAddr() }
func (c *conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }
