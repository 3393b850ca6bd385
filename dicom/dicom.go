// Package dicom knows the encoding of DICOM data sets (PS3.5) as far as a
// survey needs it: tags, value representations, UIDs, an element iterator that
// works in place on received bytes without allocating, and functions that
// append elements to a buffer.
//
// It knows no sockets and keeps no values: an element's value is always a
// slice of the caller's buffer. Messages are the business of package dimse,
// associations that of package ul.
package dicom

import "fmt"

// Tag is a data element tag, group number in the upper 16 bits (PS3.5 7.1).
type Tag uint32

// Group returns the group number.
func (t Tag) Group() uint16 { return uint16(t >> 16) }

// Element returns the element number.
func (t Tag) Element() uint16 { return uint16(t) }

// String returns the tag as the standard prints it: "(0008,0020)".
func (t Tag) String() string { return fmt.Sprintf("(%04X,%04X)", t.Group(), t.Element()) }

// VR is a value representation (PS3.5 6.2): its two letters, first letter in
// the upper byte. 0 where the encoding does not say (implicit VR).
type VR uint16

// VRof makes a VR of its two letters.
func VRof(a, b byte) VR { return VR(a)<<8 | VR(b) }

// String returns the two letters, or "??" for 0.
func (v VR) String() string {
	if v == 0 {
		return "??"
	}
	return string([]byte{byte(v >> 8), byte(v)})
}

// The value representations of PS3.5 table 6.2-1.
const (
	AE VR = 'A'<<8 | 'E'
	AS VR = 'A'<<8 | 'S'
	AT VR = 'A'<<8 | 'T'
	CS VR = 'C'<<8 | 'S'
	DA VR = 'D'<<8 | 'A'
	DS VR = 'D'<<8 | 'S'
	DT VR = 'D'<<8 | 'T'
	FD VR = 'F'<<8 | 'D'
	FL VR = 'F'<<8 | 'L'
	IS VR = 'I'<<8 | 'S'
	LO VR = 'L'<<8 | 'O'
	LT VR = 'L'<<8 | 'T'
	OB VR = 'O'<<8 | 'B'
	OD VR = 'O'<<8 | 'D'
	OF VR = 'O'<<8 | 'F'
	OL VR = 'O'<<8 | 'L'
	OV VR = 'O'<<8 | 'V'
	OW VR = 'O'<<8 | 'W'
	PN VR = 'P'<<8 | 'N'
	SH VR = 'S'<<8 | 'H'
	SL VR = 'S'<<8 | 'L'
	SQ VR = 'S'<<8 | 'Q'
	SS VR = 'S'<<8 | 'S'
	ST VR = 'S'<<8 | 'T'
	SV VR = 'S'<<8 | 'V'
	TM VR = 'T'<<8 | 'M'
	UC VR = 'U'<<8 | 'C'
	UI VR = 'U'<<8 | 'I'
	UL VR = 'U'<<8 | 'L'
	UN VR = 'U'<<8 | 'N'
	UR VR = 'U'<<8 | 'R'
	US VR = 'U'<<8 | 'S'
	UT VR = 'U'<<8 | 'T'
	UV VR = 'U'<<8 | 'V'
)

// long reports whether, in explicit VR, the length of v has 32 bits behind two
// reserved bytes (PS3.5 table 7.1-1).
func (v VR) long() bool {
	switch v {
	case OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV:
		return true
	}
	return false
}

// known reports whether v is one of PS3.5 table 6.2-1.
func (v VR) known() bool {
	switch v {
	case AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, PN, SH, SL, SS, ST, TM, UI, UL, US:
		return true
	}
	return v.long()
}

// padding returns the byte that makes a value of v even (PS3.5 6.2).
func (v VR) padding() byte {
	switch v {
	case UI, OB, UN, OD, OF, OL, OV, OW:
		return 0
	}
	return ' '
}

// Syntax is how a data set is encoded, the part of a transfer syntax that
// matters outside pixel data.
type Syntax uint8

// The encodings supported; both little endian.
const (
	// ImplicitLittle is implicit VR little endian (PS3.5 A.1).
	ImplicitLittle Syntax = iota
	// ExplicitLittle is explicit VR little endian (PS3.5 A.2).
	ExplicitLittle
)

// SyntaxOf returns the encoding that a transfer syntax uses, for the two
// transfer syntaxes that Leadglass negotiates.
func SyntaxOf(transferSyntaxUID string) (Syntax, bool) {
	switch transferSyntaxUID {
	case ImplicitVRLittleEndian:
		return ImplicitLittle, true
	case ExplicitVRLittleEndian:
		return ExplicitLittle, true
	}
	return 0, false
}
