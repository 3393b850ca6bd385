package census_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
	"leadglass/internal/census"
	"leadglass/internal/survey"
)

// TestDeclined counts archives that answer the first query with a failure that
// is no refusal: because it matches too much, or because of a key.
func TestDeclined(t *testing.T) {
	over := func(limit int, s dimse.Status) func(request, int) dimse.Status {
		return func(q request, n int) dimse.Status {
			if q.level == "STUDY" && n > limit {
				return s
			}
			return dimse.Success
		}
	}
	keys := func(s dimse.Status, tags ...dicom.Tag) func(request, int) dimse.Status {
		return func(q request, n int) dimse.Status {
			for _, tag := range tags {
				if q.present[tag] {
					return s
				}
			}
			return dimse.Success
		}
	}
	both := func(q request, n int) dimse.Status {
		return max(over(50, 0xC000)(q, n), keys(0xA900, dicom.InstanceAvailability)(q, n))
	}
	onMatch := func(q request, n int) dimse.Status {
		if n > 0 && q.present[dicom.ModalitiesInStudy] {
			return 0xC000
		}
		return over(50, 0xC000)(q, n)
	}
	few := func(q request, _ int) dimse.Status {
		if len(q.keys) > 5 {
			return 0xA900
		}
		return dimse.Success
	}
	const number, available, modalities = dicom.NumberOfStudyRelatedInstances, dicom.InstanceAvailability, dicom.ModalitiesInStudy
	for _, test := range []struct {
		name    string
		objects func(request, int) dimse.Status
		dated   bool // without UID wildcards: studies without a date cannot be seen
	}{
		{"C000 over 50", over(50, 0xC000), false},
		{"C001 over 7", over(7, 0xC001), false},
		{"0110 over 100", over(100, 0x0110), false},
		{"A900 over 50", over(50, 0xA900), false},
		{"A700 over 50", over(50, 0xA700), false},
		{"A701 over 299", over(299, 0xA701), false},
		{"FE00 over 50", over(50, 0xFE00), false},
		{"C000 over 50, no UID wildcards", over(50, 0xC000), true},
		{"A900 to the number of images", keys(0xA900, number), false},
		{"A900 to the availability", keys(0xA900, available), false},
		{"C000 to the modalities", keys(0xC000, modalities), false},
		{"A900 to all three", keys(0xA900, number, available, modalities), false},
		{"A700 to two", keys(0xA700, number, modalities), false},
		{"A900 to more than five keys", few, false},
		{"C000 over 50 and A900 to a key", both, false},
		{"C000 over 50, and to a key where something matches", onMatch, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := &archive{studies: made(300, 100, 0), wildcardUIDs: !test.dated, objects: test.objects}
			r := count(t, a, census.Options{})
			quality := survey.Exact
			if test.dated {
				quality = survey.LowerBound
			}
			if n, _ := r.Counts.Studies.Int(); n != 300 || r.Counts.Studies.Quality != quality {
				t.Errorf("%v studies (%s)", r.Counts.Studies, r.Counts.Studies.Reason)
			}
			// Where the number of images may not be asked for, a sample is listed.
			linked, truth := r.Counts.ImagesLinked, images(a.studies)
			n, _ := linked.Int()
			if linked.Quality == survey.Estimated {
				n = min(max(truth, *linked.Low), *linked.High)
			}
			if n != truth {
				t.Errorf("%v images, want %d", linked, truth)
			}
			if r.Queries > 700 {
				t.Errorf("%d queries", r.Queries)
			}
		})
	}
}

// TestDeclinesEverything: an archive that answers no query of any size is given
// up soon, and gives no number.
func TestDeclinesEverything(t *testing.T) {
	for _, s := range []dimse.Status{0xC000, 0xA700, 0xFE00, 0x0110, 0xA900, dimse.NotAuthorized} {
		r := count(t, &archive{studies: made(300, 100, 0), objects: func(request, int) dimse.Status { return s }}, census.Options{})
		if r.Counts.Studies.Quality != survey.UnknownQuality || r.Queries > 40 || !strings.Contains(r.Counts.Studies.Reason, s.String()) {
			t.Errorf("%s: %v studies (%s), %d queries", s, r.Counts.Studies, r.Counts.Studies.Reason, r.Queries)
		}
	}
	// It answers for days without a study.
	r := count(t, &archive{studies: made(300, 100, 0), objects: func(_ request, n int) dimse.Status { return dimse.Status(min(n, 1) * 0xC000) }}, census.Options{})
	if r.Counts.Studies.Quality == survey.Exact || r.Queries > 150 {
		t.Errorf("%v studies (%s), %d queries", r.Counts.Studies, r.Counts.Studies.Reason, r.Queries)
	}
}

// TestEmptyLists: an empty list proves that there is nothing only where lists
// by date and by any name are empty too.
func TestEmptyLists(t *testing.T) {
	for _, test := range []struct {
		name    string
		hides   func(request) bool
		studies int
		names   bool
		value   int64
		quality survey.Quality
	}{
		{"holds nothing", nil, 0, true, 0, survey.Exact},
		{"holds nothing, names may not be asked", nil, 0, false, 0, survey.LowerBound},
		{"wants a name", func(q request) bool { return q.name == "" }, 40, true, 40, survey.Exact},
		{"wants a name, which may not be asked", func(q request) bool { return q.name == "" }, 40, false, 0, survey.LowerBound},
		{"wants an ID", func(q request) bool { return q.patient == "" }, 130, true, 130, survey.Exact},
		{"wants a name and a date", func(q request) bool { return q.name == "" || q.date == "" }, 130, true, 130, survey.LowerBound},
		{"wants a date", func(q request) bool { return q.date == "" }, 130, false, 130, survey.LowerBound},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := &archive{studies: made(test.studies, 100, 0), hides: test.hides}
			r := census.Count(t.Context(), a.serve(t), census.Options{Routes: []survey.Route{"C-GET"}, WildcardNames: test.names})
			if n, ok := r.Counts.Studies.Int(); !ok || n != test.value || r.Counts.Studies.Quality != test.quality {
				t.Errorf("%v studies (%s), want %d, %s", r.Counts.Studies, r.Counts.Studies.Reason, test.value, test.quality)
			}
			if named := slices.ContainsFunc(a.queries, func(q string) bool { return strings.HasSuffix(q, "*") }); named && !test.names {
				t.Errorf("a name was asked for: %q", a.queries)
			}
		})
	}
	a := &archive{studies: made(300, 100, 0), objects: func(q request, _ int) dimse.Status {
		if q.level == "STUDY" && q.name == "" {
			return 0xC000
		}
		return dimse.Success
	}}
	if r := count(t, a, census.Options{}); r.Counts.Studies.Quality != survey.Exact || *r.Counts.Studies.Value != 300 {
		t.Errorf("%v studies (%s)", r.Counts.Studies, r.Counts.Studies.Reason)
	}
}
