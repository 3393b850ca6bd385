//go:build !linux

package realserver

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// childAttributes asks for nothing: only Linux has process groups that end
// with their parent.
func childAttributes() *syscall.SysProcAttr { return nil }

// killGroup ends the process.
func killGroup(p *os.Process) {
	_ = p.Kill() // already gone is fine
}

// serverAttributes asks for nothing.
func serverAttributes() *syscall.SysProcAttr { return nil }

// giveToServer leaves files as they are: tests do not run as root there.
func giveToServer(...string) error { return nil }

// interruptServer ends the process.
func interruptServer(p *os.Process) { _ = p.Kill() } // already gone is fine

// processorTime ends the test: only Linux says it.
func processorTime(t testing.TB, _ int) time.Duration {
	t.Helper()
	t.Fatal("the processor time of a server is known on Linux alone")
	return 0
}
