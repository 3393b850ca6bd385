package gate_test

import (
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"leadglass/internal/gate"
)

const (
	headerLen = 6
	bodyLen   = 100
)

// halves answers each byte as many archives do: header and body in a write
// each, with Nagle's algorithm on. It then waits for the next byte.
func halves(c net.Conn) {
	_ = c.(*net.TCPConn).SetNoDelay(false)
	ask := make([]byte, 1)
	for {
		if _, err := io.ReadFull(c, ask); err != nil {
			return
		}
		if _, err := c.Write(make([]byte, headerLen)); err != nil {
			return
		}
		if _, err := c.Write(make([]byte, bodyLen)); err != nil {
			return
		}
	}
}

// turn asks and reads the answer's two parts.
func turn(t testing.TB, c net.Conn, buf []byte) time.Duration {
	start := time.Now()
	if _, err := c.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{headerLen, bodyLen} {
		if _, err := io.ReadFull(c, buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(start)
}

// settle makes turns until the kernel has left the quick mode in which every
// connection begins.
func settle(t testing.TB, c net.Conn, buf []byte) {
	for range 30 {
		turn(t, c, buf)
	}
}

func ours(t testing.TB, port uint16) net.Conn {
	return mustDial(t, gate.New(list{"127.0.0.1": true}, fast(gate.Options{})).Host(here), port)
}

func plain(t testing.TB, port uint16) net.Conn {
	c, err := net.Dial("tcp", netip.AddrPortFrom(here, port).String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestQuickAck: a turn does not wait for a delayed acknowledgement.
func TestQuickAck(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("TCP_QUICKACK is an option of Linux")
	}
	c := ours(t, serve(t, here, halves).port)
	defer c.Close()
	buf := make([]byte, bodyLen)
	settle(t, c, buf)
	var turns []time.Duration
	for range 51 {
		turns = append(turns, turn(t, c, buf))
	}
	slices.Sort(turns)
	if median := turns[25]; median > 10*time.Millisecond {
		t.Errorf("a turn takes %v", median)
	}
}

// BenchmarkTurn measures a turn against a server that writes header and body
// separately, through the gate and through a plain connection.
func BenchmarkTurn(b *testing.B) {
	for name, dial := range map[string]func(testing.TB, uint16) net.Conn{"gate": ours, "plain": plain} {
		b.Run(name, func(b *testing.B) {
			c := dial(b, serve(b, here, halves).port)
			defer c.Close()
			buf := make([]byte, bodyLen)
			settle(b, c, buf)
			b.ReportAllocs()
			var sum time.Duration
			for b.Loop() {
				sum += turn(b, c, buf)
			}
			b.ReportMetric(float64(sum.Microseconds())/1000/float64(b.N), "ms/turn")
		})
	}
}
