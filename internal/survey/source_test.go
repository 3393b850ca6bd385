package survey_test

import (
	"testing"
	"time"

	"leadglass/internal/survey"
)

func TestSourceString(t *testing.T) {
	day := time.Date(2026, 6, 17, 12, 0, 0, 0, time.UTC)
	for want, s := range map[string]survey.Source{
		"overlay": {Kind: survey.SourceOverlay},
		"GeoLite2-ASN: data of MaxMind, of 2026-06-17": {Kind: survey.SourceGeoIP, Name: "GeoLite2-ASN", Attribution: "data of MaxMind", Date: day},
		"table by somebody (CC0), of 2026-06-17":       {Kind: survey.SourceEmbedded, Name: "table", Attribution: "table by somebody", Licence: "CC0", Date: day},
		"geo-asn, of 2026-06-17":                       {Kind: survey.SourceGeoIP, Name: "geo-asn", Date: day},
	} {
		if got := s.String(); got != want {
			t.Errorf("%+v is %q, want %q", s, got, want)
		}
	}
}

func TestAddSources(t *testing.T) {
	day := time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)
	a, b := survey.Source{Kind: survey.SourceEmbedded, Date: day}, survey.Source{Kind: survey.SourceGeoIP, Name: "x", Date: day}
	newer := b
	newer.Date = day.AddDate(0, 1, 0)
	list := survey.AddSources(survey.AddSources([]survey.Source{a}, b, a), b, newer)
	if len(list) != 3 || list[0] != a || list[1] != b || list[2] != newer {
		t.Errorf("sources %+v", list)
	}
}
