package gate_test

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"leadglass/internal/gate"

	"golang.org/x/sys/unix"
)

// TestSYN: single packets to ports of this machine, open and closed, over both
// families.
func TestSYN(t *testing.T) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		t.Run(addr, func(t *testing.T) {
			target := mustAddr(addr)
			open := serve(t, target, silent).port
			l, err := net.Listen("tcp", netip.AddrPortFrom(target, 0).String())
			if err != nil {
				t.Fatal(err)
			}
			closed := uint16(l.Addr().(*net.TCPAddr).Port)
			l.Close()
			outside := serve(t, other, silent)
			g := gate.New(list{addr: true}, fast(gate.Options{}))
			s, err := g.OpenSYN()
			if errors.Is(err, gate.ErrNoSYN) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, a := range []gate.Attempt{
				{Target: netip.AddrPortFrom(target, open)}, {Target: netip.AddrPortFrom(target, closed), Single: true},
				{Target: netip.AddrPortFrom(other, outside.port)},
			} {
				if admission, err := s.Queue(a); err != nil || !admission.Started {
					t.Fatalf("%+v, %v", admission, err)
				}
			}
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
			got := map[netip.AddrPort]gate.SYNAnswer{}
			for end := time.Now().Add(5 * time.Second); len(got) < 2 && time.Now().Before(end); {
				answers, err := s.Answers(50*time.Millisecond, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range answers {
					got[a.From] = a
				}
			}
			if a := got[netip.AddrPortFrom(target, open)]; !a.Open || a.Canary {
				t.Errorf("the open port: %+v", got)
			}
			if a, ok := got[netip.AddrPortFrom(target, closed)]; !ok || a.Open || !a.Canary {
				t.Errorf("the closed port: %+v", got)
			}
			total, bytes := g.Total(), int64(2*44)
			if target.Is6() {
				bytes = 2 * 64
			}
			if len(got) != 2 || total.Packets != 2 || total.PacketBytes != bytes || total.Refused != 1 || outside.seen.Load() != 0 {
				t.Errorf("%d answers, %+v", len(got), total)
			}
		})
	}
}

// TestSYNWithoutPermission: a process that lacks the capability is told what to
// do. The goroutine's thread gives its capabilities up and ends with it.
func TestSYNWithoutPermission(t *testing.T) {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&header, &none[0]); err != nil {
			result <- err
			return
		}
		s, err := gate.New(list{}, gate.Options{}).OpenSYN()
		if err == nil {
			s.Close()
		}
		result <- err
	}()
	err := <-result
	if !errors.Is(err, gate.ErrNoSYN) || !strings.Contains(err.Error(), "setcap cap_net_raw+ep") || !strings.Contains(err.Error(), "without --syn") {
		t.Errorf("got %v", err)
	}
}

// TestSYNFailsClosed: without a policy nothing goes out.
func TestSYNFailsClosed(t *testing.T) {
	s, err := new(gate.Gate).OpenSYN()
	if errors.Is(err, gate.ErrNoSYN) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Queue(gate.Attempt{Target: netip.AddrPortFrom(here, 104)}); !errors.Is(err, gate.ErrOutOfScope) {
		t.Errorf("got %v", err)
	}
}
