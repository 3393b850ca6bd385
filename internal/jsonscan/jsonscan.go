// Package jsonscan reads JSON of any length from a peer through one fixed
// buffer, which is overwritten afterwards: nothing of the text is ever anywhere
// else. It decides nothing; what is looked at is up to its user.
package jsonscan

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
	ErrNotJSON  = errors.New("the body is not JSON")
	ErrDepth    = errors.New("the body's JSON is nested too deep")
	ErrTooLong  = errors.New("the body is longer than the limit")
	ErrCutShort = errors.New("the body ends within its JSON")
)

// Token is what the Scanner met.
type Token uint8

const (
	EndOfText Token = iota
	BeginObject
	EndObject
	BeginArray
	EndArray
	ObjectKey
	String
	Number
	Literal // true, false or null
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

// Scanner reads a JSON text of any length through one fixed buffer. The text
// of a key, and of a value where it is told to look, is held until the next
// token; nothing is ever copied to anywhere else, and Wipe clears all of it.
type Scanner struct {
	body  io.Reader
	left  int64 // bytes that may still be read
	begun bool  // the first byte was taken
	next  int   // in buffer
	end   int
	state state
	depth int
	// objects has the bit of each level set that is an object.
	objects uint64
	// Look: the texts of strings and numbers are wanted, not only of keys.
	Look bool
	// size is the length of text; long says that there was more.
	size   int
	long   bool
	buffer [bufferSize]byte
	held   [textSize]byte
}

// Reset begins a text of at most limit bytes.
func (s *Scanner) Reset(body io.Reader, limit int64) {
	s.Wipe()
	s.body, s.left, s.begun = body, limit, false
	s.next, s.end, s.state, s.depth, s.objects, s.Look, s.size, s.long = 0, 0, wantValue, 0, 0, false, 0, false
}

// Wipe clears everything that a body has left.
func (s *Scanner) Wipe() {
	clear(s.buffer[:])
	clear(s.held[:])
	s.size = 0
}

// Text is the text of the key, or of the value that was to be looked at; it
// is valid until the next token.
func (s *Scanner) Text() []byte { return s.held[:s.size] }

// peek returns the next byte without taking it.
func (s *Scanner) peek() (byte, error) {
	for range maxReads {
		if s.next < s.end {
			return s.buffer[s.next], nil
		}
		if s.left <= 0 {
			return 0, ErrTooLong
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
func (s *Scanner) take() (byte, error) {
	c, err := s.peek()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrCutShort
		}
		return 0, err
	}
	s.next++
	return c, nil
}

// Token returns the next token. After EndOfText or an error there is nothing
// more.
func (s *Scanner) Token() (Token, error) {
	for {
		c, err := s.peek()
		switch {
		case errors.Is(err, io.EOF) && s.state == wantNothing:
			return EndOfText, nil
		case errors.Is(err, io.EOF):
			return EndOfText, ErrCutShort
		case err != nil:
			return EndOfText, err
		}
		s.next++
		first := !s.begun
		s.begun = true
		switch c {
		case byteOrderMark[0]: // some servers put one before the text (RFC 8259 8.1)
			if !first {
				return EndOfText, ErrNotJSON
			}
			if err := s.literal(byteOrderMark[1:]); err != nil {
				return EndOfText, err
			}
			continue
		case ' ', '\t', '\r', '\n':
			continue
		case ':':
			if s.state != wantColon {
				return EndOfText, ErrNotJSON
			}
			s.state = wantValue
			continue
		case ',':
			if s.state != wantSeparator || s.depth == 0 {
				return EndOfText, ErrNotJSON
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

// byteOrderMark is U+FEFF in UTF-8.
const byteOrderMark = "\xEF\xBB\xBF"

// value reads the value, or the key, that begins with c.
func (s *Scanner) value(c byte) (Token, error) {
	if s.state == wantKey || s.state == wantKeyOrEnd {
		if c != '"' {
			return EndOfText, ErrNotJSON
		}
		s.state = wantColon
		return ObjectKey, s.string(true)
	}
	if s.state != wantValue && s.state != wantFirst {
		return EndOfText, ErrNotJSON
	}
	switch {
	case c == '{':
		return BeginObject, s.open(true)
	case c == '[':
		return BeginArray, s.open(false)
	}
	s.after()
	switch {
	case c == '"':
		return String, s.string(s.Look)
	case c == '-' || c >= '0' && c <= '9':
		return Number, s.number(c)
	case c == 't':
		return Literal, s.literal("rue")
	case c == 'f':
		return Literal, s.literal("alse")
	case c == 'n':
		return Literal, s.literal("ull")
	}
	return EndOfText, ErrNotJSON
}

// Depth is how many containers are open.
func (s *Scanner) Depth() int { return s.depth }

// Long reports whether the text was longer than is held.
func (s *Scanner) Long() bool { return s.long }

// Empty reports whether nothing but white space came.
func (s *Scanner) Empty() bool { return s.depth == 0 && s.state == wantValue }

// inObject reports whether the innermost container is an object.
func (s *Scanner) inObject() bool { return s.objects>>(s.depth-1)&1 == 1 }

// open enters a container.
func (s *Scanner) open(object bool) error {
	if s.depth == maxDepth {
		return ErrDepth
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
func (s *Scanner) close(object bool) (Token, error) {
	empty := wantFirst
	kind := EndArray
	if object {
		empty, kind = wantKeyOrEnd, EndObject
	}
	if s.depth == 0 || s.inObject() != object || s.state != wantSeparator && s.state != empty {
		return EndOfText, ErrNotJSON
	}
	s.depth--
	s.after()
	return kind, nil
}

// after sets what may follow a value.
func (s *Scanner) after() {
	s.state = wantSeparator
	if s.depth == 0 {
		s.state = wantNothing
	}
}

// hold adds a byte to the text.
func (s *Scanner) hold(c byte) {
	if s.size == textSize {
		s.long = true
		return
	}
	s.held[s.size] = c
	s.size++
}

// string reads to the closing quote.
func (s *Scanner) string(look bool) error {
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
			return ErrNotJSON
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
func (s *Scanner) escape() (byte, error) {
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
		return 0, ErrNotJSON
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
			return 0, ErrNotJSON
		}
	}
	if value > 0x7E {
		return 0x7F, nil
	}
	return byte(value), nil
}

// number reads a number that begins with c. Its form is left to whoever reads
// the text.
func (s *Scanner) number(c byte) error {
	clear(s.held[:s.size])
	s.size, s.long = 0, false
	for {
		if s.Look {
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
func (s *Scanner) literal(rest string) error {
	clear(s.held[:s.size])
	s.size, s.long = 0, false
	for i := range len(rest) {
		c, err := s.take()
		if err != nil {
			return err
		}
		if c != rest[i] {
			return ErrNotJSON
		}
	}
	return nil
}
