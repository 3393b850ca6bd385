package realserver

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
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

// serverAttributes are those of a server that refuses to run as root: it runs
// as the user that its package made, or nobody. SIGQUIT lets it take its shared
// memory with it when the test's process goes away.
func serverAttributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	if uid, gid, ok := serverUser(); ok {
		a.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	return a
}

// serverUser is the user to run as; ok is false where that is the user who
// runs the test.
func serverUser() (uid, gid uint32, ok bool) {
	if os.Getuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return uint32(uid), uint32(gid), true
		}
	}
	return 0, 0, false
}

// giveToServer makes files the property of the user that the server runs as.
func giveToServer(paths ...string) error {
	uid, gid, ok := serverUser()
	if !ok {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(uid), int(gid)); err != nil {
			return err
		}
	}
	return nil
}

// interruptServer asks a PostgreSQL to end at once: SIGQUIT is its "immediate
// shutdown", which leaves the work to the recovery at the next start.
func interruptServer(p *os.Process) { _ = p.Signal(syscall.SIGQUIT) } // already gone is fine

// processorTime is what a process and those of its children that have ended
// used of the processor, in ticks of 10 ms (proc_pid_stat(5), fields 14 to 17).
func processorTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatalf("reading the processor time of a server: %v", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	var ticks int64
	for _, field := range fields[11:15] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatalf("reading the processor time of a server: %v", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
