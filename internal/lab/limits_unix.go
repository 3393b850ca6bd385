//go:build unix

package lab

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// raiseFileLimit raises the limit on open files to the hard limit and checks
// that the fleet's ports fit in.
func (f *Fleet) raiseFileLimit() error {
	const spare = 512 // connections, and what the process has open already
	need := uint64(spare)
	for _, a := range f.Archives {
		need += uint64(len(a.Ports()))
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit on open files: %w", err)
	}
	if uint64(limit.Cur) >= need { // signed on FreeBSD
		return nil
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raising the limit on open files to %d: %w", limit.Max, err)
	}
	if uint64(limit.Max) < need {
		return fmt.Errorf("the fleet needs %d open files, the limit is %d: raise it (ulimit -Hn) or run a smaller fleet",
			need, limit.Max)
	}
	return nil
}
