package report

import (
	"strings"
	"testing"

	"leadglass/internal/survey"
)

// check is a result of a check.
func check(id string, port uint16, state survey.CheckState) survey.Check {
	return survey.Check{ID: id, Port: port, State: state, Severity: survey.High, Title: "title", Evidence: "evidence of " + id}
}

// TestMeaningOfOpen: images are said to be out of reach only where that was
// found out.
func TestMeaningOfOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		get  survey.CheckState
		port uint16
		want string
	}{
		"refused":              {survey.Pass, 104, "even though no image could be retrieved."},
		"undecided":            {survey.Unknown, 104, "could not be decided (LG-D06)"},
		"undecided, elsewhere": {survey.Unknown, 105, "even though no image could be retrieved."},
	} {
		f := survey.Finding{Verdict: survey.Open, Checks: []survey.Check{check("LG-D04", 104, survey.Fail), check("LG-D06", c.port, c.get)}}
		if got := strings.Join(meaning(f), " "); !strings.Contains(got, c.want) || strings.Contains(got, "decided") == strings.Contains(got, "no image could") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
