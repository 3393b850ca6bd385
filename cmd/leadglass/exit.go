package main

import (
	"context"
	"errors"
	"fmt"

	"leadglass/internal/campaign"
)

// The exit codes, a contract with scripts.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitIncomplete = 3
	exitFailOn     = 4
)

// exitError ends the program with a code. Without a cause nothing more is
// printed: the output has said it all.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

var (
	errIncomplete = &exitError{code: exitIncomplete}
	errFailOn     = &exitError{code: exitFailOn}
)

// usage makes err end the program with the code for usage and refusals.
func usage(err error) error { return &exitError{code: exitUsage, cause: err} }

// finish prints an error and returns the exit code for it.
func (a *app) finish(err error) int {
	var exit *exitError
	var ended *campaign.EndedError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &exit):
		if exit.cause != nil {
			a.fail(exit.cause)
		}
		return exit.code
	case campaign.Refused(err):
		a.fail(err)
		return exitUsage
	case errors.As(err, &ended):
		a.fail(withRemedy(err))
		if ended.How == campaign.Stopped {
			return exitFailed
		}
		return exitIncomplete
	case errors.Is(err, context.Canceled):
		a.fail(errors.New("interrupted"))
		return exitIncomplete
	}
	a.fail(err)
	return exitFailed
}
