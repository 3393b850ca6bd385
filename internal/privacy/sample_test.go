package privacy_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/internal/privacy"
	"leadglass/internal/survey"
)

// response encodes elements, in order of the pairs given.
type response []byte

func (r *response) add(tag dicom.Tag, vr dicom.VR, value string) *response {
	*r = dicom.AppendString(*r, dicom.ExplicitLittle, tag, vr, value)
	return r
}

// read reads responses into a new sample.
func read(responses ...*response) *privacy.Sample {
	s := privacy.NewSample(privacy.All)
	for _, r := range responses {
		s.Read(dicom.Iterate(*r, dicom.ExplicitLittle))
	}
	return s
}

// class finds a class; known is false where it is not listed.
func class(s *privacy.Sample, name string) (c survey.IdentifyingClass, known bool) {
	for _, c := range s.Classes() {
		if c.Class == name {
			return c, true
		}
	}
	return survey.IdentifyingClass{}, false
}

// TestEachAttribute: a value of any attribute makes its class present, and no
// other.
func TestEachAttribute(t *testing.T) {
	for _, a := range privacy.Attributes() {
		r := new(response)
		if a.VR == dicom.SQ {
			*r = dicom.AppendSequence(*r, dicom.ExplicitLittle, a.Tag,
				dicom.AppendString(nil, dicom.ExplicitLittle, dicom.PatientID, dicom.LO, "MADE-UP"))
		} else {
			r.add(a.Tag, a.VR, "MADE-UP")
		}
		before := bytes.Clone(*r)
		s := read(r)
		if !bytes.Equal(before, *r) {
			t.Errorf("%s: the response was changed", a.Tag)
		}
		for _, c := range s.Classes() {
			if want := c.Class == string(a.Class); c.Present != want || c.Sampled != 1 {
				t.Errorf("%s: class %s present %v of %d", a.Tag, c.Class, c.Present, c.Sampled)
			}
		}
	}
}

// TestEmptyValues: padding and the marks between the parts of a value are none.
func TestEmptyValues(t *testing.T) {
	r := new(response)
	r.add(dicom.AccessionNumber, dicom.SH, "  ").add(dicom.PatientName, dicom.PN, "^^^^ = ").
		add(dicom.PatientID, dicom.LO, "").add(dicom.PatientSex, dicom.CS, "").add(dicom.OtherPatientIDs, dicom.LO, `\\`)
	*r = dicom.AppendSequence(*r, dicom.ExplicitLittle, dicom.OtherPatientIDsSequence, nil)
	for _, c := range read(r).Classes() {
		if c.Present {
			t.Errorf("%s is present", c.Class)
		}
	}
	named := new(response)
	named.add(dicom.PatientName, dicom.PN, "\xE5\xB1\xB1^")
	if c, _ := class(read(named), "patient-name"); !c.Present {
		t.Error("a name in another script is none")
	}
	if len(read().Classes()) != 0 {
		t.Error("nothing was sampled, and classes are told")
	}
}

func ids(values ...string) *privacy.Sample {
	s := privacy.NewSample(privacy.All)
	for _, v := range values {
		r := new(response)
		r.add(dicom.PatientID, dicom.LO, v)
		s.Read(dicom.Iterate(*r, dicom.ExplicitLittle))
	}
	return s
}

// TestEvidence: a form is present where chance does not explain it, absent
// where it does, and not told where there are too few to say.
func TestEvidence(t *testing.T) {
	nhs := []string{"9434765919", "4010232137", "9990000018", "9990000026"}
	for _, test := range []struct {
		what           string
		values         []string
		class          string
		present, known bool
	}{
		{"one AHV number", []string{"756.9217.0769.85"}, "ch-ahv", true, true},
		{"one Social Security number", []string{"987-65-4320", "A1", "B2"}, "us-ssn", true, true},
		{"four NHS numbers", nhs, "gb-nhs-number", true, true},
		{"one NHS number", nhs[:1], "gb-nhs-number", false, false},
		{"the same NHS number again and again", []string{nhs[0], nhs[0], nhs[0], nhs[0]}, "gb-nhs-number", false, false},
		{"numbers, one of which happens to be valid", []string{nhs[0], "1000000001", "1000000003", "1000000004", "1000000005"}, "gb-nhs-number", false, true},
		{"no numbers", []string{"A-1", "A-2"}, "gb-nhs-number", false, true},
		{"no identifier at all", []string{""}, "gb-nhs-number", false, false},
		{"ten digits", []string{"1234567890", "1234567891"}, "us-dod-id", false, true},
	} {
		if c, known := class(ids(test.values...), test.class); known != test.known || c.Present != test.present {
			t.Errorf("%s: present %v, known %v", test.what, c.Present, known)
		}
	}
	present, doubtful, n := ids(nhs...).NationalIDs()
	if len(present) != 1 || len(doubtful) != 0 || n != 4 || present[0].Valid != 4 || present[0].Written != 4 {
		t.Errorf("present %v, doubtful %v of %d", present, doubtful, n)
	}
}

// TestOtherIdentifiers: identifiers are looked at in every place that has them.
func TestOtherIdentifiers(t *testing.T) {
	other := new(response)
	other.add(dicom.OtherPatientIDs, dicom.LO, `A1\756.9217.0769.85\B2`)
	nested := response(dicom.AppendSequence(nil, dicom.ExplicitLittle, dicom.OtherPatientIDsSequence,
		dicom.AppendString(nil, dicom.ExplicitLittle, dicom.PatientID, dicom.LO, "A1"),
		dicom.AppendString(nil, dicom.ExplicitLittle, dicom.PatientID, dicom.LO, "7569217076985")))
	for _, r := range []*response{other, &nested} {
		if c, _ := class(read(r), "ch-ahv"); !c.Present {
			t.Errorf("the identifier in %q is not seen", *r)
		}
	}
	for issuer, want := range map[string]bool{"us dod edipi": true, "USDOD": true, "2.16.840.1.113883.3.42.10001.100001.12": true, "CLINIC": false} {
		r := new(response).add(dicom.PatientID, dicom.LO, "1234567890").add(dicom.IssuerOfPatientID, dicom.LO, issuer)
		if c, _ := class(read(r), "us-dod-id"); c.Present != want {
			t.Errorf("ten digits of the issuer %q: present %v", issuer, c.Present)
		}
	}
}

// TestNoAllocation: reading a response allocates nothing.
func TestNoAllocation(t *testing.T) {
	r := new(response)
	for _, a := range privacy.Attributes() {
		if a.VR != dicom.SQ {
			r.add(a.Tag, a.VR, "9434765919")
		}
	}
	s := privacy.NewSample(privacy.All)
	if n := testing.AllocsPerRun(100, func() { s.Read(dicom.Iterate(*r, dicom.ExplicitLittle)) }); n != 0 {
		t.Errorf("%v allocations for a response", n)
	}
}

// TestNothingIsKept: what a sample holds has no part of a value in it.
func TestNothingIsKept(t *testing.T) {
	r := new(response)
	for _, a := range privacy.Attributes() {
		if a.VR != dicom.SQ {
			r.add(a.Tag, a.VR, "CANARY-9434765919")
		}
	}
	if text := fmt.Sprintf("%#v", *read(r)); strings.Contains(text, "CANARY") || strings.Contains(text, "9434765919") {
		t.Errorf("a sample holds %s", text)
	}
}

func FuzzSample(f *testing.F) {
	r := new(response)
	r.add(dicom.PatientName, dicom.PN, "A^B").add(dicom.PatientID, dicom.LO, `1\2`)
	f.Add([]byte(*r), false)
	f.Add(dicom.AppendSequence(nil, dicom.ImplicitLittle, dicom.OtherPatientIDsSequence,
		dicom.AppendString(nil, dicom.ImplicitLittle, dicom.PatientID, dicom.LO, "9434765919")), true)
	f.Add([]byte{0x10, 0, 0x02, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0}, true)
	f.Fuzz(func(t *testing.T, data []byte, implicit bool) {
		syntax := dicom.ExplicitLittle
		if implicit {
			syntax = dicom.ImplicitLittle
		}
		before := bytes.Clone(data)
		s := privacy.NewSample(privacy.All)
		s.Read(dicom.Iterate(data, syntax))
		if !bytes.Equal(before, data) {
			t.Error("the response was changed")
		}
		for _, c := range s.Classes() {
			if c.Sampled != 1 {
				t.Errorf("%s sampled %d of one response", c.Class, c.Sampled)
			}
		}
		s.NationalIDs()
	})
}
