package jobs

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
)

// machine names what process numbers are valid in: one start of one kernel, and
// a namespace of processes in it. It is empty where that cannot be told.
var machine = sync.OnceValue(func() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, err2 := os.Readlink("/proc/self/ns/pid")
	if err != nil || err2 != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "." + strings.Trim(strings.TrimPrefix(namespace, "pid:"), "[]")
})

// self is this process: the machine, the number, and when it was started, because
// numbers come again.
func self() string {
	pid := os.Getpid()
	started, _ := startOf(pid)
	return machine() + "." + strconv.Itoa(pid) + "." + started
}

func processStateOfSelf(name string) processState {
	here := machine()
	rest, ok := strings.CutPrefix(name, here+".")
	number, started, ok2 := strings.Cut(rest, ".")
	pid, err := strconv.Atoi(number)
	if here == "" || !ok || !ok2 || err != nil || started == "" {
		return unknown
	}
	switch now, err := startOf(pid); {
	case errors.Is(err, fs.ErrNotExist):
		return gone
	case err != nil:
		return unknown
	case now != started:
		return gone
	}
	return alive
}

// startOf is when a process was started, in ticks since the start of the kernel;
// the error of a process that has ended has fs.ErrNotExist in its chain. See
// proc_pid_stat(5), fields 3 and 22.
func startOf(pid int) (string, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	// The name of the program, in brackets, may hold anything.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const state, start = 0, 19 // the third is the first of these
	if len(fields) <= start {
		return "", errors.New("the system does not say when a process was started")
	}
	if s := fields[state]; s == "Z" || s == "X" { // it has ended, and nobody has asked how
		return "", fs.ErrNotExist
	}
	return fields[start], nil
}
