package pdf

import (
	"os/exec"
	"runtime"
	"syscall"
)

// runBound runs a program that is killed when this process ends, prctl(2)
// PR_SET_PDEATHSIG, so that it writes no more of the page. The signal comes
// when the thread ends that started the program, which therefore stays.
func runBound(cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd.Run()
}
