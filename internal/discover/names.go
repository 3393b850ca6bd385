package discover

import (
	"strings"
	"sync"

	"leadglass/internal/survey"
)

// names has the candidates of one host name worked on one after the other: the
// addresses of a name may be one machine, which has one association at a time.
type names struct {
	mu sync.Mutex
	// waiting holds the names of which a candidate is worked on, with those that
	// come after it.
	waiting map[string][]survey.Candidate
}

func newNames() *names { return &names{waiting: map[string][]survey.Candidate{}} }

// enter reports whether the work on a candidate may begin; else leave returns it
// when it is its turn.
func (n *names) enter(c survey.Candidate) bool {
	if c.Host == "" {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	name := strings.ToLower(c.Host)
	line, busy := n.waiting[name]
	if busy {
		n.waiting[name] = append(line, c)
		return false
	}
	n.waiting[name] = nil
	return true
}

// leave ends the work on a candidate and returns the next of its name.
func (n *names) leave(c survey.Candidate) (next survey.Candidate, ok bool) {
	if c.Host == "" {
		return next, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	name := strings.ToLower(c.Host)
	line := n.waiting[name]
	if len(line) == 0 {
		delete(n.waiting, name)
		return next, false
	}
	n.waiting[name] = line[1:]
	return line[0], true
}
