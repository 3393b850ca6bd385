package survey

import (
	"fmt"
	"slices"
	"time"
)

// DisclosureState is how far a disclosure got. Whether what was told is fixed
// is no state of it: that is what later surveys say.
type DisclosureState string

// The states of a disclosure, in order.
const (
	// Prepared: the encrypted bundle is written.
	Prepared DisclosureState = "prepared"
	// Sent: a person sent it; once more for a reminder.
	Sent DisclosureState = "sent"
	// Acknowledged: the recipient answered.
	Acknowledged DisclosureState = "acknowledged"
)

// Disclosure is what one recipient was told of one survey.
type Disclosure struct {
	// ID is unique in the store.
	ID       string `json:"id"`
	SurveyID string `json:"survey"`
	// Recipient is the organisation, by which it is marked.
	Recipient string `json:"recipient"`
	Email     string `json:"email,omitempty"`
	Channel   string `json:"channel"`
	Language  string `json:"language"`
	TLP       string `json:"tlp"`
	// Method is "openpgp" or "age".
	Method string `json:"method"`
	// Keys are the fingerprints of the OpenPGP keys, or the age recipients,
	// that can decrypt the bundle.
	Keys []string `json:"keys"`
	// SignedBy is the fingerprint of the key that signed it, or empty.
	SignedBy string `json:"signed_by,omitempty"`
	// File is the path of the bundle as it was written, SHA256 its digest in
	// hexadecimal digits.
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	AnswerBy time.Time `json:"answer_by"`
	// Events are in the order in which they were recorded; the first is that
	// it was prepared.
	Events []DisclosureEvent `json:"events"`
	// Systems are the records of the survey that the bundle holds.
	Systems []DisclosedSystem `json:"-"`
}

// DisclosureEvent is a step of a disclosure.
type DisclosureEvent struct {
	State DisclosureState `json:"state"`
	At    time.Time       `json:"at"`
	Note  string          `json:"note,omitempty"`
}

// DisclosedSystem names a record of a survey as the store does: the address or
// name, and the port that was asked for, 0 for a whole host.
type DisclosedSystem struct {
	Target string
	Port   uint16
}

// When returns the time of the first event of that state, zero for none.
func (d *Disclosure) When(state DisclosureState) time.Time {
	i := slices.IndexFunc(d.Events, func(e DisclosureEvent) bool { return e.State == state })
	if i < 0 {
		return time.Time{}
	}
	return d.Events[i].At
}

// State is the furthest state that d reached.
func (d *Disclosure) State() DisclosureState {
	for _, s := range []DisclosureState{Acknowledged, Sent} {
		if !d.When(s).IsZero() {
			return s
		}
	}
	return Prepared
}

// Next returns an error unless e may follow the events that d has.
func (d *Disclosure) Next(e DisclosureEvent, now time.Time) error {
	switch {
	case e.State != Sent && e.State != Acknowledged:
		return fmt.Errorf("a disclosure is marked %q or %q, not %q", Sent, Acknowledged, e.State)
	case e.State == Acknowledged && d.When(Sent).IsZero():
		return fmt.Errorf("the disclosure to %s was not marked as sent; mark it %s first, with --date if it was earlier", d.Recipient, Sent)
	case e.At.After(now):
		return fmt.Errorf("%s lies in the future", e.At.Format(time.DateOnly))
	}
	after := d.When(Prepared)
	if e.State == Acknowledged {
		after = d.When(Sent)
	}
	// Days are compared: the user gives a day, the program knows the second.
	if e.At.UTC().Format(time.DateOnly) < after.UTC().Format(time.DateOnly) {
		return fmt.Errorf("%s lies before %s, when it was %s", e.At.UTC().Format(time.DateOnly), after.UTC().Format(time.DateOnly),
			map[bool]string{true: "sent", false: "prepared"}[e.State == Acknowledged])
	}
	return nil
}
