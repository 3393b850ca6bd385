package survey

import "time"

// CaseMark is what a person says of a system, beside what surveys see of it.
type CaseMark string

// The marks.
const (
	// MarkAccepted: the exposure is accepted until a date; over at that date, and
	// when the system is fixed.
	MarkAccepted CaseMark = "accepted"
	// MarkFalsePositive: the system is not what the survey took it for.
	MarkFalsePositive CaseMark = "false-positive"
	// MarkNotOurs: the recipient says that another one is responsible.
	MarkNotOurs CaseMark = "not-ours"
	// MarkTest: the system holds test data alone.
	MarkTest CaseMark = "test-installation"
	// MarkNone withdraws the mark that holds.
	MarkNone CaseMark = "none"
	// MarkNote adds a note alone, MarkTag and MarkUntag a tag and its removal.
	MarkNote  CaseMark = "note"
	MarkTag   CaseMark = "tag"
	MarkUntag CaseMark = "untag"
	// MarkPrepared, MarkNotified and MarkAcknowledged are steps of disclosures:
	// nobody marks them, the store derives them.
	MarkPrepared     CaseMark = "prepared"
	MarkNotified     CaseMark = "notified"
	MarkAcknowledged CaseMark = "acknowledged"
)

// CaseEvent is what a person did about one system. Events are only ever added.
type CaseEvent struct {
	// Target is the system as the store names it: the address.
	Target string    `json:"target"`
	Mark   CaseMark  `json:"mark"`
	At     time.Time `json:"at"`
	// By is the person who marked it, Note the reason.
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
	// Until is the last day of an acceptance, at 00:00 UTC.
	Until time.Time `json:"until,omitzero"`
	// Tag is that of MarkTag and MarkUntag.
	Tag string `json:"tag,omitempty"`
	// Recipient and Survey are those of the disclosure, of its steps alone.
	Recipient string `json:"recipient,omitempty"`
	Survey    string `json:"survey,omitempty"`
}

// Recheck is the examination of one system on the authority of a survey that
// knows it. It belongs to no survey's figures.
type Recheck struct {
	// ID is unique in the store.
	ID string `json:"id"`
	// SurveyID is the survey whose scope, validity and exclusions bounded it.
	SurveyID string    `json:"survey"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Facts    Facts     `json:"facts"`
	Finding  *Finding  `json:"-"`
}
