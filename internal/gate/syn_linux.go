package gate

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// synBatch is how many packets go out with one system call.
const synBatch = 64

// SYN sends single SYN packets and reads what comes back, without a connection
// and without remembering anything. It is not safe for concurrent use.
//
// The packets go out through raw sockets, so that the system's routes and
// neighbour tables say how; answers are read from packet sockets, before the
// system, which knows nothing of them, answers with a reset.
type SYN struct {
	gate     *Gate
	key      maphash.Seed
	port     uint16 // our port; canaries come from the next
	reserved []int  // sockets that keep other programs away from the ports
	rings    []*ring
	sources  sources
	v4, v6   outbox
	tried6   bool // IPv6 was prepared, or cannot be
}

// outbox is the packets of one family that wait for the system call.
type outbox struct {
	fd      int
	targets []netip.AddrPort
	canary  []bool
	packets [synBatch][ipv4Header + synLen]byte
	names4  [synBatch]unix.RawSockaddrInet4
	names6  [synBatch]unix.RawSockaddrInet6
	vectors [synBatch]unix.Iovec
	headers [synBatch]unix.Mmsghdr
}

// OpenSYN prepares a SYN sweep. The error is ErrNoSYN where the process may not
// do it; it says what to do.
func (g *Gate) OpenSYN() (*SYN, error) {
	s := &SYN{gate: g, key: maphash.MakeSeed(), v4: outbox{fd: -1}, v6: outbox{fd: -1}}
	if err := s.open(); err != nil {
		s.Close()
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			return nil, fmt.Errorf("%w: the program lacks the capability CAP_NET_RAW; run it as root, "+
				"grant it with `setcap cap_net_raw+ep` on its file, or sweep without --syn: %w", ErrNoSYN, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrNoSYN, err)
	}
	return s, nil
}

func (s *SYN) open() (err error) {
	if s.v4.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW); err != nil {
		return fmt.Errorf("making a raw socket: %w", err)
	}
	if err := s.reserve(); err != nil {
		return err
	}
	ring4, err := openRing(unix.ETH_P_IP, filterIPv4(s.port))
	if err != nil {
		return err
	}
	s.rings = append(s.rings, ring4)
	_ = unix.SetsockoptInt(s.v4.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20) // the default serves as well, more slowly
	return s.sources.read()
}

// open6 prepares IPv6, where the system has it, when the first packet is to be
// sent: making and ending a ring takes some 50 ms, which most sweeps can spare.
func (s *SYN) open6() (err error) {
	s.tried6 = true
	s.v6.fd, err = unix.Socket(unix.AF_INET6, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making a raw socket: %w", err)
	}
	// The system computes the checksum at this offset (RFC 3542 3.1), and
	// nothing is to be received here.
	err = errors.Join(unix.SetsockoptInt(s.v6.fd, unix.IPPROTO_IPV6, unix.IPV6_CHECKSUM, 16),
		unix.SetsockoptSockFprog(s.v6.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program([]unix.SockFilter{{Code: bpfReturn}})))
	if err != nil {
		return fmt.Errorf("preparing a raw socket: %w", err)
	}
	ring6, err := openRing(unix.ETH_P_IPV6, filterIPv6(s.port))
	if err != nil {
		return err
	}
	s.rings = append(s.rings, ring6)
	return nil
}

// reserve finds two ports in a row and keeps them.
func (s *SYN) reserve() error {
	for tries := range 200 {
		port := 20011 + 97*tries // below the range that the system gives away by default
		for i := range 2 {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
			if err != nil {
				return fmt.Errorf("making a socket: %w", err)
			}
			s.reserved = append(s.reserved, fd)
			if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port + i}); err != nil {
				break
			}
			if i == 1 {
				s.port = uint16(port)
				return nil
			}
		}
		s.release()
	}
	return errors.New("no two ports in a row are free")
}

func (s *SYN) release() {
	for _, fd := range s.reserved {
		_ = unix.Close(fd)
	}
	s.reserved = nil
}

// Close ends it.
func (s *SYN) Close() {
	s.release()
	for _, r := range s.rings {
		r.close()
	}
	for _, o := range []*outbox{&s.v4, &s.v6} {
		if o.fd >= 0 {
			_ = unix.Close(o.fd)
		}
	}
}

// Queue puts the SYN of an attempt in line, unless the rates do not permit it
// now; a line that is full is sent. The policy is asked for each packet at the
// system call that sends it; what it refuses is not sent, and counted. With
// Single the packet is a canary.
func (s *SYN) Queue(a Attempt) (Admission, error) {
	if s.gate == nil || s.gate.policy == nil {
		return Admission{}, fmt.Errorf("%w: no policy given", ErrOutOfScope)
	}
	addr := a.Target.Addr().Unmap()
	if admission := s.gate.admit(addr, a.Repeat, time.Now()); !admission.Started {
		return admission, nil
	}
	o := &s.v4
	if addr.Is6() {
		o = &s.v6
		if !s.tried6 {
			if err := s.open6(); err != nil {
				return Admission{Started: true}, fmt.Errorf("%w: %w", ErrNoSYN, err)
			}
		}
	}
	o.targets = append(o.targets, netip.AddrPortFrom(addr, a.Target.Port()))
	o.canary = append(o.canary, a.Single)
	if len(o.targets) == synBatch {
		return Admission{Started: true}, s.flush(o)
	}
	return Admission{Started: true}, nil
}

// Flush sends what is in line.
func (s *SYN) Flush() error { return errors.Join(s.flush(&s.v4), s.flush(&s.v6)) }

func (s *SYN) flush(o *outbox) error {
	n, bytes := 0, 0
	for i, to := range o.targets {
		if s.gate.refuse(nil, to.Addr()) != nil {
			continue
		}
		from := s.port
		if o.canary[i] {
			from++
		}
		length, ok := s.write(o, n, to, from)
		if !ok {
			continue // no route there: as good as silent
		}
		bytes += length
		o.vectors[n].Base = &o.packets[n][0]
		o.vectors[n].SetLen(length)
		o.headers[n].Hdr.Iov = &o.vectors[n]
		o.headers[n].Hdr.SetIovlen(1)
		n++
	}
	o.targets, o.canary = o.targets[:0], o.canary[:0]
	sent, err := o.send(n)
	s.gate.all.packets.Add(int64(sent))
	if n > 0 {
		if o == &s.v6 {
			bytes += n * ipv6Header
		}
		s.gate.all.packetBytes.Add(int64(bytes / n * sent))
	}
	return err
}

// write makes packet number n and its address, and returns how many bytes the
// system is given.
func (s *SYN) write(o *outbox, n int, to netip.AddrPort, from uint16) (length int, ok bool) {
	seq := cookie(s.key, to, from)
	if to.Addr().Is4() {
		source := s.sources.of(to)
		if !source.IsValid() {
			return 0, false
		}
		putIPv4(o.packets[n][:], source, to, from, seq)
		o.names4[n] = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().As4()}
		o.headers[n].Hdr.Name = (*byte)(unsafe.Pointer(&o.names4[n]))
		o.headers[n].Hdr.Namelen = unix.SizeofSockaddrInet4
		return ipv4Header + synLen, true
	}
	if o.fd < 0 {
		return 0, false
	}
	putSYN(o.packets[n][:], from, to.Port(), seq)
	o.names6[n] = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16()}
	o.headers[n].Hdr.Name = (*byte)(unsafe.Pointer(&o.names6[n]))
	o.headers[n].Hdr.Namelen = unix.SizeofSockaddrInet6
	return synLen, true
}

// send sends the first n packets. One that the system has no way for, or that a
// filter of this machine drops, is passed over.
func (o *outbox) send(n int) (sent int, err error) {
	for first, full := 0, 0; first < n; {
		// The call computes, and never waits: the scheduler need not find other
		// work for this processor meanwhile, nor us another processor after it.
		done, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(o.fd), uintptr(unsafe.Pointer(&o.headers[first])),
			uintptr(n-first), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			first, sent = first+int(done), sent+int(done)
		case unix.EINTR:
		case unix.ENOBUFS, unix.EAGAIN:
			if full++; full > 1000 {
				return sent, fmt.Errorf("sending packets: %w", errno)
			}
			time.Sleep(time.Millisecond)
		case unix.EPERM, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EACCES, unix.EINVAL, unix.ENETDOWN:
			first++
		default:
			return sent, fmt.Errorf("sending packets: %w", errno)
		}
	}
	return sent, nil
}

// shortestWait is less than a wait takes in any case.
const shortestWait = 50 * time.Microsecond

// Answers appends the answers that have come to out; it waits for them no
// longer than wait.
func (s *SYN) Answers(wait time.Duration, out []SYNAnswer) ([]SYNAnswer, error) {
	for range 2 {
		before := len(out)
		for _, r := range s.rings {
			out = r.read(out, s.port, s.key)
		}
		if len(out) > before || wait < shortestWait {
			return out, nil
		}
		fds := make([]unix.PollFd, len(s.rings))
		for i, r := range s.rings {
			fds[i] = unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN}
		}
		timeout := unix.NsecToTimespec(int64(wait))
		if _, err := unix.Ppoll(fds, &timeout, nil); err != nil && !errors.Is(err, unix.EINTR) {
			return out, fmt.Errorf("waiting for answers: %w", err)
		}
		wait = 0
	}
	return out, nil
}
