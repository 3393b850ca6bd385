//go:build unix

package trial

import (
	"os"
	"runtime"
	"syscall"
)

// PeakOfSelf is the most memory that this process had resident, in bytes; 0 where
// the system does not say.
func PeakOfSelf() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return peak(&usage)
}

// peakOf is the same of a process that has ended.
func peakOf(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return peak(usage)
	}
	return 0
}

// peak knows the unit: bytes on macOS, kilobytes elsewhere (getrusage(2)).
func peak(usage *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}
