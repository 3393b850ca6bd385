package census_test

import (
	"testing"

	"leadglass/internal/census"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// TestPatientRootAlone: dcmqrscp without Study Root answers a query for studies only
// where it names the patient. They are counted patient by patient where that is
// allowed, and else there is a reason.
func TestPatientRootAlone(t *testing.T) {
	for _, n := range []int{60, 260} {
		s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: threeYears(n, 0), Args: []string{"--no-study-root"}})
		r := countReal(t, s, census.Options{WildcardNames: true})
		got, ok := r.Counts.Studies.Int()
		if !ok || got != int64(n) {
			t.Errorf("%d studies: %+v", n, r.Counts.Studies)
		}
		if r.Queries > int64(4*n+160) {
			t.Errorf("%d queries for %d studies", r.Queries, n)
		}
		if r := countReal(t, s, census.Options{}); r.Counts.Studies.Quality == survey.Exact || r.Counts.Studies.Reason == "" {
			t.Errorf("without names: %+v", r.Counts.Studies)
		}
	}
}
