//go:build !linux

package gate

import (
	"fmt"
	"time"
)

// SYN sends single SYN packets; not on this system.
type SYN struct{}

// OpenSYN fails with ErrNoSYN.
func (g *Gate) OpenSYN() (*SYN, error) {
	return nil, fmt.Errorf("%w: it works on Linux only; sweep without --syn", ErrNoSYN)
}

// Queue refuses.
func (s *SYN) Queue(Attempt) (Admission, error) { return Admission{}, ErrNoSYN }

// Flush refuses.
func (s *SYN) Flush() error { return ErrNoSYN }

// Answers refuses.
func (s *SYN) Answers(time.Duration, []SYNAnswer) ([]SYNAnswer, error) { return nil, ErrNoSYN }

// Close does nothing.
func (s *SYN) Close() {}
