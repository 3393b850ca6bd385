package main

import (
	"slices"
	"testing"

	"leadglass/internal/survey"
)

// software is what the services of a set-up are: products and toolkits by the names
// of the records. Names that are not listed are wrong there, and none is right.
type software struct{ products, toolkits []string }

// softwareOf is the software of the set-ups of expectations, by their product: of a
// web server also what it is set up before.
func softwareOf() map[string]software {
	dcmtk := func(product string) software { return software{[]string{product}, []string{"DCMTK"}} }
	alone := func(product string) software { return software{products: []string{product}} }
	return map[string]software{
		"Orthanc":               dcmtk("Orthanc"),
		"DCMTK dcmqrscp":        dcmtk("DCMTK dcmqrscp"),
		"DCMTK storescp":        dcmtk("DCMTK storescp"),
		"DCMTK wlmscpfs":        dcmtk("DCMTK wlmscpfs"),
		"nginx":                 alone("Orthanc"),
		"OHIF Viewer":           alone("OHIF Viewer"),
		"serve (npm)":           {},
		"http-server (npm)":     {},
		"unknown product":       {},
		"Conquest DICOM server": alone("Conquest DICOM server"),
		"Fujifilm Synapse":      alone("Fujifilm Synapse"),
		"GE archive":            alone("GE archive"),
		"ClearCanvas":           {[]string{"ClearCanvas", "OHIF Viewer"}, []string{"ClearCanvas"}},
		"dcm4chee-arc":          {[]string{"dcm4chee-arc"}, []string{"dcm4che"}},
		"fo-dicom":              {toolkits: []string{"fo-dicom"}},
		"pynetdicom qrscp":      {[]string{"pynetdicom qrscp"}, []string{"pynetdicom"}},
	}
}

// neverWrong fails the test where a service is said to be what it is not. A product
// or toolkit that is not known is not wrong, however sure we could have been.
func (e expectation) neverWrong(t *testing.T, services []survey.Service) {
	t.Helper()
	is, ok := softwareOf()[e.product]
	if !ok {
		t.Errorf("the software of %q is not listed in softwareOf", e.product)
	}
	for _, s := range services {
		if n := s.Product.Name; n != "" && n != "unknown" && !slices.Contains(is.products, n) {
			t.Errorf("port %d is said to be %s (%s, by %q)", s.Port, n, s.Product.Confidence, s.Product.Evidence)
		}
		if n := s.Toolkit.Name; n != "" && !slices.Contains(is.toolkits, n) {
			t.Errorf("port %d is said to be built on %s", s.Port, n)
		}
	}
}
