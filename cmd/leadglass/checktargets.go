package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"leadglass/internal/discover"
	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/survey"
)

// checkCandidate is one address to check, or a name that led to none.
type checkCandidate struct {
	survey.Candidate
	unresolved error
}

func (c checkCandidate) name() string {
	if c.unresolved != nil {
		return c.Host
	}
	return c.Address.String()
}

func (c checkCandidate) check(ctx context.Context, eng *examine.Engine) (examine.Result, error) {
	if c.unresolved != nil {
		return eng.Unreachable(c.Candidate, discover.Found{Err: c.unresolved}), nil
	}
	return eng.Check(ctx, c.Candidate)
}

// resolveAll makes candidates of targets: one, or one for each address of a
// name. Addresses outside the scope are an error; a name that does not resolve
// is none, so that the other targets are checked.
func resolveAll(ctx context.Context, g *gate.Gate, targets []target) ([]checkCandidate, error) {
	var all []checkCandidate
	for _, t := range targets {
		addrs := []netip.Addr{t.addr}
		if !t.addr.IsValid() {
			var err error
			addrs, err = g.Resolve(ctx, t.host)
			var unresolved *gate.ResolveError
			switch {
			case ctx.Err() != nil:
				return nil, context.Cause(ctx)
			case errors.As(err, &unresolved):
				all = append(all, checkCandidate{survey.Candidate{Host: t.host, Port: t.port, HTTPURL: t.url}, err})
			case err != nil:
				return nil, fmt.Errorf("target %s: %w", t.host, err)
			}
		}
		for _, addr := range addrs {
			if err := g.Check(addr); err != nil {
				return nil, fmt.Errorf("target %s: %w", t.host, err)
			}
			all = append(all, checkCandidate{survey.Candidate{Host: t.host, Address: addr, Port: t.port, HTTPURL: t.url}, nil})
		}
	}
	return all, nil
}
