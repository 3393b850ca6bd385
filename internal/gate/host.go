package gate

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"leadglass/internal/survey"
)

// Host is the way to one address: its budget, its number of connections, its
// ledger. It is safe for concurrent use.
type Host struct {
	gate  *Gate
	addr  netip.Addr
	slots chan struct{}
	own   counters

	mu sync.Mutex
	// until is when the host's time is over; zero before the first use, and
	// while it rests.
	until time.Time
	// spent is the time that was used up before the last rest.
	spent time.Duration
	// ready is an open connection of a sweep; see Held.Offer.
	ready *readyConn
}

// Addr is the host's address.
func (h *Host) Addr() netip.Addr { return h.addr }

// Dial connects to a TCP port of the host, or returns the connection that a
// sweep has opened to it a moment ago. It waits while the host has its
// number of connections and while the rates are used up; ctx ends the wait and
// the attempt at once, and has no hold on the connection afterwards.
//
// The connection's reads and writes never allocate, and fail with ErrBudget
// when the host's bytes or time are used up. It must be closed: it occupies
// one of the host's connections until then. On Linux it acknowledges what it
// receives at once (see setQuickAck).
func (h *Host) Dial(ctx context.Context, port uint16) (net.Conn, error) {
	c, err := h.dial(ctx, port)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// DialTLS is Dial with a TLS handshake, which ctx and the connect timeout end.
// Without a configuration the peer's certificate is not verified: the peer is
// to be described, not trusted, and nothing secret is sent to it.
func (h *Host) DialTLS(ctx context.Context, port uint16, cfg *tls.Config) (*tls.Conn, error) {
	if cfg == nil {
		cfg = &tls.Config{InsecureSkipVerify: true}
	}
	c, err := h.dial(ctx, port)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, h.gate.opt.ConnectTimeout)
	defer cancel()
	t := tls.Client(newRecords(c), cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("TLS handshake with %s: %w", netip.AddrPortFrom(h.addr, port), err)
	}
	return t, nil
}

// dial connects.
func (h *Host) dial(ctx context.Context, port uint16) (*conn, error) {
	target := netip.AddrPortFrom(h.addr, port)
	// Asked here first so that a refusal takes neither a turn nor a token; what
	// counts is the answer in control.
	if err := h.gate.refuse(&h.own, h.addr); err != nil {
		return nil, fmt.Errorf("dialing %s: %w", target, err)
	}
	if c := h.takeReady(port); c != nil {
		return c, nil
	}
	if err := h.occupy(ctx); err != nil {
		return nil, fmt.Errorf("waiting for a connection to %s: %w", h.addr, err)
	}
	c, err := h.connect(ctx, target)
	if err != nil {
		<-h.slots
		return nil, err
	}
	return c, nil
}

// occupy takes one of the host's connections. It waits no longer than the
// host's time.
func (h *Host) occupy(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	if until, begun := h.deadline(); begun {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, until, h.timeUsedUp())
		defer cancel()
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *Host) connect(ctx context.Context, target netip.AddrPort) (*conn, error) {
	g := h.gate
	if err := g.networks.wait(ctx, h.addr); err != nil {
		return nil, err
	}
	turn := g.whole.Reserve()
	if err := sleep(ctx, turn.Delay()); err != nil {
		turn.Cancel()
		return nil, err
	}
	until := h.begin()
	if err := h.withinBudget(until); err != nil {
		return nil, err
	}
	d := net.Dialer{
		Timeout:        max(1, min(g.opt.ConnectTimeout, time.Until(g.notBeyond(until)))),
		KeepAlive:      -1, // keep-alive probes would be packets that the ledger does not know
		ControlContext: h.control,
	}
	d.SetMultipathTCP(false) // a peer could ask for subflows to other addresses (RFC 8684 3.4)
	nc, err := d.DialContext(ctx, "tcp", target.String())
	if err != nil {
		return nil, cmp.Or(g.valid(g.opt.Now()), h.withinBudget(until), err)
	}
	return newConn(nc.(*net.TCPConn), h, until)
}

// control runs with the socket made and the address decided, right before the
// kernel sends anything.
func (h *Host) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: cannot tell the address of a connection", ErrOutOfScope)
	}
	if target.Addr().Unmap() != h.addr {
		err := fmt.Errorf("%w: %s is not %s", ErrOutOfScope, target.Addr(), h.addr)
		h.gate.noteRefused(&h.own, target.String(), err)
		return err
	}
	if err := h.gate.refuse(&h.own, target.Addr()); err != nil {
		return err
	}
	h.own.connections.Add(1)
	h.gate.all.connections.Add(1)
	return nil
}

// begin starts the host's time with the first use and returns its end.
func (h *Host) begin() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until.IsZero() {
		h.until = time.Now().Add(h.gate.opt.PerHostTime - h.spent)
	}
	return h.until
}

// Rest stops the host's time until its next use: the host is left alone.
// There must be no connection to it.
func (h *Host) Rest() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.until.IsZero() {
		h.spent = h.gate.opt.PerHostTime - max(0, time.Until(h.until))
		h.until = time.Time{}
	}
}

// Resume goes on with a host that was left alone, maybe by another process: t
// and spent are what it was asked for until then, of its budgets of bytes and of
// time. It must be called before the host is used. Nothing that t and spent say
// makes the budgets larger.
func (h *Host) Resume(t survey.Traffic, spent time.Duration) {
	t.BytesSent, t.BytesReceived = max(0, t.BytesSent), max(0, t.BytesReceived)
	h.own.resume(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spent = max(0, spent)
}

// Spent is how much of its time a host that rests has had.
func (h *Host) Spent() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.spent
}

func (h *Host) deadline() (until time.Time, begun bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until, !h.until.IsZero()
}

func (h *Host) withinBudget(until time.Time) error {
	if !time.Now().Before(until) {
		return h.timeUsedUp()
	}
	if h.bytesLeft() <= 0 {
		return h.bytesUsedUp()
	}
	return nil
}

func (h *Host) bytesLeft() int64 {
	sent, received := h.own.sent.Load(), h.own.received.Load()
	if sent > h.gate.opt.PerHostBytes || received > h.gate.opt.PerHostBytes { // else the sum may overflow
		return 0
	}
	return h.gate.opt.PerHostBytes - sent - received
}

// Remaining is what is left of the host's budget: the time, in full before the
// first use, and the bytes. Neither is negative.
func (h *Host) Remaining() (time.Duration, int64) {
	until, begun := h.deadline()
	h.mu.Lock()
	left := h.gate.opt.PerHostTime - h.spent
	h.mu.Unlock()
	if begun {
		left = max(0, time.Until(until))
	}
	return left, max(0, h.bytesLeft())
}

func (h *Host) timeUsedUp() error {
	return fmt.Errorf("%s: %w: %v of time", h.addr, ErrBudget, h.gate.opt.PerHostTime)
}

func (h *Host) bytesUsedUp() error {
	return fmt.Errorf("%s: %w: %d bytes", h.addr, ErrBudget, h.gate.opt.PerHostBytes)
}
