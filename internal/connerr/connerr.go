// Package connerr says what an operating system means by the error of a TCP
// connection. Windows has numbers of its own for these, which errors.Is does not
// match with those of package syscall.
package connerr

import (
	"errors"
	"slices"
)

// Refused reports whether the host answered an attempt to connect with a reset: the
// port is closed (RFC 9293 3.10.7.1).
func Refused(err error) bool { return is(err, refused) }

// Reset reports whether an open connection was ended by a reset, or by the peer
// before everything was written.
func Reset(err error) bool { return is(err, reset) }

// Unreachable reports whether a router, or the own machine, knows no way to the
// host.
func Unreachable(err error) bool { return is(err, unreachable) }

// TimedOut reports whether the operating system gave up on a peer that does not
// answer. A deadline of the own process is another error.
func TimedOut(err error) bool { return is(err, timedOut) }

func is(err error, numbers []error) bool {
	return slices.ContainsFunc(numbers, func(n error) bool { return errors.Is(err, n) })
}
