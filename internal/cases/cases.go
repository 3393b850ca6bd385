// Package cases follows single systems over surveys: when each was first and
// last seen exposed, who was notified, whether a later survey proved it fixed,
// and what people said of it. All of it is derived from stored surveys and from
// events that are only ever added; nothing is edited. The judgement of a repair
// is that of package survey. The package does no I/O.
package cases

import (
	"time"

	"leadglass/internal/survey"
)

// Schema names the version of the JSON form of Case.
const Schema = "leadglass.case/1"

// State says where a case is.
type State string

// The states. A mark of a person comes before what surveys say, except that a
// repair ends an acceptance and a dispute over who is responsible.
const (
	Open          State = "open"
	Notified      State = "notified"
	Acknowledged  State = "acknowledged"
	Fixed         State = "fixed"
	Gone          State = "gone"
	Reopened      State = "reopened"
	Accepted      State = State(survey.MarkAccepted)
	FalsePositive State = State(survey.MarkFalsePositive)
	NotOurs       State = State(survey.MarkNotOurs)
	Test          State = State(survey.MarkTest)
)

// States lists the states, in the order in which they are counted.
func States() []State {
	return []State{Open, Notified, Acknowledged, Reopened, NotOurs, Accepted, Gone, Fixed, FalsePositive, Test}
}

// Exposure is what surveys say of a system, whatever people say.
type Exposure string

// The exposures.
const (
	// Exposed: the last look that could tell saw it exposed, or none since could
	// tell that it is not.
	Exposed Exposure = "exposed"
	// ExposureFixed: a look proved the repair.
	ExposureFixed Exposure = "fixed"
	// ExposureGone: nothing of it answers; no proof of a repair.
	ExposureGone Exposure = "gone"
)

// Episode is one time of exposure, from the look that saw it first to the one
// that proved it fixed.
type Episode struct {
	OpenedAt time.Time `json:"opened_at"`
	// OpenedBy is the survey or recheck that saw it.
	OpenedBy string `json:"opened_by"`
	// NotifiedAt is when a recipient was first notified of it.
	NotifiedAt     time.Time `json:"notified_at,omitzero"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	// FixedAt and FixedBy are of the survey or recheck that proved the repair.
	FixedAt time.Time `json:"fixed_at,omitzero"`
	FixedBy string    `json:"fixed_by,omitempty"`
	// DaysToFix are the days from being notified to the proof, absent where one of
	// the two is missing.
	DaysToFix *int `json:"days_to_fix,omitempty"`
}

// Extent is how much is exposed: at the peak, and by the last look that could
// tell.
type Extent struct {
	Peak survey.Count `json:"peak"`
	Now  survey.Count `json:"now"`
}

// Case is the life of one system over surveys.
type Case struct {
	Schema  string `json:"schema"`
	Address string `json:"address"`
	Host    string `json:"host,omitempty"`
	Site    string `json:"site,omitempty"`
	Country string `json:"country,omitempty"`
	// Recipient is the one of the last disclosure that names the system.
	Recipient string   `json:"recipient,omitempty"`
	State     State    `json:"state"`
	Exposure  Exposure `json:"exposure"`
	// SameArchiveAs is the address of the case that stands for this archive: its
	// address leads to the same one, and lists count it there.
	SameArchiveAs string `json:"same_archive_as,omitempty"`
	// FirstSeen and LastSeen are when the first and the last look began that saw
	// it exposed.
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// DaysOpen are those of the last episode, up to its end or to now.
	DaysOpen int `json:"days_open"`
	// Reopened is how often it was exposed again after a proved repair.
	Reopened int `json:"reopened"`
	// Mark is the mark of a person that holds; null for none.
	Mark  *survey.CaseEvent `json:"mark"`
	Tags  []string          `json:"tags"`
	Notes int               `json:"notes"`
	// WorstVerdict is the worst of all looks, Verdict that of the last look that
	// found something at the address.
	WorstVerdict survey.Verdict `json:"worst_verdict"`
	Verdict      survey.Verdict `json:"verdict"`
	// Checks are those whose failure exposes it, which no later look proved
	// closed.
	Checks           []string  `json:"checks"`
	StudyRecords     Extent    `json:"study_records"`
	ImagesLinked     Extent    `json:"images_linked"`
	ImagesAccessible Extent    `json:"images_accessible"`
	Episodes         []Episode `json:"episodes"`
	// Timeline is what happened, the earliest first; only where one case is shown.
	Timeline []Entry `json:"timeline,omitempty"`
}

// Entry is something in the life of a system.
type Entry struct {
	At time.Time `json:"at"`
	// Kind is "survey", "recheck", or the mark of the event.
	Kind string `json:"kind"`
	// Source is the ID of the survey or recheck, or the survey of a disclosure.
	Source string `json:"source,omitempty"`
	// Result says what a look saw: exposed, closed, fixed, gone, unclear,
	// not-covered.
	Result    string         `json:"result,omitempty"`
	Verdict   survey.Verdict `json:"verdict,omitempty"`
	By        string         `json:"by,omitempty"`
	Note      string         `json:"note,omitempty"`
	Until     time.Time      `json:"until,omitzero"`
	Tag       string         `json:"tag,omitempty"`
	Recipient string         `json:"recipient,omitempty"`
}

// last is the episode that is not over, or that was the last.
func (c *Case) last() *Episode { return &c.Episodes[len(c.Episodes)-1] }

// Counted reports whether the case counts as an exposed system: it is exposed by
// the surveys, neither a false positive nor a test installation nor accepted, and
// its archive is not counted at another address.
func (c *Case) Counted() bool {
	switch c.State {
	case Fixed, Gone, FalsePositive, Test, Accepted:
		return false
	}
	return c.SameArchiveAs == ""
}
