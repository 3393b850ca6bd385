// Package gate is the only door out: every connection that the product makes
// is dialled here, and no other package dials. It answers "may I talk to this
// address, and how much more", and it keeps the ledger of what went out.
//
// The gate fails closed: without a Policy nothing is let out. The policy is
// asked at the moment of connecting, with the address that the kernel is about
// to connect to, so that DNS answers, HTTP redirects and mistaken callers are
// held to it like everybody else. Environment proxies are not followed, and
// there is no bypass. Host names are resolved here too; the questions go to
// the system's resolver, which is not a target.
//
// The gate knows neither DICOM nor products; what speaks on a connection is the
// business of its callers.
package gate

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

var (
	// ErrOutOfScope: the policy does not permit the address.
	ErrOutOfScope error = limit{"out of scope"}
	// ErrBudget: the host's budget of time or bytes is used up.
	ErrBudget error = limit{"budget used up"}
)

// limit is an error of our own limits, which packages that do not know the gate
// recognise by its methods.
type limit struct{ text string }

func (l limit) Error() string { return l.text }

// Budget reports whether the host's budget is used up.
func (l limit) Budget() bool { return error(l) == ErrBudget }

// Scope reports whether the policy does not permit the address.
func (l limit) Scope() bool { return error(l) == ErrOutOfScope }

// Policy says which addresses may be touched at the moment now; nil means yes.
type Policy interface {
	Check(addr netip.Addr, now time.Time) error
}

// NamePolicy is a Policy that also wants to see what host names resolve to. It
// returns the answers that may be touched, and an error when there are none.
type NamePolicy interface {
	Resolved(name string, answers []netip.Addr) ([]netip.Addr, error)
}

// Resolver resolves host names; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options bound what goes out. A zero field takes its default; nothing can be
// set to "no limit".
type Options struct {
	// ConnectTimeout bounds one connection attempt, and one TLS handshake;
	// default 5 s.
	ConnectTimeout time.Duration
	// PerHostTime bounds the time that a host is talked to, from the first
	// connection attempt; default 120 s.
	PerHostTime time.Duration
	// PerHostBytes bounds the bytes exchanged with a host, both directions
	// together, TLS included, TCP and IP headers not; default 256 MiB. A read
	// takes no more than what is left; with several connections at once, each
	// may do so.
	PerHostBytes int64
	// ConnectionsPerHost is how many connections a host has at once, each from
	// dialling to Close; default 1.
	ConnectionsPerHost int
	// ProbesPerSecond bounds all connection attempts together; default 1000.
	ProbesPerSecond int
	// PerNetworkProbesPerSecond bounds the connection attempts to one network;
	// default 50. Both rates let a tenth of a second's worth go in one burst.
	PerNetworkProbesPerSecond int
	// PerNetworkPrefix is the length of an IPv4 network's prefix; default 24.
	// An IPv6 network is a /48.
	PerNetworkPrefix int
	// LookupsPerSecond bounds the host names that are resolved; default 20, as
	// many of which may go in one burst. A name is two questions, for IPv4 and
	// IPv6.
	LookupsPerSecond int
	// Resolver resolves host names; default the system's.
	Resolver Resolver
	// Now is the clock that the policy is asked with; default time.Now.
	Now func() time.Time
	// Logger gets refusals, at debug level; default none.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.ConnectTimeout <= 0 {
		o.ConnectTimeout = 5 * time.Second
	}
	if o.PerHostTime <= 0 {
		o.PerHostTime = 120 * time.Second
	}
	if o.PerHostBytes <= 0 {
		o.PerHostBytes = 256 << 20
	}
	if o.ConnectionsPerHost <= 0 {
		o.ConnectionsPerHost = 1
	}
	if o.ProbesPerSecond <= 0 {
		o.ProbesPerSecond = 1000
	}
	if o.PerNetworkProbesPerSecond <= 0 {
		o.PerNetworkProbesPerSecond = 50
	}
	if o.PerNetworkPrefix <= 0 || o.PerNetworkPrefix > 32 {
		o.PerNetworkPrefix = 24
	}
	if o.LookupsPerSecond <= 0 {
		o.LookupsPerSecond = 20
	}
	if o.Resolver == nil {
		o.Resolver = &net.Resolver{PreferGo: true}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Gate lets connections out that its policy permits. The zero Gate lets
// nothing out. A Gate is safe for concurrent use.
type Gate struct {
	policy   Policy
	opt      Options
	whole    *rate.Limiter
	networks *networks
	perHost  *networks // of attempts of a sweep
	lookups  *rate.Limiter
	all      counters

	mu    sync.Mutex
	hosts map[netip.Addr]*Host
}

// New returns a Gate for what p permits. A nil p permits nothing.
func New(p Policy, o Options) *Gate {
	o = o.withDefaults()
	return &Gate{
		policy:   p,
		opt:      o,
		whole:    rate.NewLimiter(rate.Limit(o.ProbesPerSecond), burst(o.ProbesPerSecond)),
		networks: newNetworks(o.PerNetworkProbesPerSecond, o.PerNetworkPrefix, maxNetworks),
		lookups:  rate.NewLimiter(rate.Limit(o.LookupsPerSecond), o.LookupsPerSecond),
		perHost:  newHosts(hostAttempts, hostAttemptsN, maxNetworks),
	}
}

// Share divides the rates of all connection attempts by n, 1 or more: n gates
// share them. It may be called at any time; what has been admitted goes on.
func (g *Gate) Share(n int) {
	now := time.Now()
	n = max(1, n)
	g.whole.SetLimitAt(now, rate.Limit(g.opt.ProbesPerSecond)/rate.Limit(n))
	g.whole.SetBurstAt(now, burst(g.opt.ProbesPerSecond/n))
	g.networks.set(rate.Limit(g.opt.PerNetworkProbesPerSecond)/rate.Limit(n), burst(g.opt.PerNetworkProbesPerSecond/n), now)
}

// Check asks the policy about addr now. The answer is about this moment only:
// a connection is checked again when it is made.
func (g *Gate) Check(addr netip.Addr) error {
	if g == nil || g.policy == nil {
		return fmt.Errorf("%w: no policy given", ErrOutOfScope)
	}
	if err := g.policy.Check(addr.Unmap(), g.opt.Now()); err != nil {
		return fmt.Errorf("%w: %w", ErrOutOfScope, err)
	}
	return nil
}

// refuse is Check that notes a refusal in the ledger.
func (g *Gate) refuse(own *counters, addr netip.Addr) error {
	err := g.Check(addr)
	if err != nil && g != nil {
		g.noteRefused(own, addr.String(), err)
	}
	return err
}

func (g *Gate) noteRefused(own *counters, what string, err error) {
	g.all.refused.Add(1)
	if own != nil {
		own.refused.Add(1)
	}
	if g.opt.Logger != nil {
		g.opt.Logger.Debug("refused by the scope", "target", what, "detail", err)
	}
}

// Host returns the budget and the ledger of one host; always the same for the
// same address, of which an IPv4-mapped IPv6 form counts as the IPv4 address.
// It sends nothing and asks nothing: an address that is out of scope is
// refused when it is dialled.
func (g *Gate) Host(addr netip.Addr) *Host {
	addr = addr.Unmap()
	if g == nil {
		return new(Gate).newHost(addr)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[addr]
	if h == nil {
		h = g.newHost(addr)
		if g.hosts == nil {
			g.hosts = map[netip.Addr]*Host{}
		}
		g.hosts[addr] = h
	}
	return h
}

// Forget drops what the gate keeps of a host that no connection is open to. A
// host that comes back has its budget anew, unless it is told otherwise by
// Host.Resume.
func (g *Gate) Forget(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.hosts, addr.Unmap())
}

func (g *Gate) newHost(addr netip.Addr) *Host {
	return &Host{gate: g, addr: addr, slots: make(chan struct{}, max(1, g.opt.ConnectionsPerHost))}
}
