package scratch

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// nameless opens a new file in dir that has no name, open(2) O_TMPFILE. Some
// file systems cannot do that.
func nameless(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), filepath.Join(dir, prefix+"nameless")), nil
}

// publish gives a nameless file the name path, in place of what is there.
// linkat(2) replaces nothing, so that the file has another name for a moment.
func publish(f *os.File, path string) error {
	_ = claim(f)
	name := filepath.Join(filepath.Dir(path), strings.ReplaceAll(pattern(), "*", rand.Text()))
	if err := unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.LinkError{Op: "link", Old: name, New: path, Err: err}
	}
	if err := os.Rename(name, path); err != nil {
		_ = os.Remove(name)
		return err
	}
	return nil
}
