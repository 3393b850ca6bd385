package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// TestGuessedProduct: a product that could only be guessed counts among the
// unknown ones, and where a single archive is named its confidence is too.
func TestGuessedProduct(t *testing.T) {
	r := sampleRecords(40)[7]
	version := "1"
	r.Finding.Verdict = survey.Open
	r.Finding.Services = slices.Clone(r.Finding.Services)
	r.Finding.Services[0].Outcome, r.Finding.Services[0].Product = survey.Answered, survey.Product{Name: "Orthanc", Version: &version, Confidence: survey.Possible}
	r.Finding.Services[0].Toolkit.Confidence = survey.Possible
	a := report.NewAggregator(sampleSurvey())
	a.Add(r)
	if agg := a.Aggregate(); agg.Products["unknown"] != 1 || len(agg.Products) != 1 || agg.Toolkits["unknown"] != 1 {
		t.Errorf("products %v, toolkits %v", agg.Products, agg.Toolkits)
	}
	var text strings.Builder
	if err := report.Finding(&text, r.Finding, report.TextOptions{Width: 200}); err != nil || !strings.Contains(text.String(), "product Orthanc 1 (possible)") || !strings.Contains(text.String(), "toolkit DCMTK 3.6.7 (possible)") {
		t.Errorf("%v\n%s", err, text.String())
	}
	c, err := report.Collect(sampleSurvey(), func(yield func(survey.Record, error) bool) { yield(r, nil) }, t.TempDir(), "html", "csv")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var page, list bytes.Buffer
	for _, err := range []error{c.WriteHTML(&page), c.WriteCSV(&list)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, out := range map[string]string{"page": page.String(), "list": list.String()} {
		if strings.Count(out, "Orthanc") != strings.Count(out, "Orthanc 1 (possible)") || !strings.Contains(out, "Orthanc 1 (possible)") {
			t.Errorf("the %s states a guess as a fact", name)
		}
	}
}
