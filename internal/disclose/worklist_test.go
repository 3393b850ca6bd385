package disclose_test

import (
	"strings"
	"testing"

	"leadglass/internal/disclose"
	"leadglass/internal/survey"
)

// TestLetterOnAWorklist: of an archive that answers worklist queries alone the
// letters, and the events, say that, and not that it lists studies.
func TestLetterOnAWorklist(t *testing.T) {
	for language, want := range map[string][2]string{
		"en": {"answers worklist queries; no study was listed", "archive that answers the queries"},
		"de": {"beantwortet Abfragen der Arbeitsliste", "Archiv, das Abfragen eines jeden"},
		"es": {"responde a consultas de la lista de trabajo", "archivo que responde a las consultas"},
		"fr": {"répond aux requêtes de liste de travail", "archive qui répond aux requêtes"},
		"pt": {"responde a consultas da lista de trabalho", "arquivo que responde às consultas"},
	} {
		b := aBundle(language, 1)
		f := identified("192.0.2.1")
		f.Verdict, f.Counts = survey.Open, survey.NotCounted("no study query was answered")
		f.Checks = []survey.Check{check("LG-D04", survey.Pass, survey.Critical, 4242), check("LG-D09", survey.Fail, survey.Critical, 4242)}
		b.Findings = []*survey.Finding{f}
		files := parts(t, b)
		got := strings.Join(strings.Fields(files[disclose.LetterName]), " ")
		if !strings.Contains(got, want[0]) || strings.Contains(got, want[1]) {
			t.Errorf("%s: want %q and not %q:\n%s", language, want[0], want[1], got)
		}
		if !strings.Contains(files["intelmq.jsonl"], "open-dicom-worklist") {
			t.Errorf("events: %s", files["intelmq.jsonl"])
		}
	}
}
