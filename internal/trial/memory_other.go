//go:build !unix

package trial

import "os"

// PeakOfSelf is 0: this system does not say how much memory a process had resident
// at most.
func PeakOfSelf() int64 { return 0 }

func peakOf(*os.ProcessState) int64 { return 0 }
