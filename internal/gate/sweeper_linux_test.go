package gate_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"leadglass/internal/gate"

	"golang.org/x/sys/unix"
)

func sweeper(t testing.TB, g *gate.Gate, attempts int) *gate.Sweeper {
	t.Helper()
	s, err := g.NewSweeper(attempts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// collect polls until n attempts have ended.
func collect(t testing.TB, s *gate.Sweeper, n int) []gate.Outcome {
	t.Helper()
	var out []gate.Outcome
	for end := time.Now().Add(20 * time.Second); len(out) < n && time.Now().Before(end); {
		var err error
		if out, err = s.Poll(20*time.Millisecond, out); err != nil {
			t.Fatal(err)
		}
	}
	if len(out) != n {
		t.Fatalf("%d outcomes, want %d", len(out), n)
	}
	return out
}

func start(t testing.TB, s *gate.Sweeper, a gate.Attempt) {
	t.Helper()
	if admission, err := s.Start(a); err != nil || !admission.Started {
		t.Fatalf("%+v, %v", admission, err)
	}
}

// full is a listener whose queue is full: the kernel drops every SYN to it.
func full(t testing.TB, host netip.Addr) (port uint16) {
	t.Helper()
	return uint16(fullListener(t, host).Addr().(*net.TCPAddr).Port)
}

func fullListener(t testing.TB, host netip.Addr) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	shrink(t, l.(*net.TCPListener))
	for range 4 {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 200*time.Millisecond)
		if err != nil {
			return l
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the listener's queue does not fill")
	return nil
}

// TestSweeperSingleLate: a single attempt whose SYN was lost and sent again is
// silent, also where the answer to the second one has come by the time that
// somebody looks.
func TestSweeperSingleLate(t *testing.T) {
	l := fullListener(t, here)
	s := sweeper(t, gate.New(list{"127.0.0.1": true}, fast(gate.Options{})), 1)
	start(t, s, gate.Attempt{Target: l.Addr().(*net.TCPAddr).AddrPort(), Single: true})
	time.Sleep(300 * time.Millisecond)
	l.Close() // from now on the port refuses
	time.Sleep(1200 * time.Millisecond)
	if o := collect(t, s, 1)[0]; o.Answer != gate.Silent || o.Open != nil {
		t.Errorf("answer %d (%v)", o.Answer, o.Err)
	}
}

func TestSweeperOutcomes(t *testing.T) {
	open := serve(t, here, echo)
	closed := func() uint16 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return uint16(l.Addr().(*net.TCPAddr).Port)
	}()
	mute := full(t, here)
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{}))
	s := sweeper(t, g, 8)
	for id, port := range []uint16{open.port, closed, mute, mute} {
		start(t, s, gate.Attempt{ID: uint32(id), Target: netip.AddrPortFrom(here, port), Single: id == 3})
	}
	want := []gate.Answer{gate.Accepted, gate.Refused, gate.Silent, gate.Silent}
	for _, o := range collect(t, s, 4) {
		if o.Answer != want[o.ID] || (o.Open != nil) != (o.Answer == gate.Accepted) {
			t.Errorf("attempt %d: answer %d (%v), want %d", o.ID, o.Answer, o.Err, want[o.ID])
		}
		if low, high := 3*time.Second, 5*time.Second; o.ID == 2 && (o.Took < low || o.Took > high) ||
			o.ID == 3 && (o.Took < low/4 || o.Took >= time.Second+500*time.Millisecond) {
			t.Errorf("attempt %d was given up after %v", o.ID, o.Took)
		}
		if o.Open != nil {
			o.Open.Drop()
		}
	}
	if s.Room() != 8 || g.Total().Connections != 4 {
		t.Errorf("room %d, %d connections", s.Room(), g.Total().Connections)
	}
}

// TestOffer: the host's first dial of the port gets the sweep's connection,
// and the listener sees one connection.
func TestOffer(t *testing.T) {
	open, second := serve(t, here, echo), serve(t, here, silent)
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{}))
	s := sweeper(t, g, 1)
	offer := func() *gate.Host {
		start(t, s, gate.Attempt{Target: netip.AddrPortFrom(here, open.port)})
		collect(t, s, 1)[0].Open.Offer()
		return g.Host(here)
	}
	c := mustDial(t, offer(), open.port)
	if on, err := gate.KeepsAlive(c); on || err != nil {
		t.Errorf("the system sends probes of its own on the sweep's connection: %v, %v", on, err)
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if got := g.Host(here).Traffic(); open.seen.Load() != 1 || got.Connections != 1 || got.BytesSent != 5 {
		t.Errorf("%d connections seen, %+v", open.seen.Load(), got)
	}
	c.Close()
	// Another port is dialled: the offer does not stand in its way.
	mustDial(t, offer(), second.port).Close()
	// Nobody takes it: it is not in the way either.
	offer().Withdraw()
	mustDial(t, g.Host(here), open.port).Close()
	// The host is busy: the offer is dropped.
	busy := mustDial(t, g.Host(here), second.port)
	if on, err := gate.KeepsAlive(busy); on || err != nil {
		t.Errorf("the system sends probes of its own on a connection: %v, %v", on, err)
	}
	offer()
	busy.Close()
	mustDial(t, g.Host(here), second.port).Close()
	for end := time.Now().Add(5 * time.Second); open.seen.Load()+second.seen.Load() < 8 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if open.seen.Load() != 5 || second.seen.Load() != 3 {
		t.Errorf("%d and %d connections", open.seen.Load(), second.seen.Load())
	}
}

func TestSweeperRates(t *testing.T) {
	open := serve(t, here, silent)
	try := func(o gate.Options, a gate.Attempt, attempts int) (started int, last gate.Admission) {
		s := sweeper(t, gate.New(list{"127.0.0.1": true}, o), attempts)
		a.Target = netip.AddrPortFrom(here, open.port)
		for range 100 {
			admission, err := s.Start(a)
			if err != nil {
				t.Fatal(err)
			}
			if !admission.Started {
				return started, admission
			}
			started++
		}
		return started, last
	}
	for _, c := range []struct {
		name     string
		o        gate.Options
		a        gate.Attempt
		attempts int
		want     int
		whole    bool
	}{
		{"the whole", fast(gate.Options{ProbesPerSecond: 50}), gate.Attempt{}, 200, 5, true},
		{"the network", fast(gate.Options{PerNetworkProbesPerSecond: 70}), gate.Attempt{}, 200, 7, false},
		{"the host", fast(gate.Options{}), gate.Attempt{Repeat: true}, 200, 16, false},
		{"the room", fast(gate.Options{}), gate.Attempt{}, 9, 9, true},
	} {
		started, last := try(c.o, c.a, c.attempts)
		if started < c.want || started > c.want+3 || last.Wait <= 0 || last.Wait > time.Second || last.Whole != c.whole {
			t.Errorf("%s: %d started, then %+v", c.name, started, last)
		}
	}
}

func TestSweeperRefuses(t *testing.T) {
	outside := serve(t, other, silent)
	g := gate.New(list{"127.0.0.1": true}, fast(gate.Options{}))
	s := sweeper(t, g, 4)
	for _, addr := range []netip.Addr{other, netip.AddrFrom16(other.As16()), {}} {
		if _, err := s.Start(gate.Attempt{Target: netip.AddrPortFrom(addr, outside.port)}); !errors.Is(err, gate.ErrOutOfScope) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if s.Room() != 4 || outside.seen.Load() != 0 || g.Total().Refused != 3 {
		t.Errorf("room %d, %d seen, %+v", s.Room(), outside.seen.Load(), g.Total())
	}
}

func TestSweeperWakes(t *testing.T) {
	s := sweeper(t, gate.New(list{}, gate.Options{}), 1)
	begin := time.Now()
	go s.Wake()
	if out, err := s.Poll(30*time.Second, nil); err != nil || len(out) != 0 || time.Since(begin) > 20*time.Second {
		t.Errorf("%v, %v after %v", out, err, time.Since(begin))
	}
}

// shrink makes a listener's queue as short as it can be (listen(2)).
func shrink(t testing.TB, l *net.TCPListener) {
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 0) }); err != nil {
		t.Fatal(err)
	}
}
