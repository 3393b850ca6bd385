package gate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// ResolveError says that a resolver gave no answer for a host name. Its text
// names the host and the reason, and not the resolver, whose address is nobody
// else's business; Err has that.
type ResolveError struct {
	Name string
	Err  error
}

func (e *ResolveError) Error() string {
	var dns *net.DNSError
	switch known := errors.As(e.Err, &dns); {
	case known && dns.IsNotFound:
		return e.Name + " does not resolve: no such host"
	case known && dns.IsTimeout:
		return e.Name + " does not resolve: the resolver did not answer in time"
	}
	return e.Name + " does not resolve: the resolver failed"
}

// Unwrap is the resolver's error.
func (e *ResolveError) Unwrap() error { return e.Err }

// lookupTimeout bounds one question to the resolver, with its repetitions.
const lookupTimeout = 15 * time.Second

// maxAnswers is how many addresses of a name are looked at.
const maxAnswers = 64

// Resolve returns the addresses of a host name that the policy permits, in the
// resolver's order and without repetition. A name that has none is refused
// with ErrOutOfScope. An address in text form is returned as it is, when it is
// permitted. A name with a dot in it is taken as complete: the system's search
// list is not tried. Questions wait for their turn (Options.LookupsPerSecond),
// and outside of the policy's time none is asked.
//
// When the policy is a NamePolicy it sees all answers first, and the permitted
// ones are still checked one by one.
func (g *Gate) Resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	if g == nil || g.policy == nil {
		return nil, fmt.Errorf("resolving %s: %w: no policy given", name, ErrOutOfScope)
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		addr = addr.Unmap()
		if err := g.refuse(nil, addr); err != nil {
			return nil, err
		}
		return []netip.Addr{addr}, nil
	}
	if err := g.valid(g.opt.Now()); err != nil {
		return nil, fmt.Errorf("resolving %s: %w", name, err)
	}
	if err := g.lookups.Wait(ctx); err != nil {
		return nil, fmt.Errorf("resolving %s: waiting for a turn: %w", name, err)
	}
	g.all.lookups.Add(1)
	asking, done := context.WithTimeout(ctx, lookupTimeout)
	defer done()
	answers, err := g.opt.Resolver.LookupNetIP(asking, "ip", complete(name))
	if err != nil {
		return nil, &ResolveError{Name: name, Err: err}
	}
	answers = distinct(answers)
	if p, ok := g.policy.(NamePolicy); ok {
		permitted, err := p.Resolved(name, answers)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrOutOfScope, err)
			g.noteRefused(nil, name, err)
			return nil, err
		}
		answers = permitted
	}
	return g.permitted(name, answers)
}

func (g *Gate) permitted(name string, answers []netip.Addr) ([]netip.Addr, error) {
	var out []netip.Addr
	refusal := errors.New("it has no address")
	for _, addr := range answers {
		if err := g.refuse(nil, addr); err != nil {
			refusal = err
			continue
		}
		out = append(out, addr)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("resolving %s: %w: %w", name, ErrOutOfScope, refusal)
	}
	return out, nil
}

func complete(name string) string {
	if strings.Contains(name, ".") && !strings.HasSuffix(name, ".") {
		return name + "."
	}
	return name
}

func distinct(answers []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range answers[:min(len(answers), maxAnswers)] {
		if a = a.Unmap(); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}
