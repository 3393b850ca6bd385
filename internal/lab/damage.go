package lab

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"
)

// maxDamage is the share at which every write is damaged.
const maxDamage = 1000

// damagingListener hands out connections on which a share of all writes is
// damaged. What is damaged and how is drawn from the seed and the number of
// the connection.
type damagingListener struct {
	net.Listener
	// share of 1,000 writes that are damaged.
	share int
	seed  uint64
	count atomic.Uint64
}

// damaging is l, or l with damage.
func damaging(l net.Listener, a *Archive, seed uint64) net.Listener {
	if a.Group.Damage == 0 {
		return l
	}
	return &damagingListener{Listener: l, share: a.Group.Damage, seed: seed ^ uint64(a.id)<<24}
}

// Accept implements net.Listener.
func (l *damagingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &damagedConn{Conn: conn, share: l.share, random: rand.New(rand.NewPCG(l.seed, l.count.Add(1)))}, nil
}

// damagedConn is a connection whose peer cannot rely on what it receives.
type damagedConn struct {
	net.Conn
	share  int
	random *rand.Rand
}

// Write implements net.Conn: it says that all was written, whatever it did.
func (c *damagedConn) Write(b []byte) (int, error) {
	if len(b) == 0 || c.random.IntN(maxDamage) >= c.share {
		return c.Conn.Write(b)
	}
	damaged := append([]byte{}, b...)
	for range 1 + c.random.IntN(3) {
		damaged = c.damage(damaged)
	}
	var err error
	switch c.random.IntN(12) {
	case 0: // end in the middle
		_, err = c.Conn.Write(damaged[:len(damaged)/2])
		_ = c.Close()
	case 1: // byte by byte, for a while
		err = c.slowly(damaged)
	default:
		_, err = c.Conn.Write(damaged)
	}
	return len(b), err
}

// slowly writes up to 50 bytes one by one, a millisecond apart, and then the
// rest.
func (c *damagedConn) slowly(b []byte) error {
	for i := range min(len(b), 50) {
		if _, err := c.Conn.Write(b[i : i+1]); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	_, err := c.Conn.Write(b[min(len(b), 50):])
	return err
}

// edges are values at which lengths and counts go wrong.
var edges = []uint32{0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF}

// damage changes b in one way, near its beginning as often as anywhere: there
// the lengths are.
func (c *damagedConn) damage(b []byte) []byte {
	if len(b) == 0 {
		return append(b, byte(c.random.Uint32()))
	}
	at := c.random.IntN(len(b))
	if c.random.IntN(2) == 0 {
		at = c.random.IntN(min(len(b), 96))
	}
	rest := b[at:]
	edge := edges[c.random.IntN(len(edges))]
	switch c.random.IntN(9) {
	case 0:
		rest[0] ^= 1 << c.random.IntN(8)
	case 1:
		rest[0] = byte(edge)
	case 2:
		if len(rest) >= 2 {
			binary.BigEndian.PutUint16(rest, uint16(edge))
		}
	case 3:
		if len(rest) >= 2 {
			binary.LittleEndian.PutUint16(rest, uint16(edge))
		}
	case 4:
		if len(rest) >= 4 {
			binary.BigEndian.PutUint32(rest, edge)
		}
	case 5:
		if len(rest) >= 4 {
			binary.LittleEndian.PutUint32(rest, edge)
		}
	case 6: // leave out
		n := 1 + c.random.IntN(min(len(rest), 64))
		return append(b[:at], b[at+n:]...)
	case 7: // say twice
		n := 1 + c.random.IntN(min(len(rest), 512))
		return append(append(append([]byte{}, b[:at+n]...), b[at:at+n]...), b[at+n:]...)
	default: // put in
		more := make([]byte, 1+c.random.IntN(64))
		for i := range more {
			more[i] = byte(c.random.Uint32())
		}
		return append(append(append([]byte{}, b[:at]...), more...), b[at:]...)
	}
	return b
}
