package scratch

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Folder is a folder of mode 0700 for the files of another program.
type Folder struct {
	// Path is absolute.
	Path string
	lock *os.File
	// keeper is a process that removes the folder when alive is closed, which
	// the system does when this process ends, whatever ends it. It is nil where
	// the machine has no shell.
	keeper *exec.Cmd
	alive  io.Closer
}

// NewFolder makes a folder in dir, and removes those that ended processes left
// there.
func NewFolder(dir string) (*Folder, error) {
	Sweep(dir)
	path, err := os.MkdirTemp(dir, pattern()) // mode 0700
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: path}
	if f.Path, err = filepath.Abs(path); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	if f.lock, err = os.Open(f.Path); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	_ = claim(f.lock)
	f.keep()
	return f, nil
}

// keep starts the process that removes the folder when this one has ended.
func (f *Folder) keep() {
	cmd := exec.Command("/bin/sh", "-c", `read -r end; rm -rf -- "$1"; sleep 1; rm -rf -- "$1"`, "sh", f.Path)
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin"}
	detach(cmd)
	alive, err := cmd.StdinPipe()
	if err != nil {
		return
	}
	if err := cmd.Start(); err != nil {
		_ = alive.Close()
		return
	}
	f.keeper, f.alive = cmd, alive
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	err := errors.Join(os.RemoveAll(f.Path), f.lock.Close())
	if f.keeper != nil {
		_ = f.keeper.Process.Kill() // there is nothing left for it to do
		_ = f.alive.Close()
		_ = f.keeper.Wait()
	}
	return err
}
