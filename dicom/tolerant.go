package dicom

import "encoding/binary"

// explicitBig is explicit VR big endian (PS3.5 A.3, retired). It is read where a
// peer sends it, and never proposed nor sent.
const explicitBig Syntax = 0xFF

// IterateTolerant returns the elements of data, which a peer sent: it finds the
// encoding from the data where s does not fit, and reads past what breaks the
// standard. What it reads past is added to noted.
func IterateTolerant(data []byte, s Syntax, noted *Deviation) Elements {
	e := Elements{data: data, syntax: s, noted: noted}
	if e.skipMeta() {
		*noted |= MetaHeader
	}
	if e.syntax = Encoding(e.data[e.pos:], s); e.syntax != s {
		*noted |= OtherEncoding
	}
	return e
}

// Encoding returns the encoding that a data set is in: s, unless its first element
// cannot be in s and can be in another.
func Encoding(data []byte, s Syntax) Syntax {
	const header = 8
	for len(data) >= 2*header && binary.LittleEndian.Uint16(data) == Item.Group() {
		data = data[header:] // it fits every encoding
	}
	if len(data) < header {
		return s
	}
	// The usual case: an implicit length that fits. The letters of a VR make a
	// length of 16,705 at least.
	if s == ImplicitLittle && binary.LittleEndian.Uint32(data[4:]) < 'A'<<8|'A' || fits(data, s) {
		return s
	}
	for _, other := range []Syntax{ExplicitLittle, ImplicitLittle, explicitBig} {
		if other != s && fits(data, other) {
			return other
		}
	}
	return s
}

// fits reports whether the first element of data, at least 8 bytes, can be in s.
func fits(data []byte, s Syntax) bool {
	vr := VRof(data[4], data[5])
	switch s {
	case ImplicitLittle:
		n := binary.LittleEndian.Uint32(data[4:])
		rest := uint32(len(data) - 8)
		return n == undefinedLength || n <= rest && (!vr.known() || ascends(data, 8+int(n), ImplicitLittle))
	case ExplicitLittle:
		return vr.known() && (data[0] != 0 || data[1] == 0)
	}
	// Groups of query attributes are below 0100, so that in big endian the first
	// byte is 0.
	return vr.known() && data[0] == 0 && data[1] != 0
}

// ascends reports whether at a place behind the first element of data the data
// ends, or an element with a higher tag begins (PS3.5 7.1).
func ascends(data []byte, at int, s Syntax) bool {
	if at == len(data) {
		return true
	}
	return len(data)-at >= 8 && s.tag(data[at:]) > s.tag(data)
}

// skipMeta goes past the preamble and the file meta information that some servers
// leave in front of an identifier, and reports whether it was there (PS3.10 7.1).
func (e *Elements) skipMeta() bool {
	const preamble = 128
	at := 0
	if len(e.data) >= preamble+4 && string(e.data[preamble:preamble+4]) == "DICM" {
		at = preamble + 4
	}
	meta := Iterate(e.data[at:], ExplicitLittle)
	for meta.pos+8 <= len(meta.data) && binary.LittleEndian.Uint16(meta.data[meta.pos:]) == 2 && meta.Next() {
	}
	e.pos = at + meta.pos
	return e.pos > 0
}

// odd reads past an element that breaks the standard, where the elements are read
// tolerantly; false where it does not.
func (e *Elements) odd() bool {
	const header = 8
	if e.noted == nil || e.tag != 0 && e.tag.Group() != 0xFFFE {
		return false
	}
	if e.tag == 0 && blank(e.data[e.pos:]) {
		*e.noted |= TrailingBytes
		e.pos = len(e.data)
		return true
	}
	began := e.pos
	for rest := e.data[e.pos:]; len(rest) >= header && e.syntax.tag(rest).Group() == 0xFFFE; rest = e.data[e.pos:] {
		*e.noted |= StrayDelimiter
		e.pos += header
		// What an item holds is not part of the data set.
		if n := e.syntax.uint32(rest[4:]); e.syntax.tag(rest) == Item && uint64(n) <= uint64(len(rest)-header) {
			e.pos += int(n)
		}
	}
	return e.pos > began
}

// blank reports whether data is padding: NULs alone.
func blank(data []byte) bool {
	for _, c := range data {
		if c != 0 {
			return false
		}
	}
	return true
}

// guess reads the header of an element with a VR that does not exist, and returns
// its length and that of its value: in the short form where something sensible
// follows then, otherwise in the long one (PS3.5 7.1.2).
func (e *Elements) guess(rest []byte) (h int, n uint32, ok bool) {
	short := uint32(e.syntax.uint16(rest[6:]))
	if e.sensible(rest, 8, short) {
		return 8, short, true
	}
	if len(rest) >= 12 && rest[6] == 0 && rest[7] == 0 {
		if n := e.syntax.uint32(rest[8:]); n != undefinedLength && e.sensible(rest, 12, n) {
			return 12, n, true
		}
	}
	return 8, short, uint64(short) <= uint64(len(rest)-8)
}

// sensible reports whether behind a value of n bytes the data ends, a delimiter
// follows, or an element with a higher tag that has a VR.
func (e *Elements) sensible(rest []byte, h int, n uint32) bool {
	if uint64(n) > uint64(len(rest)-h) {
		return false
	}
	next := rest[h+int(n):]
	if len(next) < 8 {
		return true
	}
	tag := e.syntax.tag(next)
	return tag > e.syntax.tag(rest) && (tag.Group() == 0xFFFE || VRof(next[4], next[5]).known())
}

// uint16 reads a number in the byte order of s.
func (s Syntax) uint16(b []byte) uint16 {
	if s == explicitBig {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// uint32 reads a number in the byte order of s.
func (s Syntax) uint32(b []byte) uint32 {
	if s == explicitBig {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

// tag reads a tag in the byte order of s.
func (s Syntax) tag(b []byte) Tag {
	return Tag(uint32(s.uint16(b))<<16 | uint32(s.uint16(b[2:])))
}

// Number reads the value of the current element, a binary number without a sign
// (US, UL); ok is false for another value.
func (e *Elements) Number() (n int64, ok bool) {
	v := e.Value()
	switch {
	case e.vr == US && len(v) == 2:
		return int64(e.syntax.uint16(v)), true
	case e.vr == UL && len(v) == 4:
		return int64(e.syntax.uint32(v)), true
	}
	return 0, false
}
