package scope

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"

	"leadglass/internal/survey"
)

// maxPinned is how many addresses one name may bring into the scope.
const maxPinned = 64

// Resolved takes the addresses that a host name was resolved to and returns
// those of them that may be touched; an error when there are none.
//
// What a name permits depends on the scope file:
//
//   - A scope that includes prefixes or addresses: the name must resolve inside
//     them. A name permits nothing by itself.
//   - A scope that includes only names: the addresses of a name's first
//     resolution are permitted from then on, 64 at most, unless excluded or kept
//     for special purposes (survey.Special): who writes a name means a host of
//     the Internet, and its zone could point at any machine within a network. A
//     later answer permits nothing more, whoever gives it.
//
// An implicit scope permits the first resolution of its targets when an
// authorisation was given, and otherwise only what it permits anyway. A name
// that the scope does not list permits nothing in any scope. Exclusions win
// always.
func (s *Scope) Resolved(name string, answers []netip.Addr) ([]netip.Addr, error) {
	if s == nil || s.lists == nil {
		return nil, ErrNotLoaded
	}
	if len(answers) == 0 {
		return nil, fmt.Errorf("%s has no address: %w", name, ErrOutside)
	}
	s.lists.pin(normalName(name), answers)
	var allowed []netip.Addr
	var refusal error
	for _, a := range answers {
		if err := s.lists.permits(a); err != nil {
			refusal = s.lists.unpinned(name, a, err)
			continue
		}
		allowed = append(allowed, a.Unmap())
	}
	if len(allowed) == 0 {
		return nil, fmt.Errorf("%s resolves to %w", name, refusal)
	}
	return allowed, nil
}

// MayResolve reports whether resolving a name could permit anything: in a scope
// that includes only names, a name that it does not list permits nothing.
func (s *Scope) MayResolve(name string) bool {
	return s != nil && s.lists != nil && (!s.lists.pinning || s.lists.names[normalName(name)])
}

// unpinned is err, why an answer for a name may not be touched, in the words for
// an address that no name can bring.
func (l *lists) unpinned(name string, a netip.Addr, err error) error {
	block, special := survey.Special(a)
	if !special || !l.pinning || !l.names[normalName(name)] || !errors.Is(err, ErrOutside) || l.outsideHint != "" {
		return err
	}
	return fmt.Errorf("%s: %w: addresses for %s are permitted by a prefix of the include list only", a, ErrOutside, block.Use)
}

func (l *lists) pin(name string, answers []netip.Addr) {
	if !l.pinning || !l.names[name] {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done[name] {
		return
	}
	l.done[name] = true
	pinned := map[netip.Addr]struct{}{}
	if old := l.pinned.Load(); old != nil {
		maps.Copy(pinned, *old)
	}
	for _, a := range answers[:min(len(answers), maxPinned)] {
		if _, special := survey.Special(a); a.IsValid() && a.Zone() == "" && !special && !l.excludes(a.Unmap()) {
			pinned[a.Unmap()] = struct{}{}
		}
	}
	l.pinned.Store(&pinned)
}
