package scope

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/gaissmai/bart"
)

// maxEnumeratedBits is the size, as a power of two, of the largest IPv6 prefix
// that is enumerated. Larger ones are permitted but not swept.
const maxEnumeratedBits = 20

// build turns the draft into the lists that Check decides by, and refuses
// entries that contradict each other.
func (d *draft) build(now time.Time) {
	s := d.scope
	s.lists = &lists{
		validFrom:  s.Authority.ValidFrom,
		validUntil: s.Authority.ValidUntil,
		names:      map[string]bool{},
		done:       map[string]bool{},
	}
	d.checkValidity(now)
	for _, n := range d.names {
		s.Names = append(s.Names, n.text)
		s.lists.names[n.text] = true
	}
	s.lists.pinning = len(d.include) == 0
	included := d.insertIncludes()
	fromFiles := d.readExcludeFiles()
	if d.err == nil {
		d.checkExcludes()
	}
	if d.err != nil {
		return
	}
	excluded := fromFiles
	for _, e := range d.exclude {
		excluded = append(excluded, e.prefix)
	}
	remaining := s.lists.setExcluded(included, excluded)
	if remaining == 0 && len(d.names) == 0 {
		d.fail(d.includeAt, "the exclusions leave nothing of the include list", "include something that is not excluded")
	}
	d.warnRemovedWhole(fromFiles)
	d.resolveOverlay()
}

func (d *draft) checkValidity(now time.Time) {
	a := d.scope.Authority
	switch {
	case now.Before(a.ValidFrom):
		d.fail(d.validFromAt, "the scope is not valid before "+day(a.ValidFrom), "wait until then, or have the authority correct valid_from")
	case !now.Before(a.ValidUntil):
		d.fail(d.validUntilAt, "the scope's validity ended on "+day(a.ValidUntil.Add(-time.Second)), "have the authority renew it and correct valid_until")
	}
}

// insertIncludes refuses entries that overlap. In order of address and then
// length, an entry that overlaps any other overlaps its neighbour.
func (d *draft) insertIncludes() []netip.Prefix {
	sorted := slices.Clone(d.include)
	slices.SortStableFunc(sorted, func(a, b entry) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()))
	})
	var out []netip.Prefix
	for i, e := range sorted {
		d.scope.lists.included.Insert(e.prefix)
		out = append(out, e.prefix)
		if i == 0 || !sorted[i-1].prefix.Overlaps(e.prefix) {
			continue
		}
		outer, inner := sorted[i-1], e
		what := fmt.Sprintf("%s lies within %s, included in line %d", inner, outer, outer.at.line)
		at := inner.at
		if inner.prefix == outer.prefix {
			what = fmt.Sprintf("%s is included already in line %d", inner, outer.at.line)
		}
		d.fail(at, what, "remove one")
	}
	return out
}

func (d *draft) readExcludeFiles() []netip.Prefix {
	var out []netip.Prefix
	for _, f := range d.excludeFiles {
		path := d.relative(f.text)
		data, err := readRegular(path, maxExcludeFile)
		if err != nil {
			d.fail(f.at, "exclude file "+shown(f.text)+" "+err.Error(), "correct the path; it is relative to the scope file")
			continue
		}
		prefixes, err := ParseExcludes(path, data)
		if err != nil && d.err == nil {
			d.err = err.(*ConfigError)
		}
		out = append(out, prefixes...)
	}
	return out
}

// checkExcludes refuses an exclude entry of the scope file itself that takes
// an include entry away whole: one of the two is a mistake. One that lies
// outside of every include entry may be a slip, or harmless: a warning.
func (d *draft) checkExcludes() {
	where := new(bart.Table[int])
	for _, e := range d.include {
		where.Insert(e.prefix, e.at.line)
	}
	for _, x := range d.exclude {
		for p, line := range where.Subnets(x.prefix) {
			d.fail(x.at, fmt.Sprintf("%s excludes the whole of %s, included in line %d", x, prefixText(p), line), "remove one of the two")
			return
		}
		if len(d.names) == 0 && !where.OverlapsPrefix(x.prefix) {
			d.scope.Warnings = append(d.scope.Warnings,
				fmt.Sprintf("%s:%d:%d: %s is excluded but lies outside of every include entry", d.file, x.at.line, x.at.column, x))
		}
	}
}

// warnRemovedWhole tells of include entries that an exclude file takes away,
// which is what an opt-out is for.
func (d *draft) warnRemovedWhole(fromFiles []netip.Prefix) {
	files := new(bart.Lite)
	for _, p := range fromFiles {
		files.Insert(p)
	}
	for _, e := range d.include {
		if files.LookupPrefix(e.prefix) {
			d.scope.Warnings = append(d.scope.Warnings,
				fmt.Sprintf("%s:%d:%d: %s is excluded whole by an exclude file", d.file, e.at.line, e.at.column, e))
		}
	}
}

func (d *draft) resolveOverlay() {
	s := d.scope
	if s.Overlay == "" {
		return
	}
	path := d.relative(s.Overlay)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		d.fail(d.overlayAt, fmt.Sprintf("overlay %s cannot be read: %v", shown(s.Overlay), reasonOf(err)),
			"correct the path; it is relative to the scope file")
	case !info.Mode().IsRegular():
		d.fail(d.overlayAt, "overlay "+shown(s.Overlay)+" is not a regular file", "name a CSV file")
	}
	s.Overlay = path
}

// setExcluded sets the exclusions and the ranges to enumerate, and returns how
// many ranges are left of the included prefixes, which must be sorted.
func (l *lists) setExcluded(included, excluded []netip.Prefix) int {
	for _, no := range nowhere {
		excluded = append(excluded, no.prefix)
	}
	for _, p := range excluded {
		l.excluded.Insert(p)
	}
	if l.pinning || l.included.OverlapsPrefix(nat64) {
		for _, p := range excluded {
			if p.Addr().Is4() {
				mapped := throughNAT64(p)
				l.excluded.Insert(mapped)
				excluded = append(excluded, mapped)
			}
		}
	}
	var all []addrRange
	var rawTotal uint64
	for _, p := range included {
		r := rangeOf(p)
		all = append(all, r)
		if p.Addr().Is6() && p.Addr().BitLen()-p.Bits() > maxEnumeratedBits {
			l.tooLarge = append(l.tooLarge, p)
			continue
		}
		l.raw = append(l.raw, r)
		rawTotal += r.size()
		l.rawEnds = append(l.rawEnds, rawTotal)
	}
	out := merged(excluded)
	l.enumerated = subtract(l.raw, out)
	return len(subtract(all, out))
}

func throughNAT64(p netip.Prefix) netip.Prefix {
	b, v4 := nat64.Addr().As16(), p.Addr().As4()
	copy(b[12:], v4[:])
	return netip.PrefixFrom(netip.AddrFrom16(b), 96+p.Bits())
}
