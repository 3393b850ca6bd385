package census_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"leadglass/dicom/dimse"
	"leadglass/internal/census"
	"leadglass/internal/survey"
)

func TestImages(t *testing.T) {
	tests := []struct {
		name    string
		archive *archive
		quality survey.Quality
		source  string
	}{
		{"given", &archive{studies: made(300, 100, 0)}, survey.Exact, "c-find-study"},
		{"absent, few studies", &archive{studies: made(150, 100, 0), noCounts: true}, survey.Exact, "c-find-image"},
		{"absent, many studies", &archive{studies: made(2000, 100, 0), noCounts: true}, survey.Estimated, "c-find-image"},
		{"absent, hierarchical", &archive{studies: made(150, 100, 0), noCounts: true, hierarchical: true}, survey.Exact, "c-find-image"},
		{"text", &archive{studies: made(150, 100, 0), countText: "many"}, survey.Exact, "c-find-image"},
		{"zero", &archive{studies: made(150, 100, 0), countText: "0"}, survey.Exact, "c-find-image"},
		{"wrong", &archive{studies: made(2000, 100, 0), countText: "1"}, survey.Estimated, "c-find-image"},
		{"absent and capped", &archive{studies: made(2000, 1000, 0), noCounts: true, cap: 100, capStatus: dimse.Cancelled}, survey.Estimated, "c-find-image"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := count(t, test.archive, census.Options{})
			linked, truth := r.Counts.ImagesLinked, images(test.archive.studies)
			n, _ := linked.Int()
			if linked.Quality != test.quality || linked.Source != test.source {
				t.Errorf("quality %q by %q, want %q by %q", linked.Quality, linked.Source, test.quality, test.source)
			}
			switch linked.Quality {
			case survey.Exact:
				if n != truth {
					t.Errorf("%d images, want %d", n, truth)
				}
			case survey.Estimated:
				if *linked.Low > truth*11/10 || *linked.High < truth*9/10 {
					t.Errorf("%v images, the truth is %d", linked, truth)
				}
			}
		})
	}
}

// TestBelowStudies: answers to queries for series and images count only where
// they are that; else the archive's own numbers do, or a bound.
func TestBelowStudies(t *testing.T) {
	studies := made(130, 100, 0)
	for i := range studies {
		studies[i].images = 3
	}
	all := func(b below) *archive { return &archive{studies: studies, below: b} }
	none := func(b below) *archive { return &archive{studies: studies, below: b, noCounts: true} }
	for _, test := range []struct {
		name    string
		archive *archive
		quality survey.Quality
	}{
		{"studies at every level", all(below{level: "STUDY"}), survey.Exact},
		{"studies at every level, called images", all(below{level: "STUDY", label: "asked"}), survey.Exact},
		{"images at every level", all(below{level: "IMAGE"}), survey.Exact},
		{"no level said", all(below{label: "none"}), survey.Exact},
		{"parents ignored", all(below{ignoresParents: true}), survey.Exact},
		{"parents ignored, those asked for named", all(below{ignoresParents: true, echo: true}), survey.Exact},
		{"one image of each series", all(below{first: true}), survey.Exact},
		{"one image of each series, no numbers", none(below{first: true}), survey.LowerBound},
		{"each image three times", all(below{repeat: 3}), survey.Exact},
		{"each image three times, no numbers", none(below{repeat: 3}), survey.Exact},
		{"images at every level, no numbers", none(below{level: "IMAGE"}), survey.UnknownQuality},
		{"whole data sets without a level, no numbers", none(below{level: "IMAGE", label: "none", ignoresParents: true}), survey.UnknownQuality},
		{"parents ignored, those asked for named, no numbers", none(below{ignoresParents: true, echo: true}), survey.UnknownQuality},
		{"parents ignored, no numbers", none(below{ignoresParents: true}), survey.LowerBound},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := count(t, test.archive, census.Options{})
			linked := r.Counts.ImagesLinked
			n, _ := linked.Int()
			if linked.Quality != test.quality || linked.Quality == survey.Exact && n != 390 || n > 390 {
				t.Errorf("%v images by %s (%s), want %s", linked, linked.Source, linked.Reason, test.quality)
			}
			if linked.Quality == survey.UnknownQuality && !test.archive.below.echo && !strings.Contains(linked.Reason, "cannot be counted: it ") {
				t.Errorf("the reason is %q", linked.Reason)
			}
			if r.Responses > 40_000 {
				t.Errorf("%d responses", r.Responses)
			}
		})
	}
}

// TestPadded: numbers with spaces and zeros around them are numbers.
func TestPadded(t *testing.T) {
	studies := made(40, 10, 0)
	for i := range studies {
		studies[i].images = 7
	}
	r := count(t, &archive{studies: studies, countText: " 007 "}, census.Options{})
	if n, _ := r.Counts.ImagesLinked.Int(); n != 280 || r.Counts.ImagesLinked.Quality != survey.Exact {
		t.Errorf("%v images, want 280", r.Counts.ImagesLinked)
	}
}

func TestAccessible(t *testing.T) {
	studies := made(300, 100, 0)
	want := int64(0)
	for i := range studies {
		studies[i].offline = i%3 == 0
		if !studies[i].offline {
			want += int64(studies[i].images)
		}
	}
	a := &archive{studies: studies}
	r := count(t, a, census.Options{})
	if n, _ := r.Counts.ImagesAccessible.Int(); n != want || r.Counts.ImagesAccessible.Quality != survey.Exact {
		t.Errorf("%v images accessible, want %d", r.Counts.ImagesAccessible, want)
	}
	r = count(t, a, census.Options{Routes: []survey.Route{}})
	if n, ok := r.Counts.ImagesAccessible.Int(); !ok || n != 0 {
		t.Errorf("without a route %v images accessible", r.Counts.ImagesAccessible)
	}
	r = count(t, a, census.Options{RoutesUnknown: "not asked"})
	if r.Counts.ImagesAccessible.Quality != survey.UnknownQuality {
		t.Errorf("with routes unknown %v images accessible", r.Counts.ImagesAccessible)
	}
}

func TestYearsAndModalities(t *testing.T) {
	studies := made(2000, 800, 10)
	years, modalities := map[string]int64{}, map[string]int64{}
	for _, s := range studies {
		year := "none"
		if s.date != "" {
			year = s.date[:4]
		}
		years[year]++
		for m := range strings.SplitSeq(s.modality, `\`) {
			modalities[m]++
		}
	}
	for _, c := range []int{0, 1000} { // whole, and in windows
		a := &archive{studies: studies, cap: c, wildcardUIDs: true, capStatus: dimse.OutOfResources}
		r := count(t, a, census.Options{})
		if fmt.Sprint(r.Counts.Years) != fmt.Sprint(years) {
			t.Errorf("cap %d: years %v, want %v", c, r.Counts.Years, years)
		}
		if fmt.Sprint(r.Counts.Modalities) != fmt.Sprint(modalities) {
			t.Errorf("cap %d: modalities %v, want %v", c, r.Counts.Modalities, modalities)
		}
	}
}

func TestPeople(t *testing.T) {
	studies := made(500, 300, 0)
	for i := range studies {
		if i%4 == 0 {
			studies[i].patient = fmt.Sprintf("9%02d-%02d-%04d", i%100, i%90, i)
		}
	}
	o := census.Options{CountPatients: true, CountNationalIDs: true}
	tests := []struct {
		name    string
		archive *archive
		quality survey.Quality
		want    int64
	}{
		{"plain", &archive{studies: studies}, survey.Exact, 125},
		{"none", &archive{studies: made(500, 300, 0)}, survey.Exact, 0},
		{"key ignored", &archive{studies: studies, ignoresPatientID: true}, survey.UnknownQuality, 0},
		{"no wildcards", &archive{studies: studies, literalWildcards: true}, survey.UnknownQuality, 0},
		{"capped", &archive{studies: studies, cap: 50, capStatus: dimse.OutOfResources}, survey.LowerBound, 125},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := count(t, test.archive, o)
			c := *r.Counts.NationalIDs
			if n, _ := c.Int(); n != test.want || c.Quality != test.quality {
				t.Errorf("%v (%s) records, want %d, %s", c, c.Quality, test.want, test.quality)
			}
			if p := r.Counts.Patients; test.archive.cap == 0 && (p.Quality != survey.Exact || *p.Value != 500) {
				t.Errorf("%v patients (%s)", p, p.Reason)
			}
		})
	}
}

// TestBudget: beyond its limits a count becomes an estimate that holds the
// truth, or a lower bound.
func TestBudget(t *testing.T) {
	a := &archive{studies: made(30_000, 3000, 0)}
	for _, c := range []int{0, 50} {
		a.cap, a.capStatus = c, dimse.OutOfResources
		o := census.Options{Mode: census.ModeBudget, MaxResponses: 20_000, MaxQueries: 1500, MaxTime: 30 * time.Second, Seed: 1}
		r := count(t, a, o)
		s := r.Counts.Studies
		if s.Quality != survey.Estimated || *s.Low > 30_000 || *s.High < 30_000 {
			t.Errorf("cap %d: %v studies (%s)\n%q", c, s, s.Quality, a.queries[:min(20, len(a.queries))])
		}
		if r.Responses > 24_000 || r.Queries > 1500 {
			t.Errorf("cap %d: %d responses, %d queries\n%q", c, r.Responses, r.Queries, a.queries[:min(20, len(a.queries))])
		}
		o.Mode = census.ModeExact
		r = count(t, a, o)
		if s := r.Counts.Studies; s.Quality != survey.LowerBound || *s.Value < 10_000 || r.Incomplete == "" {
			t.Errorf("cap %d: %v studies (%s), incomplete %q", c, s, s.Quality, r.Incomplete)
		}
	}
}

func TestMemory(t *testing.T) {
	// A count that gets no memory for its sets is exact all the same.
	r := count(t, &archive{studies: made(20_000, 900, 0)}, census.Options{Memory: census.NewMemory(64 << 10)})
	if n, _ := r.Counts.Studies.Int(); n != 20_000 {
		t.Errorf("%v studies", r.Counts.Studies)
	}
}
