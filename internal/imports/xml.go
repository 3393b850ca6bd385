package imports

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// maxElement bounds an element that describes one host, in bytes: nmap with all
// 65,535 ports of a host open, and a service for each.
const maxElement = 16 << 20

// elements reads the elements of that name in a document with that root, one
// after the other, and whatever lies between them is passed over. Each is found by
// its tags alone, so that what is damaged inside one costs no other. An element
// that begins inside another ends it: the first was cut off.
func (r *reader) elements(name, root string, each func(line int64, element []byte) error) error {
	s := splitElements{reader: r, open: []byte(name), end: []byte("/" + name), root: []byte("/" + root), line: 1, each: each}
	for {
		err := s.step()
		if errors.Is(err, io.EOF) {
			return s.last()
		}
		if err != nil {
			return err
		}
	}
}

// splitElements is the work of elements.
type splitElements struct {
	*reader
	open, end, root []byte
	each            func(line int64, element []byte) error
	line, first     int64 // the line at hand, and that of the element's beginning
	element         []byte
	inside, long    bool
	whole           bool // the root has ended
}

// step reads up to the next tag.
func (s *splitElements) step() error {
	piece, err := s.in.ReadSlice('<')
	if s.inside {
		if s.long = s.long || len(s.element)+len(piece) > maxElement; !s.long {
			s.element = append(s.element, piece...)
		}
	}
	s.line += int64(bytes.Count(piece, []byte("\n")))
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil
	}
	if err != nil {
		return err
	}
	switch tag, _ := s.in.Peek(len(s.root) + 1); {
	case isTag(tag, s.root):
		s.whole = true
	case isTag(tag, s.open):
		if err := s.flush("the element is not ended"); err != nil {
			return err
		}
		s.inside, s.first, s.element = true, s.line, append(s.element[:0], '<')
	case s.inside && isTag(tag, s.end):
		s.element = append(append(s.element, s.end...), '>')
		return s.flush("")
	}
	return nil
}

// flush hands over the element at hand. cut says why it is not whole.
func (s *splitElements) flush(cut string) error {
	if !s.inside {
		return nil
	}
	element := s.element
	if cut != "" {
		element = bytes.TrimSuffix(element, []byte("<"))
	}
	long := s.long
	s.inside, s.long, s.cut = false, false, cut != ""
	if long {
		return s.problem(s.first, "longer than %d bytes; the element <%s> was left out", maxElement, s.open)
	}
	if err := s.each(s.first, element); err != nil || cut == "" {
		return err
	}
	return s.problem(s.line, "<%s> of line %d: %s; what came before was read", s.open, s.first, cut)
}

// last is the end of the file.
func (s *splitElements) last() error {
	if s.inside {
		return s.flush("the file ends in it")
	}
	if !s.whole {
		return s.problem(s.line, "the file ends before <%s>; what came before was read", s.root)
	}
	return nil
}

// isTag reports whether text begins with the name of a tag, and the name ends there.
func isTag(text, name []byte) bool {
	rest, ok := bytes.CutPrefix(text, name)
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n/>"), rest[0]) >= 0)
}

// decoder reads an element. Nothing is read of it but numbers, addresses and names
// in ASCII, so bytes of other characters, in whichever encoding, and control
// characters, which XML has not, are replaced.
func decoder(element []byte) *xml.Decoder {
	for i, c := range element {
		if c >= 0x80 || c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			element[i] = '?'
		}
	}
	d := xml.NewDecoder(bytes.NewReader(element))
	d.Entity = map[string]string{}
	return d
}

// tokens gives the tokens of an element to each, with the line of each. whole is
// false where the element is no XML from some place on, which is a problem of the
// file and noted.
func (r *reader) tokens(line int64, element []byte, what string, each func(line int64, token xml.Token) error) (whole bool, err error) {
	for d := decoder(element); ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		at, _ := d.InputPos()
		if err != nil {
			return false, r.damaged(line+int64(at)-1, what, err)
		}
		if err := each(line+int64(at)-1, token); err != nil {
			return false, err
		}
	}
}

// damaged is the problem of an element that is no XML.
func (r *reader) damaged(line int64, what string, err error) error {
	if r.cut {
		return nil // that is said already
	}
	var syntax *xml.SyntaxError
	why := err.Error()
	if errors.As(err, &syntax) {
		why = syntax.Msg
	}
	return r.problem(line, "this %s is no XML from here on (%.80s), and is left out from here; the next is read", what, why)
}

// xmlFormat tells whose XML a file is by its first element.
func xmlFormat(head []byte) (Format, error) {
	d := xml.NewDecoder(bytes.NewReader(asciiOnly(head)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // all is ASCII here
	for {
		token, err := d.RawToken()
		if err != nil {
			return "", errors.New("begins like XML or HTML, and has no element in its first 4,096 bytes; is it the output of a scanner?")
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			if doctype, ok := token.(xml.Directive); ok && bytes.HasPrefix(bytes.ToLower(doctype), []byte("doctype html")) {
				return "", errHTML
			}
			continue
		}
		switch e.Name.Local {
		case "nmaprun":
			return NmapXML, nil
		case "NessusClientData_v2":
			return NessusXML, nil
		case "report", "get_reports_response":
			return OpenVASXML, nil
		case "html", "HTML", "head", "body":
			return "", errHTML
		}
		return "", fmt.Errorf("is the XML of another program: its first element is <%.40s>, not <nmaprun> of nmap, <NessusClientData_v2> of Nessus or <report> of OpenVAS", printable(e.Name.Local))
	}
}

// errHTML: a page was saved where a file was meant.
var errHTML = errors.New("is an HTML page, not nmap's XML nor another scanner's output; was a login page saved in its place?")

// asciiOnly is a copy of text whose other characters are replaced.
func asciiOnly(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r >= 0x80 || r < 0x20 && r != '\t' && r != '\n' && r != '\r' {
			return '?'
		}
		return r
	}, text)
}

func printable(name string) string { return string(asciiOnly([]byte(name))) }
