package survey

import (
	"fmt"
	"slices"
)

// Verdict is the answer to "how open is this target", from nothing there to
// images free for all.
type Verdict string

// The verdicts, in order of exposure.
const (
	// Unreachable: no port of the target accepted a connection.
	Unreachable Verdict = "unreachable"
	// NotDICOM: something answers, but neither DICOM nor DICOMweb.
	NotDICOM Verdict = "not-dicom"
	// Protected: speaks DICOM or DICOMweb and lets us do nothing.
	Protected Verdict = "protected"
	// Identified: accepts an association or an echo, but no query.
	Identified Verdict = "identified"
	// Open: answers queries.
	Open Verdict = "open"
	// OpenImages: answers queries, and a retrieval route is open.
	OpenImages Verdict = "open-images"
)

// Verdicts lists all verdicts in order of exposure.
var Verdicts = []Verdict{Unreachable, NotDICOM, Protected, Identified, Open, OpenImages}

// FreelyAccessible reports whether v is what the study of 2019 called freely
// accessible.
func (v Verdict) FreelyAccessible() bool { return v == Open || v == OpenImages }

// Speaks reports whether v is a verdict on an image archive at all.
func (v Verdict) Speaks() bool { return v.Rank() >= Protected.Rank() }

// Rank is the place of v in Verdicts, or -1.
func (v Verdict) Rank() int { return slices.Index(Verdicts, v) }

// Validate returns an error unless v is one of Verdicts.
func (v Verdict) Validate() error {
	if v.Rank() < 0 {
		return fmt.Errorf("unknown verdict %q; known are %q", string(v), Verdicts)
	}
	return nil
}

// Grade sums a finding up in a letter, A (best) to F; the rule is printed by
// `leadglass checks`. Empty when there is nothing to grade.
type Grade string

// The grades.
const (
	GradeA    Grade = "A"
	GradeB    Grade = "B"
	GradeC    Grade = "C"
	GradeD    Grade = "D"
	GradeF    Grade = "F"
	GradeNone Grade = ""
)

// CheckState is the result of a check. Unknown always comes with a reason in
// Check.Evidence.
type CheckState string

// The four states of a check.
const (
	Pass          CheckState = "pass"
	Fail          CheckState = "fail"
	Unknown       CheckState = "unknown"
	NotApplicable CheckState = "not-applicable"
)

// Severity says how much a failed check matters.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Severities lists the severities, worst first.
var Severities = []Severity{Critical, High, Medium, Low, Info}

// Check is the result of one check of the catalogue on one target.
type Check struct {
	// ID is the catalogue's: "LG-D04".
	ID       string     `json:"id"`
	State    CheckState `json:"state"`
	Severity Severity   `json:"severity"`
	Title    string     `json:"title"`
	// Port is the port the check was made on; 0 for the host as a whole.
	Port uint16 `json:"port,omitempty"`
	// Evidence says in a sentence what was seen, or why the state is unknown.
	Evidence string `json:"evidence"`
	// Remedy says what to change, with configuration lines where the product
	// is known; only on failed checks.
	Remedy     string   `json:"remedy,omitempty"`
	References []string `json:"references,omitempty"`
}

// Plan is what to do on a host against all checks that failed there.
type Plan struct {
	// Steps are in the order in which they are applied.
	Steps []PlanStep `json:"steps"`
	// Vendor is the sentence for what may be a medical device, "" where the product
	// is none.
	Vendor string `json:"vendor,omitempty"`
}

// PlanStep is one remedy of a plan.
type PlanStep struct {
	ID      string `json:"id"`
	Product string `json:"product"`
	Title   string `json:"title"`
	// HoldsFor says for which versions and distributions it was written.
	HoldsFor string `json:"holds_for"`
	// Changes are the files and commands, those lines indented by four spaces.
	Changes    string `json:"changes"`
	SideEffect string `json:"side_effect"`
	Undo       string `json:"undo"`
	// TurnsGreen are the checks of this host that no longer fail after the step.
	TurnsGreen []string `json:"turns_green"`
	// Run: the project's tests apply the step to the real server.
	Run bool `json:"run_on_real_server"`
}
