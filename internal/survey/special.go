package survey

import "net/netip"

// SpecialPurpose is a block of addresses that IANA keeps for a special purpose:
// none of them belongs to a host that somebody has on the public Internet.
type SpecialPurpose struct {
	Prefix netip.Prefix
	// Use says what for, and which document says so.
	Use string
	// NoHost says why no host has such an address; empty where one can.
	NoHost string
}

// SpecialPurposes are the blocks of IANA's special-purpose address registries
// (RFC 6890, https://www.iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry, of 2025) that are not globally reachable, those of
// mechanisms whose addresses stand for addresses of others, and, of the
// registries of address space, multicast and what is reserved. It is the only
// such table: Public, and what a scope leaves out, follow it. Blocks that the
// registries call globally reachable and that have an owner (AS112, AMT relays)
// are not among them.
func SpecialPurposes() []SpecialPurpose {
	return specialPurposes
}

// Why no host has an address.
const (
	noHost    = "which no host can have"
	multicast = "multicast groups, not hosts"
	reserved4 = "reserved addresses, not hosts"
	linkLocal = "link-local addresses, which need a zone"
)

var specialPurposes = []SpecialPurpose{
	special("0.0.0.0/8", "this network (RFC 791)", noHost), // systems connect to themselves instead
	special("10.0.0.0/8", "private use (RFC 1918)", ""),
	special("100.64.0.0/10", "shared address space (RFC 6598)", ""),
	special("127.0.0.0/8", "loopback (RFC 1122)", ""),
	special("169.254.0.0/16", "link local (RFC 3927)", ""),
	special("172.16.0.0/12", "private use (RFC 1918)", ""),
	special("192.0.0.0/24", "IETF protocol assignments (RFC 6890)", ""),
	special("192.0.2.0/24", "documentation (RFC 5737)", ""),
	special("192.88.99.0/24", "deprecated 6to4 relays (RFC 7526)", ""),
	special("192.168.0.0/16", "private use (RFC 1918)", ""),
	special("198.18.0.0/15", "benchmarking (RFC 2544)", ""),
	special("198.51.100.0/24", "documentation (RFC 5737)", ""),
	special("203.0.113.0/24", "documentation (RFC 5737)", ""),
	special("224.0.0.0/4", "multicast (RFC 5771)", multicast),
	special("240.0.0.0/4", "reserved (RFC 1112)", reserved4),

	special("::/128", "the unspecified address (RFC 4291)", "the unspecified address, not a host"),
	special("::1/128", "loopback (RFC 4291)", ""),
	special("::/96", "deprecated IPv4-compatible addresses (RFC 4291)", ""),
	special("::ffff:0:0:0/96", "translation to IPv4 (RFC 2765)", ""),
	special("64:ff9b::/96", "translation to IPv4 (RFC 6052)", ""),
	special("64:ff9b:1::/48", "local translation to IPv4 (RFC 8215)", ""),
	special("100::/64", "discard only (RFC 6666)", ""),
	special("100:0:0:1::/64", "dummy (RFC 9780)", ""),
	special("2001::/23", "IETF protocol assignments, Teredo (RFC 2928, RFC 4380)", ""),
	special("2001:db8::/32", "documentation (RFC 3849)", ""),
	special("2002::/16", "6to4 (RFC 3056)", ""),
	special("3fff::/20", "documentation (RFC 9637)", ""),
	special("5f00::/16", "segment routing (RFC 9602)", ""),
	special("fc00::/7", "unique local (RFC 4193)", ""),
	special("fe80::/10", "link local (RFC 4291)", linkLocal),
	special("fec0::/10", "deprecated site local (RFC 3879)", ""),
	special("ff00::/8", "multicast (RFC 4291)", multicast),
}

func special(prefix, use, why string) SpecialPurpose {
	return SpecialPurpose{Prefix: netip.MustParsePrefix(prefix), Use: use, NoHost: why}
}

// globalUnicast is all of IPv6 that is assigned to hosts of the Internet (RFC
// 4291 2.4, IANA's registry of IPv6 address space).
var globalUnicast = netip.MustParsePrefix("2000::/3")

// wellKnownNAT64 is the one block of the table that the registry calls globally
// reachable: its addresses stand for IPv4 addresses that are (RFC 6052 3.1).
var wellKnownNAT64 = netip.MustParsePrefix("64:ff9b::/96")

// Special returns the block that addr lies in, the most specific; ok is false
// for an address that can belong to a host of the Internet by itself. An IPv6
// address outside of what is assigned lies in the block of the rest.
func Special(addr netip.Addr) (block SpecialPurpose, ok bool) {
	addr = addr.Unmap().WithZone("")
	for _, s := range specialPurposes {
		if s.Prefix.Contains(addr) && (!ok || s.Prefix.Bits() > block.Prefix.Bits()) {
			block, ok = s, true
		}
	}
	if !ok && addr.Is6() && !globalUnicast.Contains(addr) {
		return SpecialPurpose{Prefix: netip.PrefixFrom(netip.IPv6Unspecified(), 0), Use: "reserved (RFC 4291)"}, true
	}
	return block, ok
}

// Public reports whether an address can belong to somebody on the public
// Internet: it is in no block of SpecialPurposes. One that is translated to IPv4
// by the well-known prefix is judged as the IPv4 address.
func Public(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsValid() {
		return false
	}
	if wellKnownNAT64.Contains(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	_, is := Special(addr)
	return !is
}
