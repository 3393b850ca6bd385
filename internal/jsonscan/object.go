package jsonscan

import (
	"errors"
	"io"
)

// ErrNotObject: the text is JSON, but not an object.
var ErrNotObject = errors.New("the body is no JSON object")

// Object reads an object of at most limit bytes. want is given the name of each
// member and returns a number for those that are looked at, or -1; value is
// given that number, what the member's value begins with, and the text of a
// string or a number; texts are good for the call alone. Members with a longer
// name than is held are passed over; a longer text is nil.
func Object(body io.Reader, limit int64, want func(name []byte) int, value func(which int, kind Token, text []byte)) error {
	var s Scanner
	s.Reset(body, limit)
	defer s.Wipe()
	wanted := -1
	for {
		t, err := s.Token()
		switch {
		case err != nil:
			return err
		case t == EndOfText:
			return nil
		case s.depth == 0 && t != EndObject, s.depth == 1 && t == BeginArray && !s.inObject():
			return ErrNotObject
		case t == ObjectKey && s.depth == 1:
			wanted = -1
			if !s.long {
				wanted = want(s.Text())
			}
			s.Look = wanted >= 0
			continue
		case wanted >= 0 && (s.depth == 1 || s.depth == 2 && (t == BeginObject || t == BeginArray)):
			text := s.Text()
			if s.long || t != String && t != Number {
				text = nil
			}
			value(wanted, t, text)
		}
		wanted, s.Look = -1, false
	}
}
