package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"leadglass/internal/survey"
)

// limited is a DICOMweb service of 240 studies, two a day from 2019 on, that
// answers a search which finds more than most with a status, whatever its
// limit, as dcm4chee-arc does; -1 declines every search. Its number-only route
// is open where counts is set.
func limited(t *testing.T, most, status int, counts bool) *recorder {
	const root = "/dcm4chee-arc/aets/DCM4CHEE/rs"
	type value = map[string]any
	day := time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"/studies", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		from, to, isRange := strings.Cut(q.Get("StudyDate"), "-")
		if !isRange {
			to = from
		}
		var found []map[string]value
		for i := range 240 {
			date := day.AddDate(0, 0, i/2).Format("20060102")
			if (from == "" || date >= from) && (to == "" || date <= to) {
				found = append(found, map[string]value{"0020000D": {"vr": "UI", "Value": []string{fmt.Sprintf("2.25.%d", i+1)}},
					"00080020": {"vr": "DA", "Value": []string{date}}, "00201208": {"vr": "IS", "Value": []int{3}}})
			}
		}
		var limit, offset int
		_, _ = fmt.Sscan(q.Get("limit"), &limit)
		_, _ = fmt.Sscan(q.Get("offset"), &offset)
		switch {
		case len(found) > most:
			w.WriteHeader(status)
		case offset >= len(found):
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "application/dicom+json")
			_ = json.NewEncoder(w).Encode(found[offset:min(offset+limit, len(found))])
		}
	})
	mux.HandleFunc("GET "+root+"/studies/count", func(w http.ResponseWriter, _ *http.Request) {
		if !counts {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = fmt.Fprint(w, `{"count": 240}`)
	})
	s := record(t, mux)
	s.URL += root
	return s
}

// TestDeclinedSearch: a DICOMweb service that declines searches which find too
// much is open, and counted by ranges of dates; one that declines them all is
// no archive with counts.
func TestDeclinedSearch(t *testing.T) {
	for _, status := range []int{413, 503, 504, 400, 500} {
		for _, counts := range []bool{false, true} {
			f := leadglass(t, "check", limited(t, 50, status, counts).URL, "--json").want(t, 0).finding(t)
			quality := survey.LowerBound // studies without a date would not be seen
			if counts {
				quality = survey.Exact
			}
			n, _ := f.Counts.Studies.Int()
			if !f.Verdict.FreelyAccessible() || n != 240 || f.Counts.Studies.Quality != quality {
				t.Errorf("%d: verdict %s, %v studies (%s)", status, f.Verdict, f.Counts.Studies, f.Counts.Studies.Reason)
			}
		}
		f := leadglass(t, "check", limited(t, -1, status, true).URL, "--json").want(t, 0).finding(t)
		if _, counted := f.Counts.Studies.Int(); counted && f.Verdict == survey.NotDICOM || f.Verdict.FreelyAccessible() {
			t.Errorf("%d to every search: verdict %s, %v studies", status, f.Verdict, f.Counts.Studies)
		}
	}
}
