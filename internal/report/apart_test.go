package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// openRecords are n open archives of a country, each with ten studies.
func openRecords(n int, country string) []survey.Record {
	var list []survey.Record
	for i := range n {
		f := survey.Finding{Verdict: survey.Open, Grade: survey.GradeF, Target: survey.Target{Address: fmt.Sprintf("192.0.2.%d", i)}, Counts: survey.NotCounted("not asked")}
		f.Counts.Studies = survey.ExactCount(10, "")
		if country != "" {
			f.Owner = &survey.Owner{Country: country}
		}
		list = append(list, survey.Record{Finding: f})
	}
	return list
}

func published(s survey.Survey, min int, records ...survey.Record) report.Public {
	a := report.NewAggregator(s)
	for _, r := range records {
		a.Add(r)
	}
	return report.Publish(a.Aggregate(), min)
}

func pageOf(t *testing.T, r report.Public) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHeadline: the page says how many archives were found, how many are open,
// how many of those are suspected, and by how many the countries are counted;
// web servers are no archives.
func TestHeadline(t *testing.T) {
	web := slices.Repeat([]survey.Record{{Finding: survey.Finding{Verdict: survey.NotDICOM}}}, 9)
	closed := slices.Repeat([]survey.Record{{Finding: survey.Finding{Verdict: survey.Protected}}}, 20)
	suspected := openRecords(4, "FR")
	for i := range suspected {
		suspected[i].Finding.Suspicion.Honeypot = true
	}
	for _, c := range []struct {
		name    string
		records []survey.Record
		want    []string
		quality survey.Quality
	}{
		{"some countries", slices.Concat(web, closed, suspected, openRecords(6, "AT"), openRecords(51, "")), []string{
			"Of 81 image archives found (DICOM, DICOMweb or an image viewer), 61 answer queries of anyone, without a password; 4 of these look like honeypots, test data or archives of animals; they are in at least 2 countries, by the 10 of 61 whose country is known.",
			`<dt>Archives found</dt><dd class="n">81</dd>`}, survey.LowerBound},
		{"no country", slices.Concat(web, closed, openRecords(51, "")), []string{
			"51 answer queries of anyone, without a password; none of these looks like a honeypot, test data or an archive of animals; the country of none is known.",
			`<dt>Countries</dt><dd class="n">unknown</dd>`}, survey.UnknownQuality},
		{"all countries", slices.Concat(closed, openRecords(6, "AT")), []string{"they are in 1 country, by the 6 of 6 whose country is known"}, survey.Exact},
	} {
		r := published(sampleSurvey(), 3, c.records...)
		page := pageOf(t, r)
		for _, want := range c.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not say %q", c.name, want)
			}
		}
		if r.Totals.CountriesQuality != c.quality || r.Totals.NumbersQuality != survey.Exact {
			t.Errorf("%s: %+v", c.name, r.Totals)
		}
		if strings.Contains(page, "targets that answered") {
			t.Errorf("%s: web servers in the headline", c.name)
		}
	}
}

// TestUnfinishedIsNoTotal: no figure of a survey that is not whole is exact.
func TestUnfinishedIsNoTotal(t *testing.T) {
	s := sampleSurvey()
	s.State = survey.StateInterrupted
	for name, records := range map[string][]survey.Record{"nothing yet": nil, "some": slices.Concat(openRecords(6, "AT"), openRecords(5, "FR"), sampleRecords(200))} {
		for _, least := range []int{1, 3} {
			r := published(s, least, records...)
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			var csv bytes.Buffer
			if err := report.WriteCSV(&csv, r); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), `"quality":"exact"`) || strings.Contains(string(text), `"quality":"estimate"`) || strings.Contains(csv.String(), ",exact") || strings.Contains(string(text), `_quality":"exact"`) {
				t.Errorf("%s, %d: an exact total of a survey that is not whole:\n%s\n%s", name, least, text, csv.String())
			}
			if page := pageOf(t, r); strings.Contains(page, `<span class="q">exact`) || strings.Contains(page, `<span class="q">estimate`) {
				t.Errorf("%s, %d: an exact figure on the page", name, least)
			}
		}
	}
}

// TestKnownCountriesBesideMergedOnes: the number of open archives whose country
// is known is shown wherever no country is unknown, so that it does not tell
// whether each country has enough to be shown; it is withheld where the archives
// of unknown country are merged with others.
func TestKnownCountriesBesideMergedOnes(t *testing.T) {
	in := func(perCountry ...int) []survey.Record {
		var list []survey.Record
		for i, n := range perCountry {
			list = append(list, openRecords(n, []string{"DE", "FR", "IT", "US"}[i])...)
		}
		return list
	}
	for _, c := range []struct {
		name    string
		records []survey.Record
		want    string
		quality survey.Quality
	}{
		{"none merged", in(3, 3, 3, 3), "12", survey.Exact},
		{"some merged", in(2, 2, 3, 5), "12", survey.Exact},
		{"unknown beside merged ones", slices.Concat(in(2, 2, 3, 5), openRecords(30, "")), "12", survey.LowerBound},
		{"unknown among merged ones", slices.Concat(in(2, 3, 9, 9), openRecords(2, "")), "withheld", survey.LowerBound},
		{"every country merged", in(1, 1, 1, 1), "withheld", ""},
		{"one archive more than countries", in(1, 1, 1, 2), "withheld", ""},
	} {
		got := published(sampleSurvey(), 3, c.records...).Totals
		if got.OpenInCountries.String() != c.want || got.CountriesQuality != c.quality {
			t.Errorf("%s: %s, %q; want %s, %q", c.name, got.OpenInCountries, got.CountriesQuality, c.want, c.quality)
		}
	}
}
