//go:build unix

package scratch

import (
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// dontWait is the flag with which a pipe is opened without waiting for the
// other end.
const dontWait = unix.O_NONBLOCK

// claim marks a file or folder as in use until it is closed, flock(2).
func claim(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// abandoned reports whether the process that made the file or folder at path
// has ended and no other, of another machine for instance, claims it. A
// process of the same number as this one is not this one: what this one uses
// is claimed.
func abandoned(path string, pid int) bool {
	if pid != os.Getpid() && unix.Kill(pid, 0) != unix.ESRCH {
		return false
	}
	f, err := os.OpenFile(path, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return claim(f) == nil
}

// detach keeps signals of the terminal from a process.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true} }
