package survey_test

import (
	"slices"
	"testing"

	"leadglass/internal/survey"
)

// TestVerdictRules: the table has each verdict once, the most open first, and
// each row is reached.
func TestVerdictRules(t *testing.T) {
	rules := survey.VerdictRules()
	var order []survey.Verdict
	for _, r := range rules {
		order = append(order, r.Verdict)
		if r.When == "" {
			t.Errorf("%s does not say when", r.Verdict)
		}
	}
	slices.Reverse(order)
	if !slices.Equal(order, survey.Verdicts) {
		t.Errorf("verdicts %q, want %q", order, survey.Verdicts)
	}
	fail := func(ids ...string) (checks []survey.Check) {
		for _, id := range ids {
			checks = append(checks, survey.Check{ID: id, State: survey.Fail, Port: 104})
		}
		return checks
	}
	dicom := survey.Service{Port: 104, Protocol: survey.ProtocolDICOM, Outcome: survey.Answered}
	dicom.Levels.Speaks = true
	accepts := dicom
	accepts.Levels.Associates = true
	for _, c := range []struct {
		service survey.Service
		checks  []survey.Check
		want    survey.Verdict
	}{
		{accepts, fail("LG-D04", "LG-D06"), survey.OpenImages},
		{accepts, fail("LG-D04"), survey.Open},
		{accepts, fail("LG-D09"), survey.Open},
		{accepts, nil, survey.Identified},
		{dicom, nil, survey.Protected},
		{survey.Service{Port: 104, Outcome: survey.Mute}, nil, survey.NotDICOM},
		{survey.Service{Port: 104, Outcome: survey.Closed, TLS: &survey.TLS{ClientCertificate: "required"}}, nil, survey.NotDICOM},
		{survey.Service{Port: 104, Outcome: survey.Silent}, nil, survey.Unreachable},
	} {
		if got := survey.VerdictOf([]survey.Service{c.service}, c.checks); got != c.want {
			t.Errorf("%+v: %s, want %s", c.service, got, c.want)
		}
	}
}
