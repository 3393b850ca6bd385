package realserver

import (
	"os"
	"syscall"
)

// childAttributes puts a server into a process group of its own, so that the
// processes it forks end with it, and has the kernel end it when the test's
// process goes away without running its clean-up.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup ends the process and those that it forked: the group has the
// number of the process that we started.
func killGroup(p *os.Process) {
	if p.Kill() != nil {
		return // ended by itself; its number may belong to somebody else by now
	}
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
}
