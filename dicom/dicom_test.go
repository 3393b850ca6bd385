package dicom_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"leadglass/dicom"
)

func TestElementsReadWhatAppendWrites(t *testing.T) {
	for _, s := range []dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle} {
		var b []byte
		b = dicom.AppendString(b, s, dicom.StudyDate, dicom.DA, "20190916")
		b = dicom.AppendString(b, s, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
		b = dicom.AppendSequence(b, s, dicom.OtherPatientIDsSequence,
			dicom.AppendString(nil, s, dicom.PatientID, dicom.LO, "X"), nil)
		b = dicom.AppendString(b, s, dicom.StudyInstanceUID, dicom.UI, "1.2.3")
		b = dicom.AppendUint16(b, s, dicom.Rows, 512)
		b = dicom.AppendElement(b, s, dicom.PixelData, dicom.OB, []byte{1, 2, 3})

		want := []struct {
			tag   dicom.Tag
			value string
		}{
			{dicom.StudyDate, "20190916"},
			{dicom.QueryRetrieveLevel, "STUDY "},
			{dicom.OtherPatientIDsSequence, ""},
			{dicom.StudyInstanceUID, "1.2.3\x00"},
			{dicom.Rows, "\x00\x02"},
			{dicom.PixelData, "\x01\x02\x03\x00"},
		}
		it := dicom.Iterate(b, s)
		for _, w := range want {
			if !it.Next() {
				t.Fatalf("syntax %d: no element where %s is due: %v", s, w.tag, it.Err())
			}
			if it.Tag() != w.tag {
				t.Errorf("syntax %d: element %s, want %s", s, it.Tag(), w.tag)
			}
			if w.tag != dicom.OtherPatientIDsSequence && string(it.Value()) != w.value {
				t.Errorf("syntax %d: %s is %q, want %q", s, w.tag, it.Value(), w.value)
			}
		}
		if it.Next() || it.Err() != nil {
			t.Errorf("syntax %d: element %s behind the last, error %v", s, it.Tag(), it.Err())
		}
	}
}

// undefined builds a sequence of undefined length with nested items.
func undefined(s dicom.Syntax) []byte {
	tag := func(t dicom.Tag, n uint32) []byte {
		return []byte{byte(t.Group()), byte(t.Group() >> 8), byte(t), byte(t >> 8), byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
	}
	open := func(t dicom.Tag) []byte {
		if s == dicom.ImplicitLittle {
			return tag(t, 0xFFFFFFFF)
		}
		return append(tag(t, 0)[:4], 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF)
	}
	var b []byte
	b = append(b, open(dicom.OtherPatientIDsSequence)...)
	b = append(b, tag(dicom.Item, 0xFFFFFFFF)...)
	b = dicom.AppendString(b, s, dicom.PatientID, dicom.LO, "INNER")
	b = append(b, open(dicom.ScheduledProcedureStepSequence)...)
	inner := dicom.AppendString(nil, s, dicom.StudyDate, dicom.DA, "20200101")
	b = append(b, tag(dicom.Item, uint32(len(inner)))...)
	b = append(b, inner...)
	b = append(b, tag(dicom.SequenceDelimitationItem, 0)...)
	b = append(b, tag(dicom.ItemDelimitation, 0)...)
	b = append(b, tag(dicom.SequenceDelimitationItem, 0)...)
	return b
}

func TestUndefinedLengthsAreSkipped(t *testing.T) {
	for _, s := range []dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle} {
		b := dicom.AppendString(undefined(s), s, dicom.StudyInstanceUID, dicom.UI, "1.2")
		it := dicom.Iterate(b, s)
		if !it.Next() || it.Tag() != dicom.OtherPatientIDsSequence {
			t.Fatalf("syntax %d: sequence not found: %v", s, it.Err())
		}
		if !it.Next() || it.Tag() != dicom.StudyInstanceUID {
			t.Fatalf("syntax %d: element behind the sequence not found: %s, %v", s, it.Tag(), it.Err())
		}
		for cut := 1; cut < len(undefined(s)); cut++ {
			it := dicom.Iterate(b[:cut], s)
			for it.Next() {
				t.Fatalf("syntax %d: an element was read of a sequence cut at %d", s, cut)
			}
			if it.Err() == nil {
				t.Fatalf("syntax %d: no error for a sequence cut at %d", s, cut)
			}
		}
	}
}

// TestUnknownSequencesHoldImplicitVR: a UN of undefined length is encoded in
// implicit VR whatever surrounds it (PS3.5 6.2.2 note 4), at every depth.
func TestUnknownSequencesHoldImplicitVR(t *testing.T) {
	un := append([]byte{0x09, 0, 1, 0x10, 'U', 'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}, undefined(dicom.ImplicitLittle)[8:]...)
	nested := []byte{0x10, 0, 2, 0x10, 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF}
	nested = append(nested, un...)
	nested = dicom.AppendString(nested, dicom.ExplicitLittle, dicom.PatientID, dicom.LO, "explicit again")
	nested = append(nested, 0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0)
	for name, sequence := range map[string][]byte{"on top": un, "in an item": nested} {
		it := dicom.Iterate(dicom.AppendString(sequence, dicom.ExplicitLittle, dicom.StudyInstanceUID, dicom.UI, "1.2"), dicom.ExplicitLittle)
		it.Next() // the sequence
		if !it.Next() || it.Tag() != dicom.StudyInstanceUID || string(it.Value()) != "1.2\x00" {
			t.Errorf("%s: the element behind is %s, %v", name, it.Tag(), it.Err())
		}
	}
}

// TestAfterTheEndNothingIsLeft: an iterator that has ended shows no element.
func TestAfterTheEndNothingIsLeft(t *testing.T) {
	good := dicom.AppendString(nil, dicom.ImplicitLittle, dicom.StudyDate, dicom.DA, "20190916")
	for name, data := range map[string][]byte{"end": good, "error": append(good[:len(good):len(good)], 1, 2, 3)} {
		it := dicom.Iterate(data, dicom.ImplicitLittle)
		for it.Next() {
		}
		if it.Tag() != 0 || it.VR() != 0 || len(it.Value()) != 0 {
			t.Errorf("after the %s: element %s, %d bytes", name, it.Tag(), len(it.Value()))
		}
	}
}

func TestElementsRefuse(t *testing.T) {
	cases := map[string]struct {
		syntax dicom.Syntax
		data   []byte
	}{
		"header cut short":        {dicom.ImplicitLittle, []byte{8, 0, 0x20, 0, 8}},
		"length over the rest":    {dicom.ImplicitLittle, []byte{8, 0, 0x20, 0, 0xFF, 0xFF, 0xFF, 0x7F, '2'}},
		"explicit length over":    {dicom.ExplicitLittle, []byte{8, 0, 0x20, 0, 'D', 'A', 9, 0, '2'}},
		"unknown VR":              {dicom.ExplicitLittle, []byte{8, 0, 0x20, 0, 'Q', 'Q', 0, 0}},
		"long VR cut short":       {dicom.ExplicitLittle, []byte{8, 0, 0x20, 0, 'O', 'B', 0, 0, 1, 0}},
		"item outside a sequence": {dicom.ImplicitLittle, []byte{0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0}},
	}
	for name, c := range cases {
		it := dicom.Iterate(c.data, c.syntax)
		if it.Next() {
			t.Errorf("%s: read element %s", name, it.Tag())
		}
		if it.Err() == nil {
			t.Errorf("%s: no error", name)
		}
		if it.Next() {
			t.Errorf("%s: Next is true after an error", name)
		}
	}
}

func TestSequencesNestingTooDeepAreRefused(t *testing.T) {
	var b []byte
	for range 100 {
		b = append(b, 0x10, 0, 2, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF)
	}
	it := dicom.Iterate(b, dicom.ImplicitLittle)
	if it.Next() || it.Err() == nil {
		t.Errorf("100 nested sequences were read; error %v", it.Err())
	}
}

func TestParseIS(t *testing.T) {
	good := map[string]int64{"0": 0, "12": 12, " 12 ": 12, "12\x00": 12, "+7": 7, "007": 7, "999999999999": 999999999999}
	for in, want := range good {
		if n, ok := dicom.ParseIS([]byte(in)); !ok || n != want {
			t.Errorf("ParseIS(%q) = %d, %v; want %d", in, n, ok, want)
		}
	}
	for _, in := range []string{"", " ", "-1", "1.5", "12a", "+", "1 2", "1000000000000"} {
		if n, ok := dicom.ParseIS([]byte(in)); ok {
			t.Errorf("ParseIS(%q) = %d; want none", in, n)
		}
	}
}

func TestParseDAAgreesWithTheCalendar(t *testing.T) {
	for d := dicom.DateOf(1, 1, 1); d < dicom.DateOf(2200, 1, 1); d += 13 {
		got, ok := dicom.ParseDA([]byte(d.String()))
		if !ok || got != d {
			t.Fatalf("ParseDA(%s) = %v, %v", d, got, ok)
		}
		stdlib, err := time.Parse("20060102", d.String())
		if err != nil || stdlib.Unix()/86400 != int64(d) {
			t.Fatalf("%s is day %d, time says %d, %v", d, d, stdlib.Unix()/86400, err)
		}
	}
	if d, ok := dicom.ParseDA([]byte("2019.09.16")); !ok || d != dicom.DateOf(2019, 9, 16) {
		t.Errorf("ParseDA of the old form = %v, %v", d, ok)
	}
	for _, in := range []string{"", "2019", "20190229", "20191301", "20190100", "00000101", "20190101-20190131", "2019-9-16", "2019010a"} {
		if d, ok := dicom.ParseDA([]byte(in)); ok {
			t.Errorf("ParseDA(%q) = %v; want none", in, d)
		}
	}
	if d := dicom.DateOf(2020, 2, 28).AddDays(1); d.Day() != 29 || d.Month() != time.February || d.Year() != 2020 {
		t.Errorf("the day after 2020-02-28 is %s", d)
	}
}

func TestNewUIDIsValid(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		u := dicom.NewUID()
		if len(u) > 64 || seen[u] || u[:5] != "2.25." || u[5] == '0' {
			t.Fatalf("NewUID() = %q", u)
		}
		seen[u] = true
	}
}

// TestNested reads the elements of a sequence's items, whether their lengths are
// defined or not.
func TestNested(t *testing.T) {
	for _, s := range []dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle} {
		one := dicom.AppendString(nil, s, dicom.PatientID, dicom.LO, "A1")
		two := dicom.AppendString(nil, s, dicom.PatientID, dicom.LO, "B2")
		defined := dicom.AppendSequence(nil, s, dicom.OtherPatientIDsSequence, one, nil, two)
		open := []byte{0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF}
		closed := []byte{0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0}
		undefined := dicom.AppendSequence(nil, s, dicom.OtherPatientIDsSequence)
		for i := len(undefined) - 4; i < len(undefined); i++ {
			undefined[i] = 0xFF
		}
		undefined = slices.Concat(undefined, open, one, closed, open, two, closed, []byte{0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0})
		for name, data := range map[string][]byte{"defined": defined, "undefined": undefined} {
			it := dicom.Iterate(data, s)
			if !it.Next() {
				t.Fatalf("%s: %v", name, it.Err())
			}
			var got []string
			nested := it.Nested()
			for nested.Next() {
				got = append(got, nested.Tag().String()+string(nested.Value()))
			}
			if want := []string{"(0010,0020)A1", "(0010,0020)B2"}; !slices.Equal(got, want) || nested.Err() != nil {
				t.Errorf("%s lengths: %q, %v; want %q", name, got, nested.Err(), want)
			}
		}
	}
}

func FuzzElements(f *testing.F) {
	f.Add(undefined(dicom.ImplicitLittle), true)
	f.Add(undefined(dicom.ExplicitLittle), false)
	f.Add(dicom.AppendString(nil, dicom.ExplicitLittle, dicom.StudyDate, dicom.DA, "20190916"), false)
	f.Add([]byte{8, 0, 0x20, 0, 0xFF, 0xFF, 0xFF, 0x7F}, true)
	f.Fuzz(func(t *testing.T, data []byte, implicit bool) {
		s := dicom.ExplicitLittle
		if implicit {
			s = dicom.ImplicitLittle
		}
		read := 0
		it := dicom.Iterate(data, s)
		for it.Next() {
			read += 8 + len(it.Value())
			inside := 0
			for nested := it.Nested(); nested.Next(); {
				inside += 8 + len(nested.Value())
			}
			if inside > len(it.Value()) {
				t.Fatalf("%d bytes of nested elements in a value of %d", inside, len(it.Value()))
			}
			dicom.ParseIS(it.Value())
			dicom.ParseDA(it.Value())
		}
		if read > len(data) {
			t.Fatalf("%d bytes of elements in %d bytes of data", read, len(data))
		}
	})
}

func BenchmarkElements(b *testing.B) {
	var data []byte
	data = dicom.AppendString(data, dicom.ImplicitLittle, dicom.StudyDate, dicom.DA, "20190916")
	data = dicom.AppendString(data, dicom.ImplicitLittle, dicom.QueryRetrieveLevel, dicom.CS, "STUDY")
	data = dicom.AppendString(data, dicom.ImplicitLittle, dicom.InstanceAvailability, dicom.CS, "ONLINE")
	data = dicom.AppendString(data, dicom.ImplicitLittle, dicom.ModalitiesInStudy, dicom.CS, "CT")
	data = dicom.AppendString(data, dicom.ImplicitLittle, dicom.StudyInstanceUID, dicom.UI, "2.25.1234567890123456789012345678901")
	data = dicom.AppendString(data, dicom.ImplicitLittle, dicom.NumberOfStudyRelatedInstances, dicom.IS, "123")
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	var sum int
	for b.Loop() {
		it := dicom.Iterate(data, dicom.ImplicitLittle)
		for it.Next() {
			sum += len(it.Value())
		}
	}
	if sum == 0 || bytes.Equal(data, nil) {
		b.Fatal("nothing was read")
	}
}
