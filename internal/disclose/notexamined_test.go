package disclose_test

import (
	"testing"

	"leadglass/internal/disclose"
	"leadglass/internal/survey"
)

// TestNotExaminedIsUnclear: an archive whose address a later survey did not ask
// what it speaks is neither gone nor fixed.
func TestNotExaminedIsUnclear(t *testing.T) {
	told := survey.Finding{Verdict: survey.Identified, Target: survey.Target{Address: "192.0.2.1", Port: 104}}
	why := "not examined"
	later := []survey.Finding{{Verdict: survey.NotDICOM, Incomplete: &why, NotExamined: &survey.NotExamined{Network: "192.0.2.0/24", Examined: 16}}}
	if got := disclose.Judge(&told, later, func(uint16) bool { return true }); got != disclose.Unclear {
		t.Errorf("judged %q, want %q", got, disclose.Unclear)
	}
}
