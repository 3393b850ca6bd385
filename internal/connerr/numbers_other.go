//go:build !windows

package connerr

import "syscall"

var (
	refused     = []error{syscall.ECONNREFUSED}
	reset       = []error{syscall.ECONNRESET, syscall.EPIPE}
	unreachable = []error{syscall.EHOSTUNREACH, syscall.ENETUNREACH}
	timedOut    = []error{syscall.ETIMEDOUT}
)
