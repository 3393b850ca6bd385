package report

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"leadglass/internal/scratch"
)

// spool is text that is put aside on disk until its place in a document is
// known. It holds addresses: its file has mode 0600 and, where the system lets
// it, no name, so that nothing is left of it however the process ends.
type spool struct {
	file *os.File
	w    *bufio.Writer
	size int64 // of what was written, in bytes
}

func newSpool(dir string) (*spool, error) {
	f, err := scratch.Anonymous(dir)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return &spool{file: f, w: bufio.NewWriterSize(f, 1<<18)}, nil
}

// write adds text; flush has to follow before it can be read.
func (s *spool) write(text []byte) error {
	n, err := s.w.Write(text)
	s.size += int64(n)
	return err
}

func (s *spool) flush() error { return s.w.Flush() }

// copyTo writes all of the text to w. The kernel does the copying where w is a
// file, or a bufio.Writer before one.
func (s *spool) copyTo(w io.Writer) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if b, ok := w.(*bufio.Writer); ok {
		if err := b.Flush(); err != nil { // only an empty one hands the copying on
			return err
		}
	}
	_, err := io.Copy(w, s.file)
	return err
}

func (s *spool) close() error {
	if err := scratch.Discard(s.file); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
