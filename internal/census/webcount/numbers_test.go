package webcount_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/census/webcount"
	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// known is what the program knows of products.
func known(t testing.TB) *products.Table {
	t.Helper()
	table, err := products.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestNumbers asks number-only routes by what is known of the archive.
func TestNumbers(t *testing.T) {
	const arc = "/dcm4chee-arc/aets/DCM4CHEE/rs"
	arcRoutes := map[string]string{arc + "/studies/count": `{"count":77}`, arc + "/instances/count": `{"count":"990"}`, arc + "/patients/count": `{"count":70}`}
	statistics := map[string]string{"/statistics": `{"CountStudies":"77","CountInstances":990,"CountSeries":80,"CountPatients":70,"TotalDiskSize":"5"}`}
	const store = "/v1/projects/p/locations/l/datasets/d/dicomStores/s"
	for name, test := range map[string]struct {
		product, root    string
		numbers          map[string]string
		studies, atHand  string
		patients, source string
		asked            []string
	}{
		"Orthanc":                   {product: "Orthanc", numbers: statistics, studies: "77", atHand: "990", patients: "70", source: "orthanc-statistics", asked: []string{"/statistics"}},
		"Orthanc behind a prefix":   {product: "Orthanc", root: "/pacs/dicom-web", numbers: map[string]string{"/pacs/statistics": statistics["/statistics"]}, studies: "77", atHand: "990", patients: "70", source: "orthanc-statistics", asked: []string{"/pacs/statistics"}},
		"unknown with a root":       {root: "/dicom-web/", numbers: statistics, studies: "77", atHand: "990", patients: "70", source: "orthanc-statistics", asked: []string{"/statistics"}},
		"dcm4chee-arc":              {product: "dcm4chee-arc", root: arc, numbers: arcRoutes, studies: "77", atHand: "unknown", patients: "70", source: "dcm4chee-count", asked: []string{arc + "/studies/count", arc + "/instances/count", arc + "/patients/count"}},
		"dcm4chee-arc, shut":        {product: "dcm4chee-arc", root: arc, asked: []string{arc + "/studies/count"}},
		"a store":                   {root: store + "/dicomWeb", numbers: map[string]string{store + ":getDICOMStoreMetrics": `{"studyCount":"77","instanceCount":"990"}`}, studies: "77", atHand: "unknown", patients: "unknown", source: "dicom-store-metrics", asked: []string{store + ":getDICOMStoreMetrics"}},
		"another product":           {product: "OHIF Viewer", root: "/dicom-web"},
		"nothing known":             {},
		"no numbers":                {product: "Orthanc", numbers: map[string]string{"/statistics": `{"CountStudies":"many"}`}, asked: []string{"/statistics"}},
		"an array":                  {product: "Orthanc", numbers: map[string]string{"/statistics": `["CANARY"]`}, asked: []string{"/statistics"}},
		"a page":                    {product: "Orthanc", numbers: map[string]string{"/statistics": `<html>`}, asked: []string{"/statistics"}},
		"too long":                  {product: "Orthanc", numbers: map[string]string{"/statistics": `{"CountStudies":7` + strings.Repeat(" ", 70_000) + `}`}, asked: []string{"/statistics"}},
		"negative":                  {product: "Orthanc", numbers: map[string]string{"/statistics": `{"CountStudies":-7}`}, asked: []string{"/statistics"}},
		"more than there can be":    {product: "Orthanc", numbers: map[string]string{"/statistics": `{"CountStudies":99999999999999999999}`}, asked: []string{"/statistics"}},
		"numbers of something else": {product: "Orthanc", numbers: map[string]string{"/statistics": `{"a":{"CountStudies":7},"b":[7,{"CountStudies":7}]}`}, asked: []string{"/statistics"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := archive{numbers: test.numbers}
			o := a.options()
			o.Root, o.Numbers = test.root, known(t).Numbers(test.product, test.root)
			c, ok := webcount.Numbers(t.Context(), o)
			if !slices.Equal(a.paths, test.asked) {
				t.Errorf("asked for %q, want %q", a.paths, test.asked)
			}
			if ok != (test.studies != "") {
				t.Fatalf("found %v: %+v", ok, c)
			}
			if ok && (c.Studies.String() != test.studies || c.Studies.Source != test.source || c.ImagesLinked.String() != "990" ||
				c.ImagesAccessible.String() != test.atHand || c.Patients.String() != test.patients) {
				t.Errorf("%+v", c)
			}
		})
	}
}

// TestCrossCheck: what two routes say together.
func TestCrossCheck(t *testing.T) {
	const find, stats = "c-find-study", "orthanc-statistics"
	for name, test := range map[string]struct {
		find, numbers, want survey.Count
		reason              string
	}{
		"agree":                     {survey.ExactCount(5, find), survey.ExactCount(5, stats), survey.ExactCount(5, find), "says the same"},
		"bound confirmed":           {survey.AtLeast(5, find, "no dates"), survey.ExactCount(5, stats), survey.ExactCount(5, find), "no dates"},
		"bound below":               {survey.AtLeast(5, find, "cut"), survey.ExactCount(9, stats), survey.ExactCount(9, stats), "at least 5 (cut)"},
		"bound above":               {survey.AtLeast(9, find, "cut"), survey.ExactCount(5, stats), survey.AtLeast(9, find, "x"), "says 5, less"},
		"estimate":                  {survey.EstimateOf(9, 5, 12, 0.95, find, "days"), survey.ExactCount(10, stats), survey.ExactCount(10, stats), "about 9"},
		"exact and different":       {survey.ExactCount(9, find), survey.ExactCount(12, stats), survey.ExactCount(9, find), "says 12"},
		"C-FIND counted nothing":    {survey.UnknownCount("refused"), survey.ExactCount(5, stats), survey.ExactCount(5, stats), ""},
		"the route counted nothing": {survey.AtLeast(9, find, "cut"), survey.UnknownCount("shut"), survey.AtLeast(9, find, "cut"), "cut"},
	} {
		got := webcount.CrossCheck(survey.Counts{Studies: test.find, ImagesLinked: test.find, ImagesAccessible: test.find, Patients: survey.UnknownCount("not asked")},
			survey.Counts{Studies: test.numbers, ImagesLinked: test.numbers, ImagesAccessible: test.numbers, Patients: test.numbers})
		want(t, name, got.Studies, test.want)
		want(t, name+", images", got.ImagesLinked, test.want)
		if !strings.Contains(got.Studies.Reason, test.reason) {
			t.Errorf("%s: reason %q", name, got.Studies.Reason)
		}
		for _, c := range []survey.Count{got.Studies, got.ImagesLinked, got.ImagesAccessible, got.Patients} {
			if err := c.Validate(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		linked, _ := got.ImagesLinked.Int()
		if reachable, ok := got.ImagesAccessible.Int(); ok && reachable > linked {
			t.Errorf("%s: %v of %v images are accessible", name, got.ImagesAccessible, got.ImagesLinked)
		}
	}
}
