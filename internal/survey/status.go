package survey

import "time"

// Status is the status of a survey, as the store shows it.
type Status string

// The statuses of a survey.
const (
	// StatusRunning: its process was seen at work a moment ago.
	StatusRunning Status = "running"
	// StatusSilent: it has not ended, and its process has not been seen for longer
	// than SilentAfter: it was killed, or cannot reach the store. --resume
	// continues it.
	StatusSilent Status = "silent"
	// StatusInterrupted: it was interrupted; --resume continues it.
	StatusInterrupted Status = "interrupted"
	// StatusCancelling: it was cancelled, and its process has not stopped yet.
	StatusCancelling Status = "cancelling"
	// StatusCancelled: it was cancelled; nothing continues it.
	StatusCancelled Status = "cancelled"
	// StatusFinished: it has finished.
	StatusFinished Status = "finished"
)

// BeatEvery is how often the process of a survey says that it is at work, and
// asks whether the survey was cancelled.
const BeatEvery = 2 * time.Second

// SilentAfter is how long the process of a survey may say nothing until it is
// taken for gone: some beats, and some difference between the clocks of two
// machines.
const SilentAfter = 30 * time.Second

// StatusOf is the status of a survey at the time now, of which the process was
// last seen at work at seen and which was cancelled at cancelled; either is
// zero where that never happened.
func StatusOf(v Survey, seen, cancelled, now time.Time) Status {
	here := now.Sub(seen) < SilentAfter
	switch {
	case v.State == StateFinished:
		return StatusFinished
	case !cancelled.IsZero() && v.State == StateRunning && here:
		return StatusCancelling
	case !cancelled.IsZero():
		return StatusCancelled
	case v.State == StateInterrupted:
		return StatusInterrupted
	case here:
		return StatusRunning
	}
	return StatusSilent
}
