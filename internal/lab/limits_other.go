//go:build !unix

package lab

// raiseFileLimit does nothing: this system has no limit that a process could
// raise.
func (f *Fleet) raiseFileLimit() error { return nil }
