package imports

import (
	"bufio"
	"errors"
	"io"
)

// errNoObject: something else than an object stands between the objects, or a
// line ends in the middle of one.
var errNoObject = errors.New("no object")

// splitter finds the objects of a file, whatever stands between them: commas,
// brackets of arrays, ends of lines. It holds one object at a time.
type splitter struct {
	in   *bufio.Reader
	line int64
	// decided is true once the first object has been seen, single where it was
	// all on one line.
	decided, single bool
	object          []byte
}

// next returns the next object, which is good until the next call, and the
// line on which it begins. After errNoObject and errTooLong the next one can
// be asked for.
func (s *splitter) next() (object []byte, line int64, err error) {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return nil, s.line, err
		}
		switch c {
		case '\n':
			s.line++
		case ' ', '\t', '\r', ',', '[', ']', 0xEF, 0xBB, 0xBF:
		case '{':
			return s.body()
		default:
			line := s.line
			if err := s.restOfLine(); err != nil && !errors.Is(err, io.EOF) {
				return nil, line, err
			}
			return nil, line, errNoObject
		}
	}
}

// restOfLine passes over the rest of the line.
func (s *splitter) restOfLine() error {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		if c == '\n' {
			s.line++
			return nil
		}
	}
}

// body reads an object behind its first brace.
func (s *splitter) body() ([]byte, int64, error) {
	first := s.line
	s.object = append(s.object[:0], '{')
	scan := nesting{depth: 1}
	long := false
	for scan.depth > 0 {
		if _, err := s.in.Peek(1); errors.Is(err, io.EOF) {
			return nil, first, errNoObject
		} else if err != nil {
			return nil, first, err
		}
		part, _ := s.in.Peek(s.in.Buffered()) // never fails
		n, broken := scan.advance(part, &s.line, s.single)
		if long = long || len(s.object)+n > maxObject; long {
			s.object = s.object[:0]
		} else {
			s.object = append(s.object, part[:n]...)
		}
		_, _ = s.in.Discard(n) // never fails
		if broken {
			return nil, first, errNoObject
		}
	}
	if !s.decided {
		s.decided, s.single = true, s.line == first
	}
	if long {
		return nil, first, errTooLong
	}
	return s.object, first, nil
}

// nesting is how deep in an object a place in it is.
type nesting struct {
	depth           int
	inText, escaped bool
}

// advance goes over a part of an object, up to its end at most, and returns how
// far it came. broken is true where a line ends that must not: no text of JSON
// holds the end of a line, nor does an object where each has a line of its own.
func (n *nesting) advance(part []byte, line *int64, single bool) (length int, broken bool) {
	for i, c := range part {
		if c == '\n' {
			*line++
			if n.inText || single {
				return i + 1, true
			}
		}
		switch {
		case n.escaped:
			n.escaped = false
		case n.inText && c == '\\':
			n.escaped = true
		case c == '"':
			n.inText = !n.inText
		case n.inText:
		case c == '{' || c == '[':
			n.depth++
		case c == '}' || c == ']':
			if n.depth--; n.depth == 0 {
				return i + 1, false
			}
		}
	}
	return len(part), false
}
