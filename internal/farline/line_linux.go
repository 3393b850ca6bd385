package farline

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// mtu is the longest packet, as on Ethernet.
	mtu = 1500
	// waiting is how many packets are on their way at most, in each direction;
	// more are lost. At 25 ms that is half a million packets a second.
	waiting = 16384
	// here and there are the names of the interfaces.
	here, there = "farline0", "farline1"
)

// Options say how far it is, and whom the line joins.
type Options struct {
	// Delay is how long each packet is held, in each direction: half of what it
	// adds to a round trip.
	Delay time.Duration
	// PID is a process in the other namespace; this side is the namespace of the
	// caller.
	PID int
	// Here and There are the addresses of the two ends. Reach lies behind the
	// other end. A network of 127.0.0.0/8 may be reached as well: the other side
	// has it on its loopback interface, and this one must not.
	Here, There netip.Addr
	Reach       netip.Prefix
}

// Traffic is what went over the line in one direction.
type Traffic struct {
	// Packets and Bytes were handed over; Lost did not find room to wait.
	Packets, Bytes, Lost int64
}

// Line is a line between two namespaces. It ends with the test.
type Line struct{ there, back direction }

// There is what went to the other side so far, Back what came from there.
func (l *Line) There() Traffic { return l.there.traffic() }

// Back is what came from the other side so far.
func (l *Line) Back() Traffic { return l.back.traffic() }

// direction is one of the two.
type direction struct{ packets, bytes, lost atomic.Int64 }

func (d *direction) traffic() Traffic {
	return Traffic{Packets: d.packets.Load(), Bytes: d.bytes.Load(), Lost: d.lost.Load()}
}

// Join makes the line. It ends the test when it cannot.
func Join(t testing.TB, o Options) *Line {
	t.Helper()
	near, err := tun(here)
	if err != nil {
		t.Fatalf("making an interface: %v", err)
	}
	far, err := tun(there)
	if err != nil {
		_ = near.Close()
		t.Fatalf("making an interface: %v", err)
	}
	l := &Line{}
	var wg sync.WaitGroup
	wg.Go(func() { l.there.carry(near, far, o.Delay) })
	wg.Go(func() { l.back.carry(far, near, o.Delay) })
	t.Cleanup(func() {
		_, _ = near.Close(), far.Close()
		wg.Wait()
	})
	pid := strconv.Itoa(o.PID)
	other := func(args ...string) []string { return append([]string{"nsenter", "-t", pid, "-n"}, args...) }
	for _, args := range [][]string{
		{"ip", "link", "set", there, "netns", pid},
		{"ip", "addr", "add", netip.PrefixFrom(o.Here, 32).String(), "peer", o.There.String(), "dev", here},
		{"ip", "link", "set", here, "mtu", strconv.Itoa(mtu), "txqueuelen", strconv.Itoa(waiting), "up"},
		other("ip", "addr", "add", netip.PrefixFrom(o.There, 32).String(), "peer", o.Here.String(), "dev", there),
		other("ip", "link", "set", there, "mtu", strconv.Itoa(mtu), "txqueuelen", strconv.Itoa(waiting), "up"),
		// Else packets from and to 127.0.0.0/8 are martians (ip-sysctl: route_localnet).
		{"sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/" + here + "/route_localnet"},
		other("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/"+there+"/route_localnet"),
		{"ip", "route", "add", o.Reach.String(), "dev", here, "src", o.Here.String()},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	return l
}

// tun makes an interface of which the packets are read and written here.
func tun(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening /dev/net/tun: %w", err)
	}
	r, err := unix.NewIfreq(name)
	if err == nil {
		r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("making the interface %s: %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil // only now: before there was nothing to wait for
}

// packet is one on its way, due at a time.
type packet struct {
	due  time.Time
	data *[mtu]byte
	size int
}

// carry takes packets from one side and hands them over on the other, each so
// much later, in order. It returns when the side it takes from is closed.
func (d *direction) carry(from, to *os.File, delay time.Duration) {
	onTheWay := make(chan packet, waiting)
	empty := sync.Pool{New: func() any { return new([mtu]byte) }}
	var wg sync.WaitGroup
	wg.Go(func() {
		for p := range onTheWay {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.data[:p.size]); err == nil { // an interface that is down takes none
				d.packets.Add(1)
				d.bytes.Add(int64(p.size))
			} else {
				d.lost.Add(1)
			}
			empty.Put(p.data)
		}
	})
	for {
		data := empty.Get().(*[mtu]byte)
		n, err := from.Read(data[:])
		if err != nil {
			if errors.Is(err, os.ErrClosed) {
				break
			}
			// The interface is down or is being moved.
			time.Sleep(time.Millisecond)
			continue
		}
		select {
		case onTheWay <- packet{time.Now().Add(delay), data, n}:
		default:
			d.lost.Add(1)
		}
	}
	close(onTheWay)
	wg.Wait()
}
