package dicom

import "encoding/binary"

// maxPlanned bounds how many elements a Finder expects in a data set; longer
// ones are read the slow way.
const maxPlanned = 32

// Finder finds the values of a few elements in many data sets of the same
// sender. Such data sets hold the same elements in the same order, so that a
// comparison with the last one saves taking each apart. It finds what Elements
// finds, in place and without allocating.
type Finder struct {
	syntax Syntax
	want   []Tag
	values [][]byte
	vrs    []VR
	plan   [maxPlanned]planned
	n      int
	err    error
}

// planned is an element expected next.
type planned struct {
	// header is what the element began with in the last data set: tag and, in
	// explicit VR, value representation.
	header uint64
	// index is the place of the value in values, -1 for elements not wanted.
	index int
}

// NewFinder returns a finder of the elements want in data sets of syntax s.
func NewFinder(s Syntax, want ...Tag) *Finder {
	return &Finder{syntax: s, want: want, values: make([][]byte, len(want)), vrs: make([]VR, len(want))}
}

// Value returns the value of the i-th element wanted, with its padding; nil
// where it is absent. It is part of the data given to Find.
func (f *Finder) Value(i int) []byte { return f.values[i] }

// VR returns the value representation of the i-th element wanted, 0 in
// implicit VR.
func (f *Finder) VR(i int) VR { return f.vrs[i] }

// Err returns the reason why the last data set could not be read to its end, a
// *SyntaxError, or nil. What stood before is found all the same.
func (f *Finder) Err() error { return f.err }

// Find finds the values in data.
func (f *Finder) Find(data []byte) {
	if f.syntax == ImplicitLittle && f.findImplicit(data) || f.syntax == ExplicitLittle && f.findExplicit(data) {
		return
	}
	f.findAny(data)
}

// findImplicit reads data as the plan expects it; false when it differs.
func (f *Finder) findImplicit(data []byte) bool {
	rest := data
	for i := range f.plan[:f.n] {
		p := &f.plan[i]
		if len(rest) < 8 {
			return false
		}
		raw := binary.LittleEndian.Uint64(rest)
		n := raw >> 32
		if raw&0xFFFFFFFF != p.header || n > uint64(len(rest)-8) {
			return false
		}
		if p.index >= 0 {
			f.values[p.index] = rest[8 : 8+n : 8+n]
		}
		rest = rest[8+n:]
	}
	return len(rest) == 0 && f.n > 0
}

// findExplicit is findImplicit for explicit VR. Only elements with lengths of
// 16 bit are planned.
func (f *Finder) findExplicit(data []byte) bool {
	rest := data
	for i := range f.plan[:f.n] {
		p := &f.plan[i]
		if len(rest) < 8 {
			return false
		}
		raw := binary.LittleEndian.Uint64(rest)
		n := raw >> 48
		if raw&0xFFFFFFFFFFFF != p.header || n > uint64(len(rest)-8) {
			return false
		}
		if p.index >= 0 {
			f.values[p.index] = rest[8 : 8+n : 8+n]
		}
		rest = rest[8+n:]
	}
	return len(rest) == 0 && f.n > 0
}

// findAny takes data apart and plans for others like it.
func (f *Finder) findAny(data []byte) {
	clear(f.values)
	clear(f.vrs)
	f.n, f.err = 0, nil
	n, plannable := 0, true
	it := Iterate(data, f.syntax)
	for at := 0; it.Next(); {
		index := -1
		for i, t := range f.want {
			if t == it.Tag() {
				index = i
				f.values[i], f.vrs[i] = it.Value(), it.VR()
			}
		}
		header, size, ok := planHeader(data[at:], f.syntax, len(it.Value()))
		at += size
		if plannable = plannable && ok && n < maxPlanned; plannable {
			f.plan[n] = planned{header, index}
			n++
		}
	}
	if f.err = it.Err(); f.err == nil && plannable {
		f.n = n
	}
}

// planHeader returns what is compared of the header at the start of data, and
// the size of the element if its value of n bytes has a plain length; ok is
// false where it has not.
func planHeader(data []byte, s Syntax, n int) (header uint64, size int, ok bool) {
	raw := binary.LittleEndian.Uint64(data)
	if s == ImplicitLittle {
		return raw & 0xFFFFFFFF, 8 + n, raw>>32 == uint64(n)
	}
	return raw & 0xFFFFFFFFFFFF, 8 + n, raw>>48 == uint64(n) && !VRof(data[4], data[5]).long()
}
