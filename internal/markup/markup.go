// Package markup reads HTML of a peer, and XML as far as it is written like
// HTML, tag by tag, in memory that is overwritten afterwards. It builds no
// tree and keeps no text.
package markup

import (
	"io"

	"golang.org/x/net/html"

	"leadglass/internal/wipe"
)

// Scanner is a tokenizer whose memory can be overwritten. Text that its
// methods return is part of that memory and good until the next token.
// Token, which copies, is not to be used.
type Scanner struct {
	tokenizer *html.Tokenizer
	source    source
	// copies are what the library copied of the tag.
	copies [][]byte
}

// New returns a scanner of what body gives.
func New(body io.Reader) *Scanner {
	s := &Scanner{source: source{body: body}}
	s.tokenizer = html.NewTokenizer(&s.source)
	return s
}

// source remembers where it wrote.
type source struct {
	body    io.Reader
	buffers wipe.Buffers
}

func (s *source) Read(b []byte) (int, error) {
	s.buffers.Remember(b)
	return s.body.Read(b)
}

// Next returns the kind of the next token; html.ErrorToken at the end.
func (s *Scanner) Next() html.TokenType {
	s.forget()
	kind := s.tokenizer.Next()
	s.source.buffers.Remember(s.tokenizer.Raw()) // the library moves what it has read
	return kind
}

// Text is the text of a text token, entities resolved.
func (s *Scanner) Text() []byte { return s.tokenizer.Text() }

// Tag is the name of a tag in lower case.
func (s *Scanner) Tag() []byte {
	name, _ := s.tokenizer.TagName()
	s.copies = append(s.copies, name)
	return name
}

// Attributes gives each attribute of a tag whose name has been read: its name
// in lower case and its value, entities resolved.
func (s *Scanner) Attributes(each func(name, value []byte)) {
	for more := true; more; {
		var name, value []byte
		name, value, more = s.tokenizer.TagAttr()
		s.copies = append(s.copies, name, value)
		if len(name) > 0 {
			each(name, value)
		}
	}
}

// Wipe overwrites everything of the page. The scanner is of no use afterwards.
func (s *Scanner) Wipe() {
	s.forget()
	s.source.buffers.Wipe()
}

func (s *Scanner) forget() {
	for _, c := range s.copies {
		clear(c[:cap(c)])
	}
	clear(s.copies)
	s.copies = s.copies[:0]
}
