//go:build unix

package scratch_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/scratch"
)

const address = "192.0.2.77"

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "report.html"), filepath.Join(dir, "link.html")
	for _, want := range []string{"first", "second"} {
		if err := scratch.WriteFile(path, text(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	if err := os.Symlink("/dev/full", link); err != nil {
		t.Fatal(err)
	}
	if err := scratch.WriteFile(link, text("third")); err != nil {
		t.Errorf("a link is replaced: %v", err)
	}
	broken := errors.New("broken")
	if err := scratch.WriteFile(path, func(w io.Writer) error { return errors.Join(text("half")(w), broken) }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "second" {
		t.Errorf("%q %v after a failure", got, err)
	}
	f, err := scratch.Anonymous(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Discard(f)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left in the folder: %v %v", entries, err)
	}
}

// TestNotRegular: what is no file is an error at once, to write and to read,
// with the path and what to do.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	socket := exec.Command("python3", "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", at("socket"))
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700), socket.Run(), os.Symlink("pipe", at("to-pipe"))); err != nil {
		t.Fatal(err)
	}
	for path, what := range map[string]string{at("pipe"): "named pipe", at("folder"): "directory", at("socket"): "socket", "/dev/null": "device"} {
		if err := scratch.WriteFile(path, text("x")); err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), path) {
			t.Errorf("writing %s: %v", path, err)
		}
		if _, err := scratch.Open(path); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("reading %s: %v", path, err)
		}
	}
	if _, err := scratch.Open(at("to-pipe")); err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Errorf("reading a link to a pipe: %v", err)
	}
}

// TestKilled: a folder does not outlive the process that made it, even one
// that had no time to remove it.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledHelper$")
	cmd.Env = append(os.Environ(), "SCRATCH_DIR="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	folder := strings.TrimSpace(line)
	if _, missing := os.Stat(filepath.Join(folder, "report.html")); err != nil || missing != nil {
		t.Fatalf("%q %v %v", line, err, missing)
	}
	scratch.Sweep(dir) // it is in use
	if _, err := os.Stat(folder); err != nil {
		t.Errorf("the folder of a running process was swept: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for range 600 { // the end of another process cannot be waited for
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s is still there", folder)
}

func TestKilledHelper(t *testing.T) {
	dir := os.Getenv("SCRATCH_DIR")
	if dir == "" {
		t.Skip("is run by TestKilled")
	}
	f, err := scratch.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.Path, "report.html"), []byte(address), 0o600); err != nil {
		t.Fatal(err)
	}
	fmt.Println(f.Path)
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
}

// TestSweep: what a process left that ended with its machine goes, what
// others made stays.
func TestSweep(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	left := filepath.Join(dir, fmt.Sprintf(".leadglass-scratch-%d-1", ended.Process.Pid))
	running := filepath.Join(dir, fmt.Sprintf(".leadglass-scratch-%d-1", os.Getppid()))
	other := filepath.Join(dir, ".leadglass-scratch-of-mine")
	for _, folder := range []string{left, running, other} {
		if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "report.html"), []byte(address), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := scratch.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() == filepath.Base(left) || entries[1].Name() == filepath.Base(left) {
		t.Errorf("%v %v", entries, err)
	}
}
