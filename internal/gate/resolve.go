package gate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// maxAnswers is how many addresses of a name are looked at.
const maxAnswers = 64

// Resolve returns the addresses of a host name that the policy permits, in the
// resolver's order and without repetition. A name that has none is refused
// with ErrOutOfScope. An address in text form is returned as it is, when it is
// permitted. A name with a dot in it is taken as complete: the system's search
// list is not tried.
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
	g.all.lookups.Add(1)
	answers, err := g.opt.Resolver.LookupNetIP(ctx, "ip", complete(name))
	if err != nil {
		return nil, fmt.Errorf("resolving %s: %w", name, err)
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
