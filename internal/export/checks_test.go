package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/export"
	"leadglass/internal/survey"
)

// checked is a format's file of the findings.
func checked(t *testing.T, name string, findings ...*survey.Finding) string {
	t.Helper()
	formats, err := export.CheckFormatsNamed([]string{name})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := formats[0].Write(&out, "1.0.0", findings); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// results are an archive with a failed, an undecided, a passed check and one that did
// not apply, and a host at which nothing answers.
func results() []*survey.Finding {
	f := archive("192.0.2.7")
	f.Checks = []survey.Check{check("LG-D03", "DICOM in plaintext", survey.Fail, survey.Medium, 4242), check("LG-D07", "C-MOVE open", survey.Unknown, survey.Critical, 4242),
		check("LG-N01", "Public address", survey.Pass, survey.Low, 0), check("LG-T01", "Plaintext beside TLS", survey.NotApplicable, survey.High, 4242)}
	reason := "the budget ran out"
	f.Incomplete = &reason
	return []*survey.Finding{f, {Verdict: survey.Unreachable, Target: survey.Target{Host: "pacs.example.org"}, Counts: survey.NotCounted("nothing answers"), StartedAt: day}}
}

// TestSARIF: the log is as SARIF 2.1.0 wants, and what is undecided did not pass.
func TestSARIF(t *testing.T) {
	text := checked(t, "sarif", results()...)
	valid(t, "sarif-2.1.0.schema.json", text)
	valid(t, "sarif-2.1.0.schema.json", checked(t, "sarif"))
	var got struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Kind, Level string
				RuleIndex           int
				Locations           []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, r := range got.Runs[0].Results {
		if got.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("the rule of %s is another", r.RuleID)
		}
		seen = append(seen, fmt.Sprint(r.RuleID, " ", r.Kind, " ", r.Level, " ", r.Locations[0].PhysicalLocation.ArtifactLocation.URI))
	}
	want := []string{"LG-D03 fail warning dicom://192.0.2.7:4242", "LG-D07 open none dicom://192.0.2.7:4242", "LG-N01 pass none host:192.0.2.7"}
	if !slices.Equal(seen, want) || !strings.Contains(text, "the budget ran out") {
		t.Errorf("results %q\n%s", seen, text)
	}
}

// TestJUnit: the numbers are those of the cases, and what is undecided is skipped.
func TestJUnit(t *testing.T) {
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(checked(t, "junit", results()...)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 3 || got.Failures != 1 || got.Skipped != 1 || len(got.Suites) != 2 || got.Suites[1].Name != "pacs.example.org" {
		t.Errorf("%+v", got)
	}
	if c := got.Suites[0].Cases; c[0].Failure == nil || c[1].Skipped == nil || c[1].Failure != nil || c[2].Failure != nil || c[2].Skipped != nil {
		t.Errorf("%+v", c)
	}
}

// TestCheckTables: the table has all checks, the page those that applied; neither
// lets text of others be more than text.
func TestCheckTables(t *testing.T) {
	list := results()
	list[0].Target.Host, list[0].Checks[0].Evidence = "<script>alert(1)</script>", "=HYPERLINK(\"x\")"
	rows, err := csv.NewReader(strings.NewReader(checked(t, "csv", list...))).ReadAll()
	if err != nil || len(rows) != 6 || rows[1][10] != `'=HYPERLINK("x")` || rows[5][4] != "unreachable" {
		t.Errorf("%v %v", rows, err)
	}
	page := checked(t, "html", list...)
	for _, want := range []string{"LG-D07 C-MOVE open", `class="unknown"`, "pacs.example.org: unreachable", "No check applied", "Study records: 12345"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script>") || strings.Contains(page, "LG-T01") {
		t.Errorf("the page:\n%s", page)
	}
}
