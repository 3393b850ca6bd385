package scope

import (
	"fmt"
	"net/netip"
	"strings"
)

// special are the prefixes of IANA's special-purpose address registries (RFC
// 6890, https://www.iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry, of 2025) that are not globally reachable, and
// those of mechanisms that stand for addresses of others. Who includes a
// larger prefix hardly means them: they are swept only where an include entry
// lies within. Those that no host can have are in nowhere.
func special() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{
		"10.0.0.0/8",      // private use (RFC 1918)
		"100.64.0.0/10",   // shared address space (RFC 6598)
		"127.0.0.0/8",     // loopback (RFC 1122)
		"169.254.0.0/16",  // link local (RFC 3927)
		"172.16.0.0/12",   // private use (RFC 1918)
		"192.0.0.0/24",    // IETF protocol assignments (RFC 6890)
		"192.0.2.0/24",    // documentation (RFC 5737)
		"192.88.99.0/24",  // deprecated 6to4 relays (RFC 7526)
		"192.168.0.0/16",  // private use (RFC 1918)
		"198.18.0.0/15",   // benchmarking (RFC 2544)
		"198.51.100.0/24", // documentation (RFC 5737)
		"203.0.113.0/24",  // documentation (RFC 5737)
		"::1/128",         // loopback (RFC 4291)
		"64:ff9b::/96",    // translation to IPv4 (RFC 6052)
		"64:ff9b:1::/48",  // local translation to IPv4 (RFC 8215)
		"100::/64",        // discard only (RFC 6666)
		"100:0:0:1::/64",  // dummy (RFC 9780)
		"2001::/23",       // IETF protocol assignments, Teredo (RFC 2928, RFC 4380)
		"2001:db8::/32",   // documentation (RFC 3849)
		"2002::/16",       // 6to4 (RFC 3056)
		"3fff::/20",       // documentation (RFC 9637)
		"5f00::/16",       // segment routing (RFC 9602)
		"fc00::/7",        // unique local (RFC 4193)
	} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// excludeSpecial excludes the special-purpose prefixes that an include entry
// holds among others, and says so.
func (d *draft) excludeSpecial() {
	all := special()
	for _, e := range d.include {
		if e.prefix.Addr().BitLen()-e.prefix.Bits() > maxEnumeratedBits && e.prefix.Addr().Is6() {
			continue // it is not swept: its hosts are named one by one
		}
		var within []string
		for _, p := range all {
			if e.prefix.Bits() < p.Bits() && e.prefix.Contains(p.Addr()) {
				d.scope.lists.excluded.add(rangeOf(p))
				within = append(within, p.String())
			}
		}
		if len(within) > 0 {
			d.scope.Warnings = append(d.scope.Warnings, fmt.Sprintf(
				"%s:%d:%d: of %s, addresses for special purposes are left out: %s; include by themselves what is meant",
				d.file, e.at.line, e.at.column, e, strings.Join(within, ", ")))
		}
	}
}
