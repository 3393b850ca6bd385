package survey_test

import (
	"strings"
	"testing"
	"time"

	"leadglass/internal/survey"
)

func TestDisclosureSteps(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	event := func(s survey.DisclosureState, at time.Time) survey.DisclosureEvent {
		return survey.DisclosureEvent{State: s, At: at}
	}
	prepared, sent, answered := event(survey.Prepared, day(5)), event(survey.Sent, day(6)), event(survey.Acknowledged, day(8))
	midnight := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		before []survey.DisclosureEvent
		next   survey.DisclosureEvent
		want   string
		state  survey.DisclosureState
	}{
		{[]survey.DisclosureEvent{prepared}, sent, "", survey.Prepared},
		{[]survey.DisclosureEvent{prepared}, event(survey.Sent, midnight), "", survey.Prepared},
		{[]survey.DisclosureEvent{prepared}, event(survey.Sent, day(4)), "lies before 2026-03-05, when it was prepared", survey.Prepared},
		{[]survey.DisclosureEvent{prepared}, event(survey.Sent, day(11)), "lies in the future", survey.Prepared},
		{[]survey.DisclosureEvent{prepared}, answered, "mark it sent first", survey.Prepared},
		{[]survey.DisclosureEvent{prepared, sent}, answered, "", survey.Sent},
		{[]survey.DisclosureEvent{prepared, sent}, sent, "", survey.Sent},
		{[]survey.DisclosureEvent{prepared, sent}, event(survey.Acknowledged, day(5)), "lies before 2026-03-06, when it was sent", survey.Sent},
		{[]survey.DisclosureEvent{prepared, sent, answered}, answered, "", survey.Acknowledged},
		{[]survey.DisclosureEvent{prepared}, prepared, "is marked", survey.Prepared},
	} {
		d := survey.Disclosure{Recipient: "CERT", Events: c.before}
		err := d.Next(c.next, day(10))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v after %v: %v, want %q", c.next, c.before, err, c.want)
		}
		if d.State() != c.state {
			t.Errorf("state of %v is %s", c.before, d.State())
		}
	}
}
