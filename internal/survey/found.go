package survey

import "time"

// Found is what is known of a host between the two halves of the work on it:
// its open ports were asked what speaks there, and it waits to be examined,
// maybe by another process.
type Found struct {
	Candidate Candidate `json:"candidate"`
	Services  []Service `json:"services"`
	// StartedAt is when the first port was found open, Took how long the host was
	// worked on from then on.
	StartedAt time.Time     `json:"started_at"`
	Took      time.Duration `json:"took"`
	// Traffic and Spent are what the host was asked for so far, of its budgets
	// of bytes and of time.
	Traffic Traffic       `json:"traffic"`
	Spent   time.Duration `json:"spent"`
	// Incomplete says what was not to be learned; null where nothing is missing.
	Incomplete *string `json:"incomplete,omitempty"`
}
