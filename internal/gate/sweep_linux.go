package gate

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Sweeper makes many connection attempts at once, with one poller. It is not
// safe for concurrent use, but for Wake: a sweep has one for each core.
type Sweeper struct {
	gate        *Gate
	epoll, wake int
	most        int // attempts at one time
	slots       []sweepSlot
	free        []uint32
	due         [2]dueQueue // of whole and of single attempts, in order of their start
	events      []unix.EpollEvent
	done        []Outcome // those that ended when they were started
}

type sweepSlot struct {
	Attempt
	fd      int
	round   uint32 // tells the uses of a slot apart
	started time.Time
}

// dueQueue holds attempts by when they time out.
type dueQueue struct {
	items []dueItem
	head  int
}

type dueItem struct {
	slot, round uint32
	at          time.Time
}

func (q *dueQueue) push(i dueItem) { q.items = append(q.items, i) }

// pop removes the first item.
func (q *dueQueue) pop() {
	if q.head++; q.head > 1024 && q.head > len(q.items)/2 {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
}

// wakeSlot marks the event of Wake.
const wakeSlot = -1

// NewSweeper makes a Sweeper for at most attempts at one time. It must be
// closed.
func (g *Gate) NewSweeper(attempts int) (*Sweeper, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a poller: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeSlot})
	}
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("making a poller: %w", err)
	}
	return &Sweeper{gate: g, epoll: epoll, wake: wake, most: attempts,
		events: make([]unix.EpollEvent, min(attempts+1, 512))}, nil
}

// Descriptors is how many attempts this process can have under way at one
// time: what its limit of open files leaves, less a reserve for the rest of
// the program. The Go runtime has raised the limit as far as it goes.
func Descriptors() int {
	const reserve, most = 512, 16384
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(max(16, min(int64(min(limit.Cur, 1<<30))-reserve, most)))
}

// Room is how many attempts can be started now.
func (s *Sweeper) Room() int { return s.most - len(s.slots) + len(s.free) }

// Start begins an attempt, unless the rates or the room do not permit it now;
// then the admission says when to try again. An error is a refusal of the
// policy, which is asked here, right before the system is told to connect.
func (s *Sweeper) Start(a Attempt) (Admission, error) {
	g := s.gate
	addr := a.Target.Addr().Unmap()
	a.Target = netip.AddrPortFrom(addr, a.Target.Port())
	if err := g.refuse(nil, addr); err != nil {
		return Admission{}, fmt.Errorf("trying %s: %w", a.Target, err)
	}
	if s.Room() == 0 {
		return Admission{Whole: true, Wait: time.Millisecond}, nil
	}
	now := time.Now()
	if admission := g.admit(addr, a.Repeat, now); !admission.Started {
		return admission, nil
	}
	fd, err := connecting(a.Target)
	if errors.Is(err, errNoRoom) {
		return Admission{Whole: true, Wait: 20 * time.Millisecond}, nil
	}
	g.all.connections.Add(1)
	if err != nil {
		s.done = append(s.done, outcome(a, err))
		return Admission{Started: true}, nil
	}
	n := s.slot()
	slot := &s.slots[n]
	*slot = sweepSlot{Attempt: a, fd: fd, round: slot.round + 1, started: now}
	event := unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(n)}
	if err := unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		s.done = append(s.done, s.end(n, outcome(a, err)))
		return Admission{Started: true}, nil
	}
	// The system would send a SYN again beyond the end of the policy's time.
	if a.Single {
		s.due[1].push(dueItem{n, slot.round, g.notBeyond(now.Add(singleTimeout))})
	} else {
		s.due[0].push(dueItem{n, slot.round, g.notBeyond(now.Add(attemptTimeout))})
	}
	return Admission{Started: true}, nil
}

// slot is one that is free.
func (s *Sweeper) slot() (n uint32) {
	if len(s.free) == 0 {
		s.slots = append(s.slots, sweepSlot{fd: -1})
		return uint32(len(s.slots) - 1)
	}
	n = s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return n
}

// errNoRoom: this system has no descriptor, port or memory for one more
// connection at the moment.
var errNoRoom = errors.New("no room for a connection")

// connecting is a socket on its way to the target.
func connecting(target netip.AddrPort) (int, error) {
	family, where := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(target.Port()), Addr: target.Addr().As16()})
	if target.Addr().Is4() {
		family, where = unix.AF_INET, &unix.SockaddrInet4{Port: int(target.Port()), Addr: target.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM) {
			return -1, errNoRoom
		}
		return -1, fmt.Errorf("making a socket: %w", err)
	}
	err = unix.Connect(fd, where)
	if err == nil || errors.Is(err, unix.EINPROGRESS) {
		return fd, nil
	}
	_ = unix.Close(fd)
	if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOBUFS) {
		return -1, errNoRoom
	}
	return -1, err
}

// outcome is that of an attempt that ended with err.
func outcome(a Attempt, err error) Outcome {
	o := Outcome{Attempt: a, Err: err}
	switch {
	case errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ECONNRESET):
		o.Answer = Refused
	case errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ENETUNREACH):
		o.Answer = Unreachable
	case errors.Is(err, unix.ETIMEDOUT):
		o.Answer = Silent
	default:
		o.Answer = Failed
	}
	return o
}

// Poll waits, no longer than wait, until at least one attempt has ended or
// somebody calls Wake, and appends the outcomes to out.
func (s *Sweeper) Poll(wait time.Duration, out []Outcome) ([]Outcome, error) {
	if len(s.done) > 0 {
		out, s.done, wait = append(out, s.done...), s.done[:0], 0
	}
	now := time.Now()
	for i := range s.due {
		if q := &s.due[i]; q.head < len(q.items) {
			wait = min(wait, q.items[q.head].at.Sub(now))
		}
	}
	n, err := unix.EpollWait(s.epoll, s.events, int((max(0, wait)+time.Millisecond-1)/time.Millisecond))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return out, fmt.Errorf("waiting for connections: %w", err)
	}
	now = time.Now()
	for _, e := range s.events[:max(0, n)] {
		if e.Fd == wakeSlot {
			var count [8]byte
			_, _ = unix.Read(s.wake, count[:]) // it may have been read already
			continue
		}
		out = append(out, s.judge(uint32(e.Fd), now))
	}
	for i := range s.due {
		out = s.expire(&s.due[i], now, out)
	}
	return out, nil
}

// judge ends the attempt of a slot whose socket has news.
func (s *Sweeper) judge(n uint32, now time.Time) Outcome {
	slot := &s.slots[n]
	o := Outcome{Attempt: slot.Attempt}
	code, err := unix.GetsockoptInt(slot.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case slot.Single && sentAgain(slot.fd):
		_ = unix.SetsockoptLinger(slot.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		o.Answer = Silent // to the one packet
	case err != nil:
		o = outcome(slot.Attempt, fmt.Errorf("asking a socket: %w", err))
	case code != 0:
		o = outcome(slot.Attempt, syscall.Errno(code))
	case isSelf(slot.fd, slot.Target):
		o.Answer = Refused // both ends are this socket: nobody listens there
	default:
		o.Open = s.hold(slot)
	}
	o.Took = now.Sub(slot.started)
	return s.end(n, o)
}

// sentAgain reports whether the system has sent more than one SYN. A process
// that gets its turn late ends a single attempt later than it wanted to.
func sentAgain(fd int) bool {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && info.Total_retrans > 0
}

// isSelf reports whether a socket is connected to itself, which happens where
// a port of this machine is tried that the system then gives to the socket
// (simultaneous open, RFC 9293 3.5).
func isSelf(fd int, target netip.AddrPort) bool {
	if !target.Addr().IsLoopback() && target.Port() < 1024 {
		return false
	}
	own, err := unix.Getsockname(fd)
	switch own := own.(type) {
	case *unix.SockaddrInet4:
		return err == nil && own.Port == int(target.Port()) && netip.AddrFrom4(own.Addr) == target.Addr()
	case *unix.SockaddrInet6:
		return err == nil && own.Port == int(target.Port()) && netip.AddrFrom16(own.Addr) == target.Addr()
	}
	return false
}

// expire ends the attempts whose time is over.
func (s *Sweeper) expire(q *dueQueue, now time.Time, out []Outcome) []Outcome {
	for q.head < len(q.items) && !now.Before(q.items[q.head].at) {
		item := q.items[q.head]
		q.pop()
		if slot := &s.slots[item.slot]; slot.round == item.round && slot.fd >= 0 {
			out = append(out, s.end(item.slot, Outcome{Attempt: slot.Attempt, Answer: Silent, Took: now.Sub(slot.started)}))
		}
	}
	return out
}

// end frees the slot; a socket that is not held is closed. One that was never
// connected goes without a packet.
func (s *Sweeper) end(n uint32, o Outcome) Outcome {
	slot := &s.slots[n]
	if o.Open == nil {
		_ = unix.Close(slot.fd)
	}
	slot.fd = -1
	s.free = append(s.free, n)
	return o
}

// hold takes a connected socket out of the poller.
func (s *Sweeper) hold(slot *sweepSlot) *Held {
	fd, target, g := slot.fd, slot.Target, s.gate
	_ = unix.EpollCtl(s.epoll, unix.EPOLL_CTL_DEL, fd, nil)
	return &Held{gate: g, target: target,
		take: func() (*conn, error) {
			f := os.NewFile(uintptr(fd), "connection")
			defer f.Close()
			c, err := net.FileConn(f)
			if err != nil {
				return nil, fmt.Errorf("taking over a connection: %w", err)
			}
			// Its probes would be packets that the ledger does not know.
			_ = c.(*net.TCPConn).SetKeepAlive(false)
			h := g.Host(target.Addr())
			return newConn(c.(*net.TCPConn), h, h.begin())
		},
		drop: func() {
			_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
			_ = unix.Close(fd)
		}}
}

// Wake ends a Poll that waits. It may be called at any time before Close, from
// any goroutine.
func (s *Sweeper) Wake() {
	_, _ = unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // full means that it is awake
}

// Close ends all attempts.
func (s *Sweeper) Close() {
	for _, o := range s.done {
		if o.Open != nil {
			o.Open.Drop()
		}
	}
	for i := range s.slots {
		if s.slots[i].fd >= 0 {
			_ = unix.Close(s.slots[i].fd)
		}
	}
	_, _ = unix.Close(s.wake), unix.Close(s.epoll)
}
