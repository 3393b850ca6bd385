// Package scratch writes files that hold addresses so that no part of one is
// left behind: a file appears under its name when it is complete, what is put
// aside has no name where the system can do that, and a folder for another
// program is removed when the work ends, when the process is killed, and at the
// latest by the next process that works in the same place.
//
// It opens nothing that is not a regular file, so that a pipe or a device in
// the place of a report is an error and not a wait without end.
package scratch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// prefix begins the name of everything that this package makes for a while;
// the number of the process follows it.
const prefix = ".leadglass-scratch-"

// pattern is the name of a temporary file or folder of this process.
func pattern() string { return prefix + strconv.Itoa(os.Getpid()) + "-*" }

// owner is the number of the process that made the file or folder of that
// name, false for a name of somebody else's.
func owner(name string) (pid int, ok bool) {
	rest, ours := strings.CutPrefix(name, prefix)
	digits, _, parted := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return pid, ours && parted && err == nil && pid > 0
}

// Anonymous opens a new file in dir, mode 0600, that has no name: nothing is
// left of it however the process ends. Where the system does not let it be
// without a name, the file is there until it is closed and Discard is called.
func Anonymous(dir string) (*os.File, error) {
	if f, err := nameless(dir); err == nil {
		return f, nil
	}
	Sweep(dir)
	f, err := os.CreateTemp(dir, pattern()) // mode 0600
	if err != nil {
		return nil, err
	}
	_ = claim(f)            // what cannot be claimed is not swept by others
	_ = os.Remove(f.Name()) // where that is not possible yet, Discard does it
	return f, nil
}

// Discard closes a file of Anonymous and removes what is left of it.
func Discard(f *os.File) error {
	err := f.Close()
	if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// WriteFile writes what write writes into the file at path, mode 0600. The
// file is complete or not there, and one that was there stays until then. Its
// place may be empty or hold a regular file, or a symbolic link, which is
// replaced; anything else is an error.
func WriteFile(path string, write func(io.Writer) error) error {
	if err := Replaceable(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	Sweep(dir)
	f, err := nameless(dir)
	if err != nil {
		return writeNamed(path, write)
	}
	defer f.Close()
	if err := fill(f, write); err != nil {
		return err
	}
	if publish(f, path) == nil {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return writeNamed(path, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
}

// writeNamed is WriteFile where every file has a name.
func writeNamed(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), pattern()) // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // is gone already when all went well
	_ = claim(f)
	if err := errors.Join(fill(f, write), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func fill(f *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(f, 1<<16)
	return errors.Join(write(buffered), buffered.Flush(), f.Sync())
}

// Replaceable returns an error when something other than a regular file or a
// symbolic link is at path. It opens nothing.
func Replaceable(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().IsRegular() || info.Mode()&fs.ModeSymlink != 0:
		return nil
	}
	return notRegular(path, info)
}

// Open opens the regular file at path for reading, through symbolic links. It
// does not wait for anybody: a pipe or a device is an error.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, info)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = notRegular(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// notRegular says what is in the way, and what to do.
func notRegular(path string, info fs.FileInfo) error {
	what := "a device"
	switch mode := info.Mode(); {
	case mode.IsDir():
		what = "a directory"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	}
	return fmt.Errorf("%s is %s, not a regular file; remove it, or name another directory", path, what)
}

// Sweep removes from dir what processes that have ended left there. What a
// running process still uses is left alone.
func Sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // whoever writes there is given the error
	}
	for _, e := range entries {
		pid, ours := owner(e.Name())
		path := filepath.Join(dir, e.Name())
		if ours && (e.IsDir() || e.Type().IsRegular()) && abandoned(path, pid) {
			_ = os.RemoveAll(path)
		}
	}
}
