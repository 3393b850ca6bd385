//go:build !linux

package gate

// setQuickAck does nothing where the system has no such option.
func setQuickAck(uintptr) {}
