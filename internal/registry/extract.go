package registry

import (
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openrdap/rdap"

	"leadglass/internal/survey"
)

// Bounds of an answer, in bytes and in levels of entities within entities.
const (
	maxText   = 200
	maxEmail  = 254 // RFC 5321 4.5.3.1.3, without the angle brackets
	maxDepth  = 4
	maxVisits = 1000
)

// The largest networks that somebody can hold: an IPv4 /8. What is larger is
// the registry's own block, or all of the Internet, by which registries say
// that they know nothing.
const (
	largest4 = 8
	largest6 = 12
)

// fill takes from an answer what is kept of it.
func fill(r *survey.Registration, n *rdap.IPNetwork, addr netip.Addr) error {
	from, err1 := netip.ParseAddr(n.StartAddress)
	to, err2 := netip.ParseAddr(n.EndAddress)
	if err1 != nil || err2 != nil || from.BitLen() != addr.BitLen() || to.BitLen() != addr.BitLen() || addr.Less(from) || to.Less(addr) {
		return fmt.Errorf("%w: it is about another network", ErrAnswer)
	}
	if commonBits(from, to) < map[int]int{32: largest4, 128: largest6}[addr.BitLen()] {
		return nil
	}
	r.Handle = printable(n.Handle)
	if code := strings.ToUpper(n.Country); survey.IsCountry(code) {
		r.Country = code
	}
	entities := flatten(n.Entities)
	for _, e := range entities {
		if !slices.Contains(e.Roles, "abuse") {
			continue
		}
		if r.Email == "" {
			r.Email = email(e.VCard)
		}
	}
	for _, role := range []string{"registrant", "abuse"} {
		for _, e := range entities {
			if r.Organisation == "" && slices.Contains(e.Roles, role) {
				r.Organisation = organisation(e.VCard)
			}
		}
	}
	return nil
}

// commonBits is how many leading bits two addresses have in common.
func commonBits(a, b netip.Addr) int {
	for bits := a.BitLen(); bits > 0; bits-- {
		if p, err := a.Prefix(bits); err == nil && p.Contains(b) {
			return bits
		}
	}
	return 0
}

// flatten lists entities and those within them, the outer ones first: some
// registries name the abuse contact within the holder.
func flatten(level []rdap.Entity) []*rdap.Entity {
	var all []*rdap.Entity
	for depth := 0; depth < maxDepth && len(level) > 0 && len(all) < maxVisits; depth++ {
		var next []rdap.Entity
		for i := range level[:min(len(level), maxVisits-len(all))] {
			all = append(all, &level[i])
			next = append(next, level[i].Entities...)
		}
		level = next
	}
	return all
}

// email is the first address of a card that is one.
func email(v *rdap.VCard) string {
	if v == nil {
		return ""
	}
	for _, p := range v.Get("email") {
		for _, value := range p.Values() {
			value = strings.TrimSpace(value)
			if a, err := mail.ParseAddress(value); err == nil && a.Address == value && len(value) <= maxEmail && printable(value) == value {
				return value
			}
		}
	}
	return ""
}

// organisation is the name of an organisation or of a group, and nothing where
// the card is of a person (RFC 6350 6.1.4: as are cards that do not say).
func organisation(v *rdap.VCard) string {
	if v == nil {
		return ""
	}
	name := "org"
	if kind := v.GetFirst("kind"); kind != nil && slices.ContainsFunc(kind.Values(), func(k string) bool {
		return strings.EqualFold(k, "org") || strings.EqualFold(k, "group")
	}) {
		name = "fn"
	}
	p := v.GetFirst(name)
	if p == nil {
		return ""
	}
	return printable(strings.Join(p.Values(), " "))
}

// printable is s on one line, without what cannot be printed, and no longer
// than the bound.
func printable(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)), " ")
	for len(s) > maxText {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
