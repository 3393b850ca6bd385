package assess_test

import (
	"bytes"
	"slices"
	"testing"

	"leadglass/dicom"
	"leadglass/internal/assess"
)

// FuzzListing: a page judged in small parts is judged as in one.
func FuzzListing(f *testing.F) {
	f.Add([]byte(`<title>Index of /</title><a href="a.dcm">`), 1)
	f.Add([]byte(`<h1>Index of /</h1><a href='DICOMDIR'><A HREF="b.IMA">`), 3)
	f.Add([]byte(`<title>Directory listing for /</title><a href="unfinished`), 7)
	f.Add([]byte(`href="href="href='">`), 2)
	f.Add([]byte(`<title>Index of /</title><a href="/x/CT.1.2.840.10008.5.1/?C=1"><a href="IM000001">`), 5)
	f.Fuzz(func(t *testing.T, page []byte, step int) {
		listed, files := assess.Listing(page, max(1, len(page)))
		parts, filesInParts := assess.Listing(page, max(1, step))
		if listed != parts || files != filesInParts {
			t.Errorf("%t, %d as a whole; %t, %d in parts", listed, files, parts, filesInParts)
		}
		if files > len(page)/len(`href=".dcm"`) {
			t.Errorf("%d files in %d bytes", files, len(page))
		}
	})
}

// FuzzWADL: only known methods come out of a document, each once.
func FuzzWADL(f *testing.F) {
	f.Add([]byte(`<application><resources base="x"><resource path="/studies"><method name="POST" id="StoreInstances"/><method name="GET"/></resource></resources></application>`))
	f.Add([]byte(`<resource path="/other"><method name="POST"/></resource>`))
	f.Add([]byte(`<resource path="studies"><resource path="x"><method name="CANARY"/></resource>`))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		got := assess.WADLMethods(bytes.NewReader(document))
		for i, m := range got {
			if !slices.Contains([]string{"GET", "POST", "PUT", "DELETE"}, m) || slices.Contains(got[:i], m) {
				t.Errorf("methods %q", got)
			}
		}
	})
}

// FuzzInterface: a document without the key never fits.
func FuzzInterface(f *testing.F) {
	f.Add([]byte(`{"CountStudies":3}`))
	f.Add([]byte(`{"CountStudies":"CANARY"}`))
	f.Add([]byte(`[{"CountStudies":3}]`))
	f.Add([]byte(`{"CountStudies":3`))
	f.Fuzz(func(t *testing.T, document []byte) {
		if assess.HasKey(bytes.NewReader(document), "CountStudies") && !bytes.Contains(document, []byte(":")) {
			t.Errorf("%q fits", document)
		}
	})
}

// FuzzSpecies: whatever a response holds, it counts once.
func FuzzSpecies(f *testing.F) {
	for _, species := range []string{"", "CANARY", "Human"} {
		for _, s := range []dicom.Syntax{dicom.ImplicitLittle, dicom.ExplicitLittle} {
			one := dicom.AppendString(nil, s, dicom.PatientSpeciesDescription, dicom.LO, species)
			f.Add(dicom.AppendString(append(one, one...), s, dicom.PatientBreedDescription, dicom.LO, species), s == dicom.ExplicitLittle)
		}
	}
	f.Fuzz(func(t *testing.T, identifier []byte, explicit bool) {
		s := dicom.ImplicitLittle
		if explicit {
			s = dicom.ExplicitLittle
		}
		if got := assess.SeeSpecies(identifier, s); got.Sampled != 1 || got.Species > 1 || got.Breed > 1 {
			t.Errorf("%+v", got)
		}
	})
}
