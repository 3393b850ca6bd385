package survey_test

import (
	"testing"
	"time"

	"leadglass/internal/survey"
)

func TestStatus(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fresh, old, never := now.Add(-survey.BeatEvery), now.Add(-survey.SilentAfter), time.Time{}
	for _, c := range []struct {
		state           survey.State
		seen, cancelled time.Time
		want            survey.Status
	}{
		{survey.StateRunning, fresh, never, survey.StatusRunning},
		{survey.StateRunning, now.Add(time.Second), never, survey.StatusRunning}, // the other clock is ahead
		{survey.StateRunning, old, never, survey.StatusSilent},
		{survey.StateRunning, never, never, survey.StatusSilent},
		{survey.StateRunning, fresh, fresh, survey.StatusCancelling},
		{survey.StateRunning, old, fresh, survey.StatusCancelled},
		{survey.StateInterrupted, fresh, never, survey.StatusInterrupted},
		{survey.StateInterrupted, fresh, old, survey.StatusCancelled},
		{survey.StateFinished, fresh, never, survey.StatusFinished},
		{survey.StateFinished, fresh, fresh, survey.StatusFinished}, // it was faster
	} {
		if got := survey.StatusOf(survey.Survey{State: c.state}, c.seen, c.cancelled, now); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
