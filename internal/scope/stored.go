package scope

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// ParseStored reads the text of a scope file that was kept with a survey, and
// not the exclude files that it names: what they held is kept with the survey too
// (see Exclude), and must be added before the scope is used. name stands for the
// text in messages.
func ParseStored(name, text string, now time.Time) (*Scope, error) {
	return parse(name, []byte(text), now, true)
}

// Exclusions are the addresses that the authority excludes, of the scope file,
// its exclude files and Exclude together, in a form in which they are kept; the
// same for the same addresses. What is left out as special is not among them.
func (s *Scope) Exclusions() []byte {
	if s == nil || s.lists == nil {
		return nil
	}
	x := &s.lists.excluded
	b := binary.BigEndian.AppendUint32(nil, uint32(len(x.v4)))
	for _, r := range x.v4 {
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, r.from), r.to)
	}
	for _, r := range x.v6 {
		b = append(append(b, r.from.AsSlice()...), r.to.AsSlice()...)
	}
	return b
}

// errExclusions: the text is none of Exclusions.
var errExclusions = errors.New("the stored exclusions are damaged")

// Exclude adds addresses that Exclusions gave, of another process or another
// time. Exclusions are only ever added. It must not be called while the scope is
// in use. Where nothing is new, added is false.
func (s *Scope) Exclude(kept []byte) (added bool, err error) {
	if s == nil || s.lists == nil {
		return false, ErrNotLoaded
	}
	ranges, err := readExclusions(kept)
	if err != nil {
		return false, err
	}
	x := &s.lists.excluded
	for _, r := range ranges {
		if !x.covers(r) {
			added = true
			break
		}
	}
	if !added {
		return false, nil
	}
	for _, r := range ranges {
		x.add(r)
	}
	x.settle()
	s.lists.measure()
	s.lists.unpin()
	return true, nil
}

// readExclusions reads what Exclusions wrote.
func readExclusions(b []byte) ([]addrRange, error) {
	if len(b) < 4 {
		return nil, errExclusions
	}
	n, b := uint64(binary.BigEndian.Uint32(b)), b[4:]
	if uint64(len(b)) < 8*n || (uint64(len(b))-8*n)%32 != 0 {
		return nil, errExclusions
	}
	out := make([]addrRange, 0, n)
	for ; n > 0; n, b = n-1, b[8:] {
		out = append(out, addrRange{netip.AddrFrom4([4]byte(b[:4])), netip.AddrFrom4([4]byte(b[4:8]))})
	}
	for ; len(b) > 0; b = b[32:] {
		out = append(out, addrRange{netip.AddrFrom16([16]byte(b[:16])), netip.AddrFrom16([16]byte(b[16:32]))})
	}
	for _, r := range out {
		if r.to.Less(r.from) || r.from.Is4In6() || r.to.Is4In6() {
			return nil, errExclusions
		}
	}
	return out, nil
}

// unpin takes addresses that are excluded away from those that names brought.
func (l *lists) unpin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.pinned.Load()
	if old == nil {
		return
	}
	pinned := map[netip.Addr]struct{}{}
	for a := range *old {
		if !l.excludes(a) {
			pinned[a] = struct{}{}
		}
	}
	l.pinned.Store(&pinned)
}

// ByName reports whether host names permit addresses by themselves: the scope
// includes no prefix (see Resolved).
func (s *Scope) ByName() bool { return s != nil && s.lists != nil && s.lists.pinning }

// PermitsPort reports whether a port may be tried on the hosts of the scope: it
// is one of the scope's, or the scope allows those that files of candidates name.
func (s *Scope) PermitsPort(port uint16) bool {
	if s == nil || port == 0 {
		return false
	}
	if s.Allow.CandidatePorts {
		return true
	}
	for _, list := range [][]uint16{s.Ports.DICOM, s.Ports.HTTP, s.Ports.HL7} {
		for _, p := range list {
			if p == port {
				return true
			}
		}
	}
	return false
}
