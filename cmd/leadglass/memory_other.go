//go:build !unix

package main

import "os"

// peakOfSelf is 0: this system does not say how much memory a process had resident
// at most.
func peakOfSelf() int64 { return 0 }

func peakOf(*os.ProcessState) int64 { return 0 }
