package dicom

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// undefinedLength marks a sequence, an item or a value whose end is told by a
// delimitation item (PS3.5 7.5).
const undefinedLength = 0xFFFFFFFF

// firstItemTag is the first tag of the group of items and delimiters.
const firstItemTag Tag = 0xFFFE0000

// maxNesting bounds how deep sequences of undefined length may nest.
const maxNesting = 32

// SyntaxError says what is wrong with an encoded data set, and where. It holds
// no bytes of any value.
type SyntaxError struct {
	// Offset is the place in the data set, in bytes.
	Offset int
	// Tag is the element being read, 0 where none was read yet.
	Tag  Tag
	What string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("data set: at byte %d, element %s: %s", e.Offset, e.Tag, e.What)
}

// Elements walks over the elements of an encoded data set, in place and
// without allocating. Sequences are elements like others, with their raw
// content as value; nothing inside them is visited.
type Elements struct {
	data []byte
	// pos is where the next element begins. The value of the current one is
	// data[start:end]; keeping numbers instead of a slice saves a write barrier
	// per element.
	pos, start, end int
	tag             Tag
	vr              VR
	syntax          Syntax
	err             *SyntaxError
	// noted takes what is read past; nil where nothing is.
	noted *Deviation
}

// Iterate returns the elements of data.
func Iterate(data []byte, s Syntax) Elements { return Elements{data: data, syntax: s} }

// Tag returns the tag of the current element.
func (e *Elements) Tag() Tag { return e.tag }

// VR returns the value representation of the current element, 0 in implicit
// VR.
func (e *Elements) VR() VR { return e.vr }

// Value returns the value of the current element with its padding. It is part
// of the data given to Iterate.
func (e *Elements) Value() []byte { return e.data[e.start:e.end:e.end] }

// Err returns the reason why Next ended early, a *SyntaxError, or nil.
func (e *Elements) Err() error {
	if e.err == nil {
		return nil
	}
	return e.err
}

// Next goes to the next element. It returns false at the end and on an error.
func (e *Elements) Next() bool {
	const header = 8
	rest := e.data[e.pos:]
	if len(rest) < header {
		return e.finish(len(rest))
	}
	// A tag is two 16 bit numbers, so its halves stand in swapped order.
	raw := binary.LittleEndian.Uint64(rest)
	e.tag = Tag(bits.RotateLeft32(uint32(raw), 16))
	if e.syntax != ImplicitLittle {
		return e.nextExplicit(rest)
	}
	n := raw >> 32
	if n > uint64(len(rest)-header) || e.tag-1 >= firstItemTag-1 { // tag 0 too
		return e.take(header, uint32(n))
	}
	e.start = e.pos + header
	e.end = e.start + int(n)
	e.pos = e.end
	return true
}

// finish ends the iteration with n bytes left, too few for a header.
func (e *Elements) finish(n int) bool {
	if n != 0 && e.noted == nil {
		return e.fail(0, "element header cut short")
	}
	if n != 0 {
		*e.noted |= TrailingBytes
	}
	e.tag, e.vr, e.start, e.end = 0, 0, 0, 0
	return false
}

// nextExplicit reads an element header in explicit VR (PS3.5 7.1.2).
func (e *Elements) nextExplicit(rest []byte) bool {
	e.tag = e.syntax.tag(rest)
	e.vr = VRof(rest[4], rest[5])
	if e.tag.Group() == 0xFFFE || e.tag == 0 && !e.vr.known() { // items and delimiters have no VR
		e.vr = 0
		return e.take(8, e.syntax.uint32(rest[4:]))
	}
	if !e.vr.known() {
		h, n, ok := e.guess(rest)
		if e.noted == nil || !ok {
			return e.fail(e.tag, "value representation not known")
		}
		*e.noted |= UnknownVR
		return e.take(h, n)
	}
	if !e.vr.long() {
		return e.take(8, uint32(e.syntax.uint16(rest[6:])))
	}
	if len(rest) < 12 {
		return e.fail(e.tag, "element header cut short")
	}
	return e.take(12, e.syntax.uint32(rest[8:]))
}

// take makes the n bytes behind a header of h bytes the current value.
func (e *Elements) take(h int, n uint32) bool {
	if e.odd() {
		return e.Next()
	}
	if e.tag.Group() == 0xFFFE {
		return e.fail(e.tag, "item or delimiter outside a sequence")
	}
	start := e.pos + h
	rest := e.data[start:]
	if n == undefinedLength {
		content, size, what := skipUndefined(rest, e.vr.inner(e.syntax))
		if what != "" {
			return e.fail(e.tag, what)
		}
		e.start, e.end, e.pos = start, start+content, start+size
		return true
	}
	if uint64(n) > uint64(len(rest)) {
		return e.fail(e.tag, "length is larger than the rest of the data set")
	}
	e.start, e.end = start, start+int(n)
	e.pos = e.end
	return true
}

func (e *Elements) fail(t Tag, what string) bool {
	if e.noted != nil {
		*e.noted |= UnreadableEnd
	}
	e.err = &SyntaxError{Offset: e.pos, Tag: t, What: what}
	e.tag, e.vr, e.start, e.end = 0, 0, 0, 0
	e.data = e.data[:e.pos]
	return false
}

// skipUndefined finds the end of a sequence of undefined length (or of
// encapsulated fragments) at the start of data. It returns the length of the
// content and the length with the delimiter, or what is wrong.
func skipUndefined(data []byte, s Syntax) (content, size int, what string) {
	// level is an open sequence or item of undefined length: in an item elements
	// follow, in a sequence items.
	type level struct {
		inItem bool
		syntax Syntax
	}
	var open [maxNesting]level
	open[0].syntax = s
	depth := 1
	pos := 0
	for {
		if len(data)-pos < 8 {
			return 0, 0, "sequence of undefined length has no end"
		}
		top := open[depth-1]
		tag := top.syntax.tag(data[pos:])
		if tag.Group() == 0xFFFE {
			n := top.syntax.uint32(data[pos+4:])
			switch {
			case tag == SequenceDelimitationItem && !top.inItem:
				depth--
				if depth == 0 {
					return pos, pos + 8, ""
				}
				pos += 8
			case tag == ItemDelimitation && top.inItem:
				depth--
				pos += 8
			case tag == Item && !top.inItem && n == undefinedLength:
				if depth == maxNesting {
					return 0, 0, "sequences nest too deep"
				}
				open[depth] = level{inItem: true, syntax: top.syntax}
				depth++
				pos += 8
			case tag == Item && !top.inItem:
				if uint64(n) > uint64(len(data)-pos-8) {
					return 0, 0, "item is longer than the rest of the data set"
				}
				pos += 8 + int(n)
			default:
				return 0, 0, "delimiter out of place in a sequence"
			}
			continue
		}
		if !top.inItem {
			return 0, 0, "element between the items of a sequence"
		}
		h, n, inner, bad := elementHeader(data[pos:], top.syntax)
		if bad != "" {
			return 0, 0, bad
		}
		if n == undefinedLength {
			if depth == maxNesting {
				return 0, 0, "sequences nest too deep"
			}
			open[depth] = level{syntax: inner}
			depth++
			pos += h
			continue
		}
		if uint64(n) > uint64(len(data)-pos-h) {
			return 0, 0, "length in a sequence is larger than the rest of the data set"
		}
		pos += h + int(n)
	}
}

// elementHeader reads the length of the header and of the value of an element
// inside a sequence, and the encoding of what a value of undefined length
// holds; data holds at least 8 bytes.
func elementHeader(data []byte, s Syntax) (h int, n uint32, inner Syntax, what string) {
	if s == ImplicitLittle {
		return 8, binary.LittleEndian.Uint32(data[4:]), s, ""
	}
	vr := VRof(data[4], data[5])
	switch {
	case !vr.known():
		return 0, 0, s, "value representation in a sequence not known"
	case !vr.long():
		return 8, uint32(s.uint16(data[6:])), s, ""
	case len(data) < 12:
		return 0, 0, s, "element header in a sequence cut short"
	}
	return 12, s.uint32(data[8:]), vr.inner(s), ""
}

// inner returns the encoding inside a value of undefined length: UN holds
// implicit VR (PS3.5 6.2.2 note 4).
func (v VR) inner(s Syntax) Syntax {
	if v == UN {
		return ImplicitLittle
	}
	return s
}
