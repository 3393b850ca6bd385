package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

// The elements of JUnit's XML that Jenkins, GitLab and others read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
		Out       string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Failure *junitResult `xml:"failure"`
		Skipped *junitResult `xml:"skipped"`
	}
	junitResult struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a suite for each target and a case for each check. What could
// not be decided is skipped, with the reason: it did not pass.
func writeJUnit(w io.Writer, _ string, findings []*survey.Finding) error {
	var all junitSuites
	for _, f := range findings {
		s := junitSuite{Name: targetName(f), Time: strconv.FormatFloat(float64(f.DurationMS)/1000, 'f', 3, 64), Timestamp: f.StartedAt.UTC().Format("2006-01-02T15:04:05"),
			Out: plain.Text("Verdict: " + string(f.Verdict) + "\n" + description(&Item{Finding: f}))}
		for _, c := range judged(f) {
			one := junitCase{Class: place(f, c.Port), Name: plain.Line(c.ID + " " + c.Title)}
			switch c.State {
			case survey.Fail:
				one.Failure = &junitResult{plain.Line(c.Evidence), string(c.Severity), plain.Text(strings.TrimSpace(c.Evidence + "\n\n" + c.Remedy))}
				s.Failures++
			case survey.Unknown:
				one.Skipped = &junitResult{Message: plain.Line("undecided: " + c.Evidence)}
				s.Skipped++
			}
			s.Cases = append(s.Cases, one)
		}
		s.Tests = len(s.Cases)
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	text, err := xml.MarshalIndent(all, "", " ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("writing JUnit's XML: %w", err)
	}
	return nil
}
