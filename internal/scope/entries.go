package scope

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"leadglass/internal/survey"
)

// entry is a prefix (an address is a prefix of full length) with its place.
type entry struct {
	prefix netip.Prefix
	at     position
}

func (e entry) String() string { return prefixText(e.prefix) }

// prefixText is a prefix as a person writes it: a single address without /32.
func prefixText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// noHostIn is the special-purpose block that p lies in and in which there are no
// hosts.
func noHostIn(p netip.Prefix) (survey.SpecialPurpose, bool) {
	block, ok := survey.Special(p.Addr())
	return block, ok && block.NoHost != "" && block.Prefix.Bits() <= p.Bits()
}

// mistake is what is wrong with an entry, and what to do.
type mistake struct{ what, remedy string }

// parsePrefix reads an address or a prefix. IPv4-mapped IPv6 is returned as
// the IPv4 it stands for.
func parsePrefix(s string) (netip.Prefix, *mistake) {
	if strings.Contains(s, "%") {
		return netip.Prefix{}, &mistake{shown(s) + " has a zone", "give the address without %ZONE"}
	}
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil && twoAddresses(s) {
			return netip.Prefix{}, &mistake{shown(s) + " looks like a range of addresses", "write its prefixes, one an entry; exclude files may hold ranges"}
		}
		if err != nil {
			return netip.Prefix{}, &mistake{shown(s) + " is neither an address nor a prefix", "write it like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/120"}
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, &mistake{shown(s) + " is not a prefix", "write it like 192.0.2.0/24 or 2001:db8::/120"}
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return netip.Prefix{}, &mistake{shown(s) + " has bits set behind the prefix",
			fmt.Sprintf("write %s for the network or %s for the one address", p.Masked(), p.Addr())}
	}
	return p, nil
}

// twoAddresses reports whether s is two addresses with something between them.
func twoAddresses(s string) bool {
	ends := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t,;-\u2013\u2014", r) })
	if len(ends) != 2 {
		return false
	}
	_, err1 := netip.ParseAddr(ends[0])
	_, err2 := netip.ParseAddr(ends[1])
	return err1 == nil && err2 == nil
}

func (d *draft) includes(n ast.Node) {
	d.includeAt = nodePosition(n)
	d.list(n, "include", d.includeEntry)
	if len(d.include)+len(d.names) == 0 {
		d.fail(d.includeAt, "include is empty", "list the addresses, prefixes or host names that the authority allows")
	}
}

func (d *draft) includeEntry(n ast.Node) {
	s, ok := d.scalar(n, "include entry")
	if !ok {
		return
	}
	at := nodePosition(n)
	if isNameLike(s) {
		name, wrong := parseName(s)
		if wrong != nil {
			d.fail(at, "include entry "+wrong.what, wrong.remedy)
			return
		}
		if first, ok := d.seenNames[name]; ok {
			d.fail(at, fmt.Sprintf("%s is included already in line %d", name, first.line), "remove one")
		}
		d.seenNames[name] = at
		d.names = append(d.names, located{name, at})
		return
	}
	p, wrong := parsePrefix(s)
	if wrong != nil {
		d.fail(at, "include entry "+wrong.what, wrong.remedy)
		return
	}
	if no, ok := noHostIn(p); ok {
		d.fail(at, fmt.Sprintf("include entry %s lies in %s, %s", prefixText(p), no.Prefix, no.NoHost), "remove it")
	}
	d.include = append(d.include, entry{p, at})
}

// isNameLike tells host names from addresses: a name has no colon and no
// slash, and its last label is not a number.
func isNameLike(s string) bool {
	if strings.ContainsAny(s, ":/%") {
		return strings.Contains(s, "://") || looksLikeHostPort(s)
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	last := labels[len(labels)-1]
	return last != "" && strings.Trim(last, "0123456789") != ""
}

func looksLikeHostPort(s string) bool {
	host, port, _ := strings.Cut(s, ":")
	return host != "" && port != "" && strings.Trim(port, "0123456789") == ""
}

// parseName checks a host name (RFC 1123 2.1) and returns it in lower case
// without a trailing dot.
func parseName(s string) (string, *mistake) {
	if u, err := url.Parse(s); err == nil && strings.Contains(s, "://") {
		return "", &mistake{shown(s) + " is a web address", "give only the host: " + u.Hostname()}
	}
	if looksLikeHostPort(s) {
		return "", &mistake{shown(s) + " has a port", "give only the host; ports belong under ports.dicom or ports.http"}
	}
	name := normalName(s)
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if !validLabel(label) {
			return "", &mistake{shown(s) + " is not a host name, an address or a prefix",
				"write it like pacs.example.org or 192.0.2.0/24; names with other letters in their xn-- form"}
		}
	}
	if len(name) > 253 {
		return "", &mistake{shown(s) + " is longer than a host name can be", "shorten it"}
	}
	return name, nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func normalName(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

func (d *draft) excludes(n ast.Node) {
	d.list(n, "exclude", func(n ast.Node) {
		s, ok := d.scalar(n, "exclude entry")
		if !ok {
			return
		}
		at := nodePosition(n)
		if isNameLike(s) {
			d.fail(at, "exclude entry "+shown(s)+" is a name, and names change their addresses", "exclude its addresses")
			return
		}
		p, wrong := parsePrefix(s)
		if wrong != nil {
			d.fail(at, "exclude entry "+wrong.what, wrong.remedy)
			return
		}
		if first, ok := d.seenExcludes[p]; ok {
			d.fail(at, fmt.Sprintf("%s is excluded already in line %d", prefixText(p), first.line), "remove one")
		}
		d.seenExcludes[p] = at
		d.exclude = append(d.exclude, entry{p, at})
	})
}

func (d *draft) excludeFileNames(n ast.Node) {
	d.list(n, "exclude_files", func(n ast.Node) {
		var name string
		d.text("exclude_files entry", &name)(n)
		d.excludeFiles = append(d.excludeFiles, located{name, nodePosition(n)})
	})
}
