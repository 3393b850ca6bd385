package discover_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSweepKeepsToItsScope: the packets that leave the machine go to the
// addresses of the scope, all of them and no other.
func TestSweepKeepsToItsScope(t *testing.T) {
	n := inNetwork(t, "-test.run")
	if n == nil {
		return
	}
	r := rand.New(rand.NewPCG(5, 7))
	for i := range 10 {
		if n.rules(); i == 9 { // what is silent is tried again, and takes its time
			n.rules(dropHalf)
		}
		text, inside := randomScope(t, r)
		method := methods[i%2]
		captured := capture(t)
		w := sweep(t, method, text)
		seen := captured()
		for to := range seen {
			if !inside[to.Addr()] || to.Port() != 104 && to.Port() != 11112 {
				t.Errorf("scope %d, %s: a packet to %s, outside of\n%s", i, method, to, text)
			}
		}
		if want := 2 * len(inside); len(seen) != want {
			t.Errorf("scope %d, %s: %d pairs of %d were tried", i, method, len(seen), want)
		}
		if sent := w.total.Connections + w.total.Packets; sent < int64(len(seen)) {
			t.Errorf("scope %d, %s: the ledger has %d packets and connections, the capture %d pairs", i, method, sent, len(seen))
		}
	}
}

// randomScope is a scope of some prefixes and single addresses of the target's
// /16, with exclusions among them, and which addresses that permits.
func randomScope(t *testing.T, r *rand.Rand) (text string, inside map[netip.Addr]bool) {
	t.Helper()
	var include, exclude []string
	for block := range 4 { // in a /18 each, so that they do not overlap
		base := netip.AddrFrom4([4]byte{10, 77, byte(block*64 + r.IntN(64)), byte(r.IntN(256))})
		p, err := base.Prefix(24 + r.IntN(9))
		if err != nil {
			t.Fatal(err)
		}
		include = append(include, p.String())
		if p.Bits() < 32 {
			hole, err := p.Addr().Next().Prefix(p.Bits() + 1 + r.IntN(32-p.Bits()))
			if err != nil {
				t.Fatal(err)
			}
			exclude = append(exclude, hole.Masked().String())
		}
	}
	exclude = append(exclude, "10.77.99.0/28")
	text = fmt.Sprintf("include: [%s]\nexclude: [%s]\nports: {dicom: [104, 11112], http: []}\nrate: {probes_per_second: 100000, per_network: {probes_per_second: 50000}}\n",
		strings.Join(include, ", "), strings.Join(exclude, ", "))
	inside = map[netip.Addr]bool{}
	for a := netip.MustParseAddr("10.77.0.0"); a.As4()[1] == 77; a = a.Next() {
		holds := func(p string) bool { return netip.MustParsePrefix(p).Contains(a) }
		if slices.ContainsFunc(include, holds) && !slices.ContainsFunc(exclude, holds) {
			inside[a] = true
		}
	}
	return text, inside
}

// capture records where all IP packets that leave over the joining interface
// go, until the function that it returns is called. It sees what the kernel
// gives to the interface, and knows nothing of the program.
func capture(t *testing.T) (end func() map[netip.AddrPort]bool) {
	t.Helper()
	link, err := net.InterfaceByName("lgsweep0")
	if err != nil {
		t.Fatal(err)
	}
	const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8&0xff
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, all)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 20_000})); err != nil {
		t.Fatal(err)
	}
	seen := map[netip.AddrPort]bool{}
	var stop atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		buf := make([]byte, 256)
		for {
			n, from, err := unix.Recvfrom(fd, buf, 0)
			link, ok := from.(*unix.SockaddrLinklayer)
			switch {
			case err != nil && stop.Load():
				return
			case err != nil || !ok || link.Pkttype != unix.PACKET_OUTGOING || link.Protocol != unix.ETH_P_IP>>8 || n < 24:
				continue // among them ARP, which has no address outside of the link
			}
			seen[netip.AddrPortFrom(netip.AddrFrom4([4]byte(buf[16:20])), binary.BigEndian.Uint16(buf[int(buf[0]&15)*4+2:]))] = true
		}
	})
	return func() map[netip.AddrPort]bool {
		stop.Store(true)
		done.Wait()
		if s, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil && s.Drops > 0 {
			t.Errorf("the capture lost %d packets", s.Drops)
		}
		unix.Close(fd)
		return seen
	}
}
