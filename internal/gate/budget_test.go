package gate_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"leadglass/internal/gate"
)

func TestByteBudgetReading(t *testing.T) {
	s := serve(t, here, func(c net.Conn) { _, _ = c.Write(bytes.Repeat([]byte("x"), 1<<20)) })
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{PerHostBytes: 1000}))
	h := g.Host(here)
	c := mustDial(t, h, s.port)
	defer c.Close()
	got, err := io.ReadAll(c)
	if len(got) != 1000 || !errors.Is(err, gate.ErrBudget) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("writing: %v", err)
	}
	c.Close()
	if _, err := h.Dial(t.Context(), s.port); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("dialing again: %v", err)
	}
	if tr := h.Traffic(); tr.BytesSent != 0 || tr.BytesReceived != 1000 || tr.Connections != 1 {
		t.Errorf("%+v", tr)
	}
	if _, left := h.Remaining(); left != 0 {
		t.Errorf("%d bytes left", left)
	}
}

func TestByteBudgetWriting(t *testing.T) {
	s := serve(t, here, silent)
	h := gate.New(list{"127.0.0.1": true}, fast(gate.Options{PerHostBytes: 100})).Host(here)
	c := mustDial(t, h, s.port)
	defer c.Close()
	if n, err := c.Write(make([]byte, 60)); n != 60 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := c.Write(make([]byte, 41)); n != 0 || !errors.Is(err, gate.ErrBudget) {
		t.Errorf("too much: %d, %v", n, err)
	}
	if n, err := c.Write(make([]byte, 40)); n != 40 || err != nil {
		t.Errorf("the rest: %d, %v", n, err)
	}
}

func TestTimeBudget(t *testing.T) {
	s := serve(t, here, silent)
	h := gate.New(list{"127.0.0.1": true}, fast(gate.Options{PerHostTime: 150 * time.Millisecond})).Host(here)
	start := time.Now()
	c := mustDial(t, h, s.port)
	defer c.Close()
	b := make([]byte, 1)
	// A caller's own, shorter deadline is not the budget.
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := c.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, gate.ErrBudget) {
		t.Errorf("own deadline: %v", err)
	}
	// A longer one, or none, does not reach beyond it.
	_ = c.SetReadDeadline(time.Now().Add(time.Hour))
	_ = c.SetDeadline(time.Time{})
	if _, err := c.Read(b); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("the host's time: %v", err)
	}
	if took := time.Since(start); took < 140*time.Millisecond || took > 600*time.Millisecond {
		t.Errorf("ended after %v", took)
	}
	if _, err := c.Write(b); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("writing: %v", err)
	}
	// The connection is still open, so a second dial waits, but not for ever.
	if _, err := h.Dial(t.Context(), s.port); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("dialing while the host is occupied: %v", err)
	}
	c.Close()
	if _, err := h.Dial(t.Context(), s.port); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("dialing again: %v", err)
	}
}

// TestWaitingEndsWithTheTime: a dial that waits for its turn ends with the
// host's time.
func TestWaitingEndsWithTheTime(t *testing.T) {
	s := serve(t, here, silent)
	h := gate.New(list{"127.0.0.1": true}, fast(gate.Options{PerHostTime: 100 * time.Millisecond})).Host(here)
	c := mustDial(t, h, s.port)
	defer c.Close()
	if _, err := h.Dial(t.Context(), s.port); !errors.Is(err, gate.ErrBudget) {
		t.Errorf("got %v", err)
	}
}

// TestNoAllocations: reading and writing allocate nothing.
func TestNoAllocations(t *testing.T) {
	s := serve(t, here, echo)
	h := gate.New(list{"127.0.0.1": true}, fast(gate.Options{})).Host(here)
	c := mustDial(t, h, s.port)
	defer c.Close()
	out, in := make([]byte, 64), make([]byte, 128)
	turn := func() {
		if _, err := c.Write(out); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(in); n == 0 || err != nil {
			t.Fatal(n, err)
		}
	}
	if n := testing.AllocsPerRun(500, turn); n != 0 {
		t.Errorf("%v allocations a turn", n)
	}
}

func TestRates(t *testing.T) {
	s := serve(t, here, silent)
	probe := func(o gate.Options, n int) time.Duration {
		g := gate.New(list{"127.0.0.1": true}, o)
		start := time.Now()
		for range n {
			if err := g.Probe(t.Context(), here, s.port); err != nil {
				t.Fatal(err)
			}
		}
		return time.Since(start)
	}
	// 100 a second, 10 of them at once: 30 take 200 ms.
	if took := probe(fast(gate.Options{ProbesPerSecond: 100}), 30); took < 190*time.Millisecond || took > time.Second {
		t.Errorf("whole rate: %v", took)
	}
	if took := probe(fast(gate.Options{PerNetworkProbesPerSecond: 100}), 30); took < 190*time.Millisecond || took > time.Second {
		t.Errorf("network rate: %v", took)
	}
}

// TestNetworksApart: networks have a rate each.
func TestNetworksApart(t *testing.T) {
	s := serve(t, here, silent)
	g := gate.New(list{"127.0.0.1": true, "127.0.1.1": true}, fast(gate.Options{PerNetworkProbesPerSecond: 1}))
	start := time.Now()
	_ = g.Probe(t.Context(), here, s.port)
	_ = g.Probe(t.Context(), here, s.port)
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("two probes of one network in %v", took)
	}
	start = time.Now()
	_ = g.Probe(t.Context(), mustAddr("127.0.1.1"), s.port)
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("another network waited %v", took)
	}
}
