package report_test

import (
	"strings"
	"testing"

	fit "leadglass/internal/plain"
	"leadglass/internal/report"
	"leadglass/internal/survey"
)

// TestFindingIsPlain: of a finding full of what steers a terminal nothing but
// its visible characters is printed, with colours and without.
func TestFindingIsPlain(t *testing.T) {
	const evil = "x\x1b[31m\u009b2J\u202ey\u200bz"
	f := sampleRecords(40)[7].Finding
	f.Verdict = survey.Open
	f.Checks = []survey.Check{{ID: "LG-D04", State: survey.Fail, Severity: survey.Critical, Title: "t", Evidence: "e", Remedy: "r\n    line"}}
	version := "1"
	f.Services = []survey.Service{{Product: survey.Product{Name: "n", Version: &version}, Detail: "d", Rejection: &survey.Rejection{Text: "t"}}}
	f.Suspicion.Reasons = []string{"s"}
	fit.Strings(&f, func(s string) string { return evil + s })
	f.Services[0].Product.Name += "\nforged"
	f.Target.Host += "\nforged"
	for _, color := range []bool{false, true} {
		var b strings.Builder
		if err := report.Finding(&b, f, report.TextOptions{Color: color}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, own := range []string{"1", "2", "31", "32", "33", "1;2", "1;31", "0"} {
			if color {
				text = strings.ReplaceAll(text, "\x1b["+own+"m", "")
			}
		}
		if fit.Text(text) != text || strings.Contains(b.String(), "x\x1b") || !strings.Contains(text, "x [31m 2Jyz") || strings.Contains(text, "\nforged") {
			t.Errorf("color %v: %q", color, b.String())
		}
	}
}
