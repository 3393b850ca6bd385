package dicom

import "encoding/binary"

// AppendElement appends an element to dst, its value made even as the VR wants
// (PS3.5 6.2). In explicit VR a value longer than 65,534 bytes of a VR with a
// 16 bit length is cut to that length.
func AppendElement(dst []byte, s Syntax, t Tag, vr VR, value []byte) []byte {
	const maxShort = 0xFFFE
	if s == ExplicitLittle && !vr.long() && len(value) > maxShort {
		value = value[:maxShort]
	}
	n := len(value) + len(value)&1
	dst = appendHeader(dst, s, t, vr, uint32(n))
	dst = append(dst, value...)
	if len(value)&1 == 1 {
		dst = append(dst, vr.padding())
	}
	return dst
}

// AppendString appends an element with a text value.
func AppendString(dst []byte, s Syntax, t Tag, vr VR, value string) []byte {
	return AppendElement(dst, s, t, vr, []byte(value))
}

// AppendUint16 appends an element of VR US.
func AppendUint16(dst []byte, s Syntax, t Tag, v uint16) []byte {
	dst = appendHeader(dst, s, t, US, 2)
	return binary.LittleEndian.AppendUint16(dst, v)
}

// AppendUint32 appends an element of VR UL.
func AppendUint32(dst []byte, s Syntax, t Tag, v uint32) []byte {
	dst = appendHeader(dst, s, t, UL, 4)
	return binary.LittleEndian.AppendUint32(dst, v)
}

// AppendSequence appends a sequence of encoded items, all lengths defined
// (PS3.5 7.5).
func AppendSequence(dst []byte, s Syntax, t Tag, items ...[]byte) []byte {
	n := 0
	for _, item := range items {
		n += 8 + len(item)
	}
	dst = appendHeader(dst, s, t, SQ, uint32(n))
	for _, item := range items {
		dst = appendTag(dst, Item)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(item)))
		dst = append(dst, item...)
	}
	return dst
}

func appendTag(dst []byte, t Tag) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, t.Group())
	return binary.LittleEndian.AppendUint16(dst, t.Element())
}

func appendHeader(dst []byte, s Syntax, t Tag, vr VR, n uint32) []byte {
	dst = appendTag(dst, t)
	if s == ImplicitLittle {
		return binary.LittleEndian.AppendUint32(dst, n)
	}
	dst = append(dst, byte(vr>>8), byte(vr))
	if vr.long() {
		dst = append(dst, 0, 0)
		return binary.LittleEndian.AppendUint32(dst, n)
	}
	return binary.LittleEndian.AppendUint16(dst, uint16(n))
}
