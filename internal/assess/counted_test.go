package assess_test

import (
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/internal/assess"
	"leadglass/internal/survey"
)

// TestCounted: what the count was answered with settles the checks of queries that
// had no result, by its information model and on its service, and nothing else.
func TestCounted(t *testing.T) {
	table := builtin(t)
	for name, c := range map[string]struct {
		responses      map[string]int64
		study, patient survey.CheckState
	}{
		"nothing":       {nil, survey.Unknown, survey.Unknown},
		"no response":   {map[string]int64{dicom.StudyRootFind: 0}, survey.Unknown, survey.Unknown},
		"studies":       {map[string]int64{dicom.StudyRootFind: 7}, survey.Fail, survey.Unknown},
		"patients":      {map[string]int64{dicom.PatientRootFind: 7}, survey.Unknown, survey.Fail},
		"both":          {map[string]int64{dicom.StudyRootFind: 7, dicom.PatientRootFind: 1}, survey.Fail, survey.Fail},
		"some worklist": {map[string]int64{dicom.ModalityWorklistFind: 7}, survey.Unknown, survey.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			f := survey.Finding{Checks: []survey.Check{
				{ID: "LG-D04", Port: 104, State: survey.Unknown, Evidence: "The association was ended."},
				{ID: "LG-D05", Port: 104, State: survey.Unknown},
				{ID: "LG-D04", Port: 105, State: survey.Unknown}, {ID: "LG-D09", Port: 104, State: survey.Unknown},
			}}
			s := &survey.Service{Port: 104}
			assess.Counted(&f, s, c.responses, table)
			if f.Checks[0].State != c.study || f.Checks[1].State != c.patient || f.Checks[2].State != survey.Unknown || f.Checks[3].State != survey.Unknown {
				t.Errorf("%+v", f.Checks)
			}
			settled := c.study == survey.Fail || c.patient == survey.Fail
			if s.Levels.QueryAnswered != settled {
				t.Errorf("query answered: %t", s.Levels.QueryAnswered)
			}
			if k := f.Checks[0]; k.State == survey.Fail && (k.Remedy == "" || !strings.Contains(k.Evidence, "shown by the count, which was sent 7 responses") || !strings.Contains(k.Evidence, "The association was ended.")) {
				t.Errorf("%+v", k)
			}
		})
	}
	for _, state := range []survey.CheckState{survey.Pass, survey.Fail, survey.NotApplicable} {
		f := survey.Finding{Checks: []survey.Check{{ID: "LG-D04", Port: 104, State: state, Evidence: "Before."}}}
		if assess.Counted(&f, &survey.Service{Port: 104}, map[string]int64{dicom.StudyRootFind: 1}, table); f.Checks[0].State != state || f.Checks[0].Evidence != "Before." {
			t.Errorf("%+v", f.Checks[0])
		}
	}
}
