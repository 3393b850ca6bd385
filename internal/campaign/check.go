package campaign

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"leadglass/internal/discover"
	"leadglass/internal/examine"
	"leadglass/internal/gate"
	"leadglass/internal/scope"
	"leadglass/internal/survey"
)

// Checked is an address to check, or a host name that did not resolve.
type Checked struct {
	survey.Candidate
	unresolved error
}

// Name is the address, or the host name where there is none.
func (c Checked) Name() string {
	if c.unresolved != nil {
		return c.Host
	}
	return c.Address.String()
}

// Check examines the target. A name that did not resolve is a finding with the
// verdict unreachable.
func (c Checked) Check(ctx context.Context, eng *examine.Engine) (survey.Finding, error) {
	if c.unresolved != nil {
		return eng.Unreachable(c.Candidate, discover.Found{Err: c.unresolved}).Finding, nil
	}
	r, err := eng.Check(ctx, c.Candidate)
	return r.Finding, err
}

// ResolveTargets makes one Checked of each target, or one for each address of a
// host name. An address outside the scope is a *Refusal; a name that does not
// resolve is no error, so that the other targets are checked.
func ResolveTargets(ctx context.Context, eng *examine.Engine, targets []scope.Target) ([]Checked, error) {
	var all []Checked
	for _, t := range targets {
		addrs := []netip.Addr{t.Addr}
		if !t.Addr.IsValid() {
			var err error
			addrs, err = eng.Gate.Resolve(ctx, t.Host)
			var unresolved *gate.ResolveError
			switch {
			case ctx.Err() != nil:
				return nil, context.Cause(ctx)
			case errors.As(err, &unresolved):
				all = append(all, Checked{survey.Candidate{Host: t.Host, Port: t.Port, HTTPURL: t.URL}, err})
			case err != nil:
				return nil, refuse(fmt.Errorf("target %s: %w", t.Host, err))
			}
		}
		for _, addr := range addrs {
			if err := eng.Gate.Check(addr); err != nil {
				return nil, refuse(fmt.Errorf("target %s: %w", t.Host, err))
			}
			all = append(all, Checked{survey.Candidate{Host: t.Host, Address: addr, Port: t.Port, HTTPURL: t.URL}, nil})
		}
	}
	return all, nil
}
