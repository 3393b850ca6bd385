package disclose

import (
	"leadglass/internal/survey"
)

// Rule says which findings go out.
type Rule struct {
	// Least is the least verdict that does: Open, OpenImages, or Identified
	// where checks failed. A viewer without login, and DICOM files in a listing,
	// go out at any verdict.
	Least survey.Verdict
	// Honeypots: those that look like one go out too.
	Honeypots bool
}

// Choice is what becomes of a finding.
type Choice string

// The choices.
const (
	// Told: it goes to its recipient.
	Told Choice = "told"
	// Harmless: there is nothing to tell.
	Harmless Choice = "harmless"
	// Below: something is wrong with it, less than the rule asks for.
	Below Choice = "below"
	// Honeypot: it looks like one, and nobody is to be troubled with it.
	Honeypot Choice = "honeypot"
)

// Choose applies the rule to a finding.
func (r Rule) Choose(f *survey.Finding) Choice {
	exposed := f.Exposed()
	failing := f.Verdict.Rank() >= survey.Identified.Rank() && anyFailed(f)
	switch {
	case !exposed && !failing:
		return Harmless
	case !f.Beside() && f.Verdict.Rank() < r.Least.Rank():
		return Below
	case f.Suspicion.Honeypot && !r.Honeypots:
		return Honeypot
	}
	return Told
}

func anyFailed(f *survey.Finding) bool {
	for _, c := range f.Checks {
		if c.State == survey.Fail {
			return true
		}
	}
	return false
}
