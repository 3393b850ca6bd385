package scope

import "net/netip"

// Ranges are the addresses that a sweep of the scope tries, as pairs of the
// first and the last, sorted and apart from each other; exclusions are left
// out. Addresses that host names bring are not among them.
func (s *Scope) Ranges() [][2]netip.Addr {
	if s == nil || s.lists == nil {
		return nil
	}
	out := [][2]netip.Addr{}
	for r := range s.lists.enumerated() {
		out = append(out, [2]netip.Addr{r.from, r.to})
	}
	return out
}
