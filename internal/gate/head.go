package gate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
)

var (
	errHeadTooLong = errors.New("the response's header is longer than the limit")
	// errMalformed: what came is no response of HTTP/1.
	errMalformed = errors.New("malformed HTTP response")
)

// maxFields bounds the header fields that are kept; what follows is skipped.
const maxFields = 256

// readHead reads the head of a response, its empty line included, into e.head.
func (e *exchange) readHead(limit int64) error {
	e.head = e.head[:0]
	for {
		start := len(e.head)
		if err := e.readLine(limit); err != nil {
			if errors.Is(err, io.EOF) && len(e.head) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		line := trimEOL(e.head[start:])
		if start == 0 && !bytes.HasPrefix(line, []byte("HTTP/1.")) {
			return errMalformed
		}
		if len(line) == 0 {
			return nil
		}
	}
}

// readLine appends the next line to e.head, with its end. Memory that becomes
// too small is overwritten.
func (e *exchange) readLine(limit int64) error {
	for {
		part, err := e.reader.ReadSlice('\n')
		if int64(len(e.head)+len(part)) > limit {
			return errHeadTooLong
		}
		if need := len(e.head) + len(part); need > cap(e.head) {
			larger := make([]byte, len(e.head), max(4096, 2*need))
			copy(larger, e.head)
			clear(e.head[:cap(e.head)])
			e.head = larger
		}
		e.head = append(e.head, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func trimEOL(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}

// parseHead reads e.head in place: names of fields are made canonical where
// they are, and names and values are parts of it. Lines that are no field are
// skipped.
func (e *exchange) parseHead() (status int, header http.Header, err error) {
	line, rest := cutLine(e.head)
	if status, err = statusOf(trimEOL(line)); err != nil {
		return 0, nil, err
	}
	header = http.Header{}
	for range maxFields {
		line, rest = cutLine(rest)
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') && len(trimEOL(line)) > 0 { // continued (RFC 9112 5.2)
			more, after := cutLine(rest)
			for i := len(trimEOL(line)); i < len(line); i++ {
				line[i] = ' '
			}
			line, rest = line[:len(line)+len(more)], after
		}
		if line = trimEOL(line); len(line) == 0 {
			return status, header, nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !canonical(name) {
			continue
		}
		key := view(name)
		header[key] = append(header[key], view(bytes.Trim(value, " \t")))
	}
	return status, header, nil
}

// cutLine returns the first line with its end, whose capacity reaches into
// what follows, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}

// statusOf reads a status line (RFC 9112 4): "HTTP/1.1 200 OK".
func statusOf(line []byte) (int, error) {
	version, rest, _ := bytes.Cut(line, []byte(" "))
	rest = bytes.TrimLeft(rest, " ")
	if len(version) != len("HTTP/1.1") || len(rest) < 3 || len(rest) > 3 && rest[3] != ' ' {
		return 0, errMalformed
	}
	status := 0
	for _, c := range rest[:3] {
		if c < '0' || c > '9' {
			return 0, errMalformed
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 {
		return 0, errMalformed
	}
	return status, nil
}

// canonical makes a field's name canonical in place, as net/http has it, and
// reports whether it is a token (RFC 9110 5.6.2).
func canonical(name []byte) bool {
	first := true
	for i, c := range name {
		switch {
		case first && 'a' <= c && c <= 'z':
			name[i] = c - 'a' + 'A'
		case !first && 'A' <= c && c <= 'Z':
			name[i] = c - 'A' + 'a'
		case c <= ' ' || c >= 0x7f || bytes.IndexByte([]byte(`"(),/:;<=>?@[\]{}`), c) >= 0:
			return false
		}
		first = c == '-'
	}
	return len(name) > 0
}
