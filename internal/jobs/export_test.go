package jobs

import "time"

// Turns are the times of jobs, see turns.
type Turns struct{ Sweep, Host, Ending, Hangs time.Duration }

// SetTurns sets them, but for when a job is rescued.
func (q *Queue) SetTurns(t Turns) {
	q.times = turns{sweep: t.Sweep, host: t.Host, ending: t.Ending, hangs: t.Hangs, rescue: defaultTurns.rescue}
}
