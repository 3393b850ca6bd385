package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideMount tells the test binary that it may mount file systems.
const insideMount = "LEADGLASS_TEST_MOUNT_NAMESPACE"

// TestDiskFull fills the disk of the store in the middle of a survey. It runs
// itself again in a mount namespace, where a small file system is its own.
func TestDiskFull(t *testing.T) {
	if os.Getenv(insideMount) != "" {
		fillDisk(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
	cmd.Env = append(os.Environ(), insideMount+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("a mount namespace cannot be made here (needs root or unprivileged user namespaces): %v", err)
	}
	if strings.Contains(string(out), "--- SKIP: TestDiskFull") {
		t.Skipf("%s", out)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: TestDiskFull") {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func fillDisk(t *testing.T) {
	dir := t.TempDir()
	// What is mounted here stays here.
	err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	if err == nil {
		err = unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16m,mode=700")
	}
	if err != nil {
		t.Skipf("a small file system cannot be mounted here (needs root): %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	dsn := filepath.Join(dir, "s.db")
	h := holdFleet(t, "127.31.6.")
	ballast := filepath.Join(dir, "ballast")
	for _, left := range []int{64 << 10, 160 << 10, 224 << 10} { // while the tables are made, or the survey
		fill(t, ballast, left)
		o := h.begin(t.Context(), dsn).ended(t).want(t, exitFailed)
		if !strings.Contains(o.errors, "the disk is full; make room and run again") || strings.Contains(o.errors, "--resume") {
			t.Errorf("with %d bytes left, the survey says: %s", left, o.errors)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
	b := h.begin(t.Context(), dsn)
	someRecords(t, dsn)
	fill(t, ballast, 0)
	o := b.ended(t).want(t, exitFailed)
	if !strings.Contains(o.errors, "the disk is full; make room and run again") || !strings.Contains(o.errors, "continue it with --resume") {
		t.Errorf("the survey says: %s", o.errors)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s := status(t, dsn)
	if s.Records == 0 {
		t.Error("nothing was kept")
	}
	t.Logf("%d of %d records were kept; the message: %s", s.Records, heldHosts, o.errors)
	h.resumed(t, dsn, s.Records)
}

// fill fills the file system of a file but for some bytes.
func fill(t *testing.T, path string, left int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for chunk := make([]byte, 512); err == nil; {
		var n int
		n, err = f.Write(chunk)
		size += int64(n)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
	if err := f.Truncate(size - int64(left)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
