package imports

import (
	"errors"
	"io"
)

// errTooLong: a part of the file that has to be held in memory is too long.
var errTooLong = errors.New("holds a token or row that is too long; is the file damaged?")

// limited is a reader that fails once more than most bytes were read since the
// last call of rest: it bounds what a decoder above it holds in memory.
type limited struct {
	in   io.Reader
	most int
	used int
}

// Read reads.
func (l *limited) Read(p []byte) (int, error) {
	if l.used > l.most {
		return 0, errTooLong
	}
	n, err := l.in.Read(p)
	l.used += n
	return n, err
}

// rest says that a token or row is complete.
func (l *limited) rest() { l.used = 0 }
