package dicom_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"leadglass/dicom"
)

// identifier is one of a study, in an encoding.
func identifier(s dicom.Syntax) []byte {
	b := dicom.AppendString(nil, s, dicom.StudyDate, dicom.DA, "20190916")
	b = dicom.AppendString(b, s, dicom.ModalitiesInStudy, dicom.CS, "CT")
	b = dicom.AppendString(b, s, dicom.StudyInstanceUID, dicom.UI, "2.25.4711")
	return dicom.AppendString(b, s, dicom.NumberOfStudyRelatedInstances, dicom.IS, "12")
}

// bigEndian is the same identifier in explicit VR big endian, with its number in
// binary.
func bigEndian() []byte {
	var b []byte
	for _, e := range []struct {
		tag   dicom.Tag
		vr, v string
	}{{dicom.StudyDate, "DA", "20190916"}, {dicom.ModalitiesInStudy, "CS", "CT"}, {dicom.StudyInstanceUID, "UI", "2.25.4711\x00"},
		{dicom.NumberOfStudyRelatedInstances, "US", "\x00\x0C"}} {
		b = binary.BigEndian.AppendUint32(b, uint32(e.tag))
		b = append(b, e.vr...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(e.v)))
		b = append(b, e.v...)
	}
	return b
}

// odd are identifiers that break the standard, and that are read to their end.
func odd() map[string]struct {
	agreed dicom.Syntax
	data   []byte
	want   dicom.Deviation
} {
	const implicit, explicit = dicom.ImplicitLittle, dicom.ExplicitLittle
	element := func(vr string, rest ...byte) []byte {
		return append(append([]byte{8, 0, 1, 0}, vr...), rest...)
	}
	delimiter := []byte{0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0}
	sequenceEnd := []byte{0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0}
	item := []byte{0xFE, 0xFF, 0x00, 0xE0, 10, 0, 0, 0, 0x20, 0, 0x0D, 0, 2, 0, 0, 0, '9', 0}
	meta := slices.Concat(dicom.AppendUint32(nil, explicit, dicom.FileMetaInformationGroupLength, 28),
		dicom.AppendString(nil, explicit, dicom.TransferSyntaxUID, dicom.UI, dicom.ImplicitVRLittleEndian))
	type oddity = struct {
		agreed dicom.Syntax
		data   []byte
		want   dicom.Deviation
	}
	m := map[string]oddity{
		"implicit":                   {implicit, identifier(implicit), 0},
		"explicit":                   {explicit, identifier(explicit), 0},
		"implicit for explicit":      {explicit, identifier(implicit), dicom.OtherEncoding},
		"explicit for implicit":      {implicit, identifier(explicit), dicom.OtherEncoding},
		"big endian for implicit":    {implicit, bigEndian(), dicom.OtherEncoding},
		"big endian for explicit":    {explicit, bigEndian(), dicom.OtherEncoding},
		"group lengths":              {implicit, append(dicom.AppendUint32(nil, implicit, 0x00080000, 99), identifier(implicit)...), 0},
		"meta header":                {implicit, append(slices.Clone(meta), identifier(implicit)...), dicom.MetaHeader},
		"preamble, meta header":      {explicit, slices.Concat(make([]byte, 128), []byte("DICM"), meta, identifier(implicit)), dicom.MetaHeader | dicom.OtherEncoding},
		"unknown VR, long form":      {explicit, append(element("ZZ", 0, 0, 4, 0, 0, 0, '1', '.', '2', 0), identifier(explicit)...), dicom.UnknownVR},
		"unknown VR, empty":          {explicit, append(element("??", 0, 0), identifier(explicit)...), dicom.UnknownVR},
		"unknown VR, big endian":     {implicit, slices.Concat(bigEndian()[:16], []byte{0, 8, 0, 0x30, 'Q', 'Q', 0, 2, '1', '2'}, bigEndian()[16:]), dicom.OtherEncoding | dicom.UnknownVR},
		"unknown VR at the end":      {explicit, append(identifier(explicit), 0x20, 0, 0x10, 0x40, 'R', 'E', 1, 0, 'x'), dicom.UnknownVR},
		"delimiter":                  {implicit, append(identifier(implicit), delimiter...), dicom.StrayDelimiter},
		"delimiter, explicit":        {explicit, append(identifier(explicit), delimiter...), dicom.StrayDelimiter},
		"delimiter in front":         {explicit, append(slices.Clone(delimiter), identifier(explicit)...), dicom.StrayDelimiter},
		"sequence end":               {implicit, append(identifier(implicit), sequenceEnd...), dicom.StrayDelimiter},
		"many delimiters":            {explicit, append(identifier(explicit), slices.Repeat(delimiter, 4000)...), dicom.StrayDelimiter},
		"item":                       {implicit, append(identifier(implicit), item...), dicom.StrayDelimiter},
		"padding of NULs":            {implicit, append(identifier(implicit), make([]byte, 50)...), dicom.TrailingBytes},
		"padding of NULs, explicit":  {explicit, append(identifier(explicit), make([]byte, 64)...), dicom.TrailingBytes},
		"odd length":                 {implicit, append(identifier(implicit), 0x20, 0, 0x10, 0x40, 3, 0, 0, 0, 'a', 'b', 'c'), 0},
		"sequence, undefined length": {explicit, append(undefined(explicit), 0x20, 0, 0x0D, 0, 'U', 'I', 10, 0, '2', '.', '2', '5', '.', '4', '7', '1', '1', 0), 0},
	}
	for _, n := range []int{1, 2, 3, 7} {
		m["padding of "+string(rune('0'+n))] = oddity{implicit, append(identifier(implicit), slices.Repeat([]byte{' '}, n)...), dicom.TrailingBytes}
	}
	for _, vr := range []string{"RE", "  ", "--", "??", "\xFF\xFF", "ui"} {
		m["unknown VR "+vr] = oddity{explicit, append(element(vr, 4, 0, '1', '.', '2', 0), identifier(explicit)...), dicom.UnknownVR}
	}
	return m
}

// TestOddIdentifiersAreRead: what can be read is read, and what was read past is
// noted.
func TestOddIdentifiersAreRead(t *testing.T) {
	for name, c := range odd() {
		var noted dicom.Deviation
		var uid string
		number := int64(-1)
		it := dicom.IterateTolerant(c.data, c.agreed, &noted)
		for it.Next() {
			switch it.Tag() {
			case dicom.StudyInstanceUID:
				uid = string(dicom.Trim(it.Value()))
			case dicom.NumberOfStudyRelatedInstances:
				var ok bool
				if number, ok = it.Number(); !ok {
					number, _ = dicom.ParseIS(it.Value())
				}
			}
		}
		if it.Err() != nil || uid != "2.25.4711" || noted != c.want || number != 12 && name != "sequence, undefined length" {
			t.Errorf("%s: UID %q, number %d, noted %v (want %v), error %v", name, uid, number, noted.Names(), c.want.Names(), it.Err())
		}
	}
}

// TestWhatComesBeforeTheEndIsRead: an identifier whose end cannot be read is read
// as far as it goes.
func TestWhatComesBeforeTheEndIsRead(t *testing.T) {
	for _, s := range []dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle} {
		b := dicom.AppendString(identifier(s), s, dicom.Tag(0x00201210), dicom.LO, "a value that is cut")
		var noted dicom.Deviation
		n := 0
		it := dicom.IterateTolerant(b[:len(b)-9], s, &noted)
		for it.Next() {
			n++
		}
		if n != 4 || it.Err() == nil || noted != dicom.UnreadableEnd {
			t.Errorf("%d elements, noted %v, error %v", n, noted.Names(), it.Err())
		}
	}
}

// TestDeviationNames: each way has a name of its own.
func TestDeviationNames(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range dicom.Deviations.Names() {
		seen[n] = true
	}
	n := 0
	for d := dicom.Deviation(1); d&dicom.Deviations != 0; d <<= 1 {
		n++
	}
	if len(seen) != n || dicom.ParseDeviations(dicom.Deviations.Names()) != dicom.Deviations || dicom.Deviation(0).Names() == nil {
		t.Errorf("%d names for %d deviations", len(seen), n)
	}
}

// FuzzTolerant: a tolerant reader ends, stays inside the data, and notes what a
// strict one refuses.
func FuzzTolerant(f *testing.F) {
	for _, c := range odd() {
		f.Add(c.data, c.agreed == dicom.ImplicitLittle)
	}
	f.Fuzz(func(t *testing.T, data []byte, implicit bool) {
		s := dicom.ExplicitLittle
		if implicit {
			s = dicom.ImplicitLittle
		}
		var noted dicom.Deviation
		read := 0
		it := dicom.IterateTolerant(data, s, &noted)
		for it.Next() {
			read += 8 + len(it.Value())
			it.Number()
			for nested := it.Nested(); nested.Next(); {
				_ = nested.Value()
			}
		}
		strict := dicom.Iterate(data, s)
		for strict.Next() {
		}
		if read > len(data) || noted == 0 && strict.Err() != nil {
			t.Fatalf("%d bytes of elements in %d of data; noted %v, strictly %v", read, len(data), noted.Names(), strict.Err())
		}
	})
}
