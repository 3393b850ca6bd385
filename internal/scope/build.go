package scope

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/gaissmai/bart"

	"leadglass/internal/strictyaml"
	"leadglass/internal/survey"
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
	d.checkSimulated()
	if !d.stored {
		d.readExcludeFiles()
	}
	if d.err == nil {
		d.checkExcludes()
	}
	if d.err != nil {
		return
	}
	d.warnRemovedWhole()
	for _, e := range d.exclude {
		s.lists.excluded.add(rangeOf(e.prefix))
	}
	d.excludeSpecial()
	if !s.lists.setRanges(included) && len(d.names) == 0 {
		d.fail(d.includeAt, "the exclusions leave nothing of the include list", "include something that is not excluded")
	}
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

// checkSimulated refuses a scope that calls itself simulated and is more than
// this machine: what is real must not be reported as made up.
func (d *draft) checkSimulated() {
	if !d.scope.Simulated {
		return
	}
	const remedy = "leave simulated out: only surveys of a simulated fleet on this machine say so"
	for _, n := range d.names {
		d.fail(d.simulatedAt, "simulated: true with the host name "+shown(n.text), remedy)
		return
	}
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for _, e := range d.include {
		if !(e.prefix.Addr().IsLoopback() && (e.prefix.Bits() >= loopback.Bits() && e.prefix.Addr().Is4() || e.prefix.IsSingleIP())) {
			d.fail(d.simulatedAt, fmt.Sprintf("simulated: true with %s, which is no loopback address", e), remedy)
			return
		}
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

// readExcludeFiles adds what the exclude files hold to the exclusions.
func (d *draft) readExcludeFiles() {
	x := &d.scope.lists.excluded
	for _, f := range d.excludeFiles {
		path := d.relative(f.text)
		file, err := strictyaml.Open(path, maxExcludeFile)
		if err != nil {
			d.fail(f.at, "exclude file "+shown(f.text)+" "+err.Error(), "correct the path; it is relative to the scope file")
			continue
		}
		err = ParseExcludes(path, file, func(from, to netip.Addr) { x.add(addrRange{from, to}) })
		_ = file.Close()
		if err != nil && d.err == nil {
			d.err = err.(*ConfigError)
		}
	}
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
// which is what an opt-out is for. Nothing but the files is in the exclusions
// yet.
func (d *draft) warnRemovedWhole() {
	x := &d.scope.lists.excluded
	x.settle()
	for _, e := range d.include {
		if x.covers(rangeOf(e.prefix)) {
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
	if d.stored {
		d.fail(d.overlayAt, "overlay "+shown(s.Overlay)+" is not kept with the survey", "name the scope file, with the overlay beside it, with --scope")
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

// setRanges sets the ranges to enumerate from the included prefixes, which
// must be sorted, and settles the exclusions. It reports whether anything is
// left of what is included.
func (l *lists) setRanges(included []netip.Prefix) (left bool) {
	l.special.plain = true
	for _, s := range survey.SpecialPurposes() {
		if s.NoHost != "" {
			l.special.add(rangeOf(s.Prefix))
		}
	}
	l.special.settle()
	l.excluded.settle()
	var rawTotal uint64
	for _, p := range included {
		r := rangeOf(p)
		left = left || l.leaves(r)
		if p.Addr().Is6() && p.Addr().BitLen()-p.Bits() > maxEnumeratedBits {
			l.tooLarge = append(l.tooLarge, p)
			continue
		}
		l.raw = append(l.raw, r)
		rawTotal += r.size()
		l.rawEnds = append(l.rawEnds, rawTotal)
	}
	l.measure()
	return left
}

// measure counts the addresses to enumerate.
func (l *lists) measure() {
	l.size = 0
	for r := range l.enumerated() {
		l.size += r.size()
	}
}
