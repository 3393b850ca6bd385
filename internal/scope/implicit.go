package scope

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// near are the addresses that one may check without asking anybody: one's own
// machine (RFC 1122, RFC 4291) and private networks (RFC 1918, RFC 4193). Link
// local addresses are not among them.
var near = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("fc00::/7"),
}

// ForTargets is the scope of a check without a scope file. hosts are addresses
// and host names, without ports. Loopback and private addresses are permitted;
// with authorisedBy, who allowed it, also the hosts themselves. Without it, a
// public address is refused at once, and a name that resolves to public
// addresses only is refused when it is resolved.
//
// The scope has no validity dates and no exclusions; Addresses yields the
// hosts that are addresses, not the private networks.
func ForTargets(hosts []string, authorisedBy string) (*Scope, error) {
	authorisedBy = strings.TrimSpace(authorisedBy)
	s := defaults()
	s.Name = "check"
	s.Authority.Organisation = authorisedBy
	s.Rate.PerNetwork.ProbesPerSecond = s.Rate.ProbesPerSecond
	l := &lists{names: map[string]bool{}, done: map[string]bool{}, pinning: authorisedBy != ""}
	if authorisedBy == "" {
		l.outsideHint = "; give the scope file that holds it with --scope FILE, or say who allowed the check with --authorised-by TEXT"
	}
	s.lists = l
	for _, p := range near {
		l.included.Insert(p)
	}
	targets := map[netip.Prefix]bool{}
	for _, host := range hosts {
		if err := s.addTarget(host, authorisedBy != "", targets); err != nil {
			return nil, err
		}
	}
	var sorted []netip.Prefix
	for p := range targets {
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	l.setRanges(sorted)
	return s, nil
}

func (s *Scope) addTarget(host string, authorised bool, targets map[netip.Prefix]bool) error {
	l := s.lists
	if isNameLike(host) {
		name, wrong := parseName(host)
		if wrong != nil {
			return &ConfigError{What: "target " + wrong.what, Remedy: wrong.remedy}
		}
		if !l.names[name] {
			s.Names = append(s.Names, name)
		}
		l.names[name] = true
		return nil
	}
	p, wrong := parsePrefix(host)
	if wrong != nil {
		return &ConfigError{What: "target " + wrong.what, Remedy: wrong.remedy}
	}
	if !p.IsSingleIP() {
		return &ConfigError{What: fmt.Sprintf("target %s is a network", p), Remedy: "survey networks with leadglass survey --scope FILE"}
	}
	if no, ok := noHostIn(p); ok {
		return &ConfigError{What: fmt.Sprintf("target %s lies in %s, %s", p.Addr(), no.Prefix, no.NoHost), Remedy: "name a host"}
	}
	if !authorised && !l.included.Contains(p.Addr()) {
		return &ConfigError{What: fmt.Sprintf("target %s is a public address", p.Addr()), Remedy: strings.TrimPrefix(l.outsideHint, "; ")}
	}
	l.included.Insert(p)
	targets[p] = true
	return nil
}
