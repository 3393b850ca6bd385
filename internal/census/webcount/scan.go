package webcount

import (
	"errors"
	"io"
)

// Bounds on a JSON text from outside.
const (
	// bufferSize is the size of the buffer that a body is read through, the
	// only place where its bytes are.
	bufferSize = 16 << 10
	// maxDepth is how deep arrays and objects may lie in each other. The DICOM
	// JSON model (PS3.18 F.2) needs three levels for each sequence in another.
	maxDepth = 60
	// textSize is the longest text that is looked at: a UID has up to 64
	// characters (PS3.5 6.2). Of longer ones the rest is skipped.
	textSize = 72
	// maxReads is how many reads without a byte are borne.
	maxReads = 100
)

// The ways in which a text is no JSON that is read on. None holds bytes of it.
var (
	errNotJSON  = errors.New("the body is not JSON")
	errDepth    = errors.New("the body's JSON is nested too deep")
	errTooLong  = errors.New("the body is longer than the limit")
	errCutShort = errors.New("the body ends within its JSON")
)

// token is what the scanner met.
type token uint8

const (
	endOfText token = iota
	beginObject
	endObject
	beginArray
	endArray
	objectKey
	aString
	aNumber
	aLiteral // true, false or null
)

// state is what the grammar of RFC 8259 admits next.
type state uint8

const (
	wantValue     state = iota
	wantFirst           // a value or the end of the array
	wantKeyOrEnd        // a key or the end of the object
	wantKey             // a key
	wantColon           // the colon after a key
	wantSeparator       // a comma or the end of the container
	wantNothing         // the end of the text
)

// scanner reads a JSON text of any length through one fixed buffer. The text
// of a key, and of a value where it is told to look, is held until the next
// token; nothing is ever copied to anywhere else, and wipe clears all of it.
type scanner struct {
	body  io.Reader
	left  int64 // bytes that may still be read
	next  int   // in buffer
	end   int
	state state
	depth int
	// objects has the bit of each level set that is an object.
	objects uint64
	// look: the texts of strings and numbers are wanted, not only of keys.
	look bool
	// size is the length of text; long says that there was more.
	size   int
	long   bool
	buffer [bufferSize]byte
	held   [textSize]byte
}

// reset begins a text of at most limit bytes.
func (s *scanner) reset(body io.Reader, limit int64) {
	s.wipe()
	s.body, s.left = body, limit
	s.next, s.end, s.state, s.depth, s.objects, s.look, s.size, s.long = 0, 0, wantValue, 0, 0, false, 0, false
}

// wipe clears everything that a body has left.
func (s *scanner) wipe() {
	clear(s.buffer[:])
	clear(s.held[:])
	s.size = 0
}

// text is the text of the key, or of the value that was to be looked at; it
// is valid until the next token.
func (s *scanner) text() []byte { return s.held[:s.size] }

// peek returns the next byte without taking it.
func (s *scanner) peek() (byte, error) {
	for range maxReads {
		if s.next < s.end {
			return s.buffer[s.next], nil
		}
		if s.left <= 0 {
			return 0, errTooLong
		}
		n, err := s.body.Read(s.buffer[:min(int64(bufferSize), s.left)])
		s.next, s.end = 0, n
		s.left -= int64(n)
		if n == 0 && err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// take returns the next byte. The end of the body within a token is an error
// of the body.
func (s *scanner) take() (byte, error) {
	c, err := s.peek()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errCutShort
		}
		return 0, err
	}
	s.next++
	return c, nil
}

// token returns the next token. After endOfText or an error there is nothing
// more.
func (s *scanner) token() (token, error) {
	for {
		c, err := s.peek()
		switch {
		case errors.Is(err, io.EOF) && s.state == wantNothing:
			return endOfText, nil
		case errors.Is(err, io.EOF):
			return endOfText, errCutShort
		case err != nil:
			return endOfText, err
		}
		s.next++
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case ':':
			if s.state != wantColon {
				return endOfText, errNotJSON
			}
			s.state = wantValue
			continue
		case ',':
			if s.state != wantSeparator || s.depth == 0 {
				return endOfText, errNotJSON
			}
			s.state = wantValue
			if s.inObject() {
				s.state = wantKey
			}
			continue
		case '}', ']':
			return s.close(c == '}')
		}
		return s.value(c)
	}
}

// value reads the value, or the key, that begins with c.
func (s *scanner) value(c byte) (token, error) {
	if s.state == wantKey || s.state == wantKeyOrEnd {
		if c != '"' {
			return endOfText, errNotJSON
		}
		s.state = wantColon
		return objectKey, s.string(true)
	}
	if s.state != wantValue && s.state != wantFirst {
		return endOfText, errNotJSON
	}
	switch {
	case c == '{':
		return beginObject, s.open(true)
	case c == '[':
		return beginArray, s.open(false)
	}
	s.after()
	switch {
	case c == '"':
		return aString, s.string(s.look)
	case c == '-' || c >= '0' && c <= '9':
		return aNumber, s.number(c)
	case c == 't':
		return aLiteral, s.literal("rue")
	case c == 'f':
		return aLiteral, s.literal("alse")
	case c == 'n':
		return aLiteral, s.literal("ull")
	}
	return endOfText, errNotJSON
}

// inObject reports whether the innermost container is an object.
func (s *scanner) inObject() bool { return s.objects>>(s.depth-1)&1 == 1 }

// open enters a container.
func (s *scanner) open(object bool) error {
	if s.depth == maxDepth {
		return errDepth
	}
	s.depth++
	bit := uint64(1) << (s.depth - 1)
	s.objects &^= bit
	s.state = wantFirst
	if object {
		s.objects |= bit
		s.state = wantKeyOrEnd
	}
	return nil
}

// close leaves a container.
func (s *scanner) close(object bool) (token, error) {
	empty := wantFirst
	kind := endArray
	if object {
		empty, kind = wantKeyOrEnd, endObject
	}
	if s.depth == 0 || s.inObject() != object || s.state != wantSeparator && s.state != empty {
		return endOfText, errNotJSON
	}
	s.depth--
	s.after()
	return kind, nil
}

// after sets what may follow a value.
func (s *scanner) after() {
	s.state = wantSeparator
	if s.depth == 0 {
		s.state = wantNothing
	}
}

// hold adds a byte to the text.
func (s *scanner) hold(c byte) {
	if s.size == textSize {
		s.long = true
		return
	}
	s.held[s.size] = c
	s.size++
}

// string reads to the closing quote.
func (s *scanner) string(look bool) error {
	clear(s.held[:s.size])
	s.size, s.long = 0, false
	for {
		c, err := s.take()
		switch {
		case err != nil:
			return err
		case c == '"':
			return nil
		case c < ' ':
			return errNotJSON
		case c == '\\':
			if c, err = s.escape(); err != nil {
				return err
			}
		}
		if look {
			s.hold(c)
		}
	}
}

// escape reads what follows a backslash. Characters beyond ASCII, of which
// nothing that is looked at is made, become DEL.
func (s *scanner) escape() (byte, error) {
	c, err := s.take()
	if err != nil {
		return 0, err
	}
	switch c {
	case '"', '\\', '/':
		return c, nil
	case 'b', 'f', 'n', 'r', 't':
		return ' ', nil
	case 'u':
	default:
		return 0, errNotJSON
	}
	value := 0
	for range 4 {
		c, err := s.take()
		if err != nil {
			return 0, err
		}
		switch {
		case c >= '0' && c <= '9':
			value = value<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			value = value<<4 | int(c|0x20-'a'+10)
		default:
			return 0, errNotJSON
		}
	}
	if value > 0x7E {
		return 0x7F, nil
	}
	return byte(value), nil
}

// number reads a number that begins with c. Its form is left to whoever reads
// the text.
func (s *scanner) number(c byte) error {
	clear(s.held[:s.size])
	s.size, s.long = 0, false
	for {
		if s.look {
			s.hold(c)
		}
		next, err := s.peek()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c = next; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return nil
		}
		s.next++
	}
}

// literal reads the rest of a literal.
func (s *scanner) literal(rest string) error {
	clear(s.held[:s.size])
	s.size, s.long = 0, false
	for i := range len(rest) {
		c, err := s.take()
		if err != nil {
			return err
		}
		if c != rest[i] {
			return errNotJSON
		}
	}
	return nil
}
