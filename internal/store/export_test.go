package store

import (
	"fmt"
	"testing"
	"time"
)

// WaitForLock sets how long SQLite itself waits for its lock.
func (s *Store) WaitForLock(t *testing.T, d time.Duration) {
	t.Helper()
	if _, err := s.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds())); err != nil {
		t.Fatal(err)
	}
}

// Refusals gets a value when a transaction was refused because the store is busy.
func (s *Store) Refusals() <-chan struct{} {
	c := make(chan struct{}, 1)
	s.engine = noticing{s.engine, c}
	return c
}

type noticing struct {
	engine
	refusals chan<- struct{}
}

func (n noticing) passing(err error) passing {
	p := n.engine.passing(err)
	if p == isBusy {
		select {
		case n.refusals <- struct{}{}:
		default:
		}
	}
	return p
}

// WaitNoLonger has transactions not wait for others.
func (s *Store) WaitNoLonger() { s.limits.begin = 0 }
