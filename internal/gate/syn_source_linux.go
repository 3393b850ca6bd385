package gate

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// sources knows from which of our addresses the system would send to another:
// the checksum of a packet covers it. It asks the system's routes, once for
// each /24, and for single addresses where there are longer routes.
type sources struct {
	long  []netip.Prefix        // routes longer than /24
	cache map[uint64]netip.Addr // by the prefix, with its length in the lowest byte
}

// commonRoute is the length of a prefix whose addresses are taken to have one
// route, unless the table says otherwise.
const commonRoute = 24

// maxSources bounds the memory for what was asked.
const maxSources = 1 << 16

// read reads which long routes there are.
func (s *sources) read() error {
	s.cache = map[uint64]netip.Addr{}
	table, err := syscall.NetlinkRIB(syscall.RTM_GETROUTE, syscall.AF_INET)
	if err != nil {
		return fmt.Errorf("reading the routes: %w", err)
	}
	messages, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		return fmt.Errorf("reading the routes: %w", err)
	}
	for _, m := range messages {
		// struct rtmsg: family, destination's length, …, type (rtnetlink(7)).
		if m.Header.Type != syscall.RTM_NEWROUTE || len(m.Data) < unix.SizeofRtMsg || m.Data[7] != unix.RTN_UNICAST ||
			m.Data[1] <= commonRoute {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return fmt.Errorf("reading a route: %w", err)
		}
		for _, a := range attributes {
			if a.Attr.Type == unix.RTA_DST && len(a.Value) == 4 {
				s.long = append(s.long, netip.PrefixFrom(netip.AddrFrom4([4]byte(a.Value)), int(m.Data[1])))
			}
		}
	}
	return nil
}

// of is our address for a target; the invalid address when there is no route.
func (s *sources) of(target netip.AddrPort) netip.Addr {
	bits := commonRoute
	for _, p := range s.long {
		if p.Contains(target.Addr()) {
			bits = 32
		}
	}
	b := target.Addr().As4()
	key := uint64(binary.BigEndian.Uint32(b[:])>>(32-bits))<<8 | uint64(bits)
	if source, ok := s.cache[key]; ok {
		return source
	}
	if len(s.cache) >= maxSources {
		clear(s.cache)
	}
	source := askRoute(target)
	s.cache[key] = source
	return source
}

// askRoute connects a datagram socket, which sends nothing, and looks which
// address it got.
func askRoute(target netip.AddrPort) netip.Addr {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return netip.Addr{}
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: target.Addr().As4(), Port: int(target.Port())}); err != nil {
		return netip.Addr{}
	}
	own, err := unix.Getsockname(fd)
	if a, ok := own.(*unix.SockaddrInet4); ok && err == nil {
		return netip.AddrFrom4(a.Addr)
	}
	return netip.Addr{}
}
