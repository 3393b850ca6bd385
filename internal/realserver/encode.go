package realserver

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// The two transfer syntaxes and the identity of who wrote a file.
const (
	explicitLittle = "1.2.840.10008.1.2.1"
	writerUID      = "2.25.323816206213487109182012843712901231"
)

// element is one encoded element.
type element struct {
	tag  uint32
	data []byte // header and value
}

// dataset collects elements in any order.
type dataset struct{ elements []element }

// bytes adds an element in explicit VR little endian (PS3.5 7.1.2); the value
// is padded to an even length.
func (d *dataset) bytes(tag uint32, vr string, value []byte) {
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	b = append(b, vr...)
	pad := len(value) % 2
	switch vr {
	case "OB", "OW", "SQ", "UN", "UT":
		b = append(b, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(value)+pad))
	default:
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)+pad))
	}
	b = append(b, value...)
	if pad == 1 {
		if vr == "UI" || vr == "OB" {
			b = append(b, 0)
		} else {
			b = append(b, ' ')
		}
	}
	d.elements = append(d.elements, element{tag, b})
}

// text adds an element with a text value.
func (d *dataset) text(tag uint32, vr, value string) { d.bytes(tag, vr, []byte(value)) }

// drop takes elements out again.
func (d *dataset) drop(tags []uint32) {
	d.elements = slices.DeleteFunc(d.elements, func(e element) bool { return slices.Contains(tags, e.tag) })
}

// uint16 adds an element of VR US.
func (d *dataset) uint16(tag uint32, value uint16) {
	d.bytes(tag, "US", binary.LittleEndian.AppendUint16(nil, value))
}

// sequence adds a sequence of one item, both of defined length.
func (d *dataset) sequence(tag uint32, item dataset) {
	content := item.encode()
	b := []byte{0xFE, 0xFF, 0x00, 0xE0} // (FFFE,E000) item
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	d.bytes(tag, "SQ", append(b, content...))
}

// encode puts the elements into the order of their tags.
func (d *dataset) encode() []byte {
	slices.SortFunc(d.elements, func(a, b element) int { return cmp.Compare(a.tag, b.tag) })
	var out []byte
	for _, e := range d.elements {
		out = append(out, e.data...)
	}
	return out
}

// file puts preamble and file meta information (PS3.10 7.1) before a data set.
func file(sopClass, sopInstance string, content []byte) []byte {
	var meta dataset
	meta.bytes(0x00020001, "OB", []byte{0, 1})
	meta.text(0x00020002, "UI", sopClass)
	meta.text(0x00020003, "UI", sopInstance)
	meta.text(0x00020010, "UI", explicitLittle)
	meta.text(0x00020012, "UI", writerUID)
	rest := meta.encode()
	var length dataset
	length.bytes(0x00020000, "UL", binary.LittleEndian.AppendUint32(nil, uint32(len(rest))))
	out := make([]byte, 128, 144+len(rest)+len(content))
	out = append(out, "DICM"...)
	out = append(out, length.encode()...)
	out = append(out, rest...)
	return append(out, content...)
}
