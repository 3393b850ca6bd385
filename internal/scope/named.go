package scope

import "net/netip"

// Named reports whether the scope names addr by itself: as a single address,
// or through a host name. What is named by itself is reported on even when it
// does not answer.
func (s *Scope) Named(addr netip.Addr) bool {
	if s == nil || s.lists == nil || !addr.IsValid() {
		return false
	}
	addr = addr.Unmap()
	if pinned := s.lists.pinned.Load(); pinned != nil {
		if _, ok := (*pinned)[addr]; ok {
			return true
		}
	}
	p, ok := s.lists.included.LookupPrefixLPM(netip.PrefixFrom(addr, addr.BitLen()))
	return ok && p.IsSingleIP()
}
