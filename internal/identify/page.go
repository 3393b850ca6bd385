package identify

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"leadglass/internal/markup"
	"leadglass/internal/products"
)

const (
	// maxTitle bounds a title and the content of a meta element, in bytes.
	maxTitle = 200
	// maxMetas bounds the meta elements looked at.
	maxMetas = 64
	// maxMetaName bounds the name of a meta element that is looked at, in bytes.
	maxMetaName = 64
	// maxRealm bounds a realm, in bytes.
	maxRealm = 100
)

// document is one page of a host, with all memory that holds its text, so that
// it can be overwritten.
type document struct {
	// buffer is what pages are read into, body the page in it.
	buffer, body []byte
	// text holds titles and contents of meta elements; it never grows.
	text []byte
}

func newDocument() *document {
	return &document{buffer: make([]byte, maxPage), text: make([]byte, 0, maxTitle+maxMetas*(maxMetaName+maxTitle))}
}

// wipe overwrites everything of the page.
func (d *document) wipe() {
	clear(d.buffer)
	clear(d.text[:cap(d.text)])
	d.body, d.text = nil, d.text[:0]
}

// features are what a page shows beside that which fingerprints compare.
type features struct {
	// login: it has a password field.
	login bool
	// icon is the path of its icon, on the same host.
	icon string
	// shape is a digest of its elements; see shape.
	shape string
}

// toUTF8 turns a page in UTF-16, which begins with a byte order mark, into
// UTF-8, in place: characters that would need more room become question marks.
// NUL becomes a space: the tokenizer would copy what it stands in.
func (d *document) toUTF8() {
	defer func() {
		for i, c := range d.body {
			if c == 0 {
				d.body[i] = ' '
			}
		}
	}()
	b := d.body
	if len(b) < 2 || !(b[0] == 0xff && b[1] == 0xfe) && !(b[0] == 0xfe && b[1] == 0xff) {
		d.body = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
		return
	}
	low := 0
	if b[0] == 0xfe {
		low = 1
	}
	n := 0
	for i := 2; i+1 < len(b); i += 2 {
		r := rune(b[i+1-low])<<8 | rune(b[i+low])
		if r > 0x7ff {
			r = '?'
		}
		n += utf8.EncodeRune(b[n:], r)
	}
	d.body = b[:n]
}

// read takes from HTML what fingerprints ask for: title and meta elements into
// page, and the features. Text of scripts, styles and comments is no markup;
// what a template holds is shown to nobody.
func (d *document) read(page *products.Page) (f features) {
	page.Body = d.body
	f.icon = defaultIcon
	z := markup.New(bytes.NewReader(d.body))
	defer z.Wipe()
	var elements shape
	templates, titled, iconed := 0, false, false
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			f.shape = elements.digest()
			return f
		case html.TextToken:
			if titled && page.Title == nil {
				page.Title = d.clean(z.Text(), maxTitle)
			}
		case html.EndTagToken:
			if atom.Lookup(z.Tag()) == atom.Template {
				templates = max(0, templates-1)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name := z.Tag()
			elements.add(name)
			switch tag := atom.Lookup(name); {
			case tag == atom.Template && kind == html.StartTagToken:
				templates++
			case templates > 0:
			case tag == atom.Title:
				titled = true
			case tag == atom.Meta && len(page.Meta) < maxMetas:
				d.meta(z, page)
			case tag == atom.Input:
				f.login = isPassword(z) || f.login
			case tag == atom.Link && !iconed:
				var path string
				if path, iconed = icon(z); iconed && path != "" {
					f.icon = path
				}
			}
		}
	}
}

// meta notes the name and the content of a meta element. Of attributes of one
// name the first counts.
func (d *document) meta(z *markup.Scanner, page *products.Page) {
	var name, content []byte
	z.Attributes(func(key, value []byte) {
		switch {
		case string(key) == "name" && name == nil && len(value) <= maxMetaName:
			name = bytes.TrimSpace(value)
		case string(key) == "content" && content == nil:
			content = value
		}
	})
	if len(name) > 0 && len(content) > 0 {
		page.Meta = append(page.Meta, products.Meta{Name: d.clean(name, maxMetaName), Content: d.clean(content, maxTitle)})
	}
}

// isPassword reports whether an input element takes a password.
func isPassword(z *markup.Scanner) bool {
	var kind []byte
	z.Attributes(func(key, value []byte) {
		if string(key) == "type" && kind == nil {
			kind = value
		}
	})
	return bytes.EqualFold(kind, []byte("password"))
}

// icon reports whether a link element names the page's icon, and its path
// where that is on the same host.
func icon(z *markup.Scanner) (path string, ok bool) {
	var rel, href []byte
	z.Attributes(func(key, value []byte) {
		switch {
		case string(key) == "rel" && rel == nil:
			rel = value
		case string(key) == "href" && href == nil:
			href = value
		}
	})
	if !bytes.EqualFold(rel, []byte("icon")) && !bytes.EqualFold(rel, []byte("shortcut icon")) {
		return "", false
	}
	if plainPath(href) {
		path = string(href)
	}
	return path, true
}

// clean makes one line of printable text of b, at most n bytes, in memory of
// the document. What has no place there is left out.
func (d *document) clean(b []byte, n int) []byte {
	start, space := len(d.text), false
	n = min(n, cap(d.text)-start)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case r == utf8.RuneError && size <= 1:
			r = '?'
		case r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == 0xa0:
			space = len(d.text) > start
			continue
		case !printable(r):
			continue
		}
		need := utf8.RuneLen(r)
		if space {
			need++
		}
		if len(d.text)-start+need > n {
			break
		}
		if space {
			d.text, space = append(d.text, ' '), false
		}
		d.text = utf8.AppendRune(d.text, r)
	}
	return d.text[start:len(d.text):len(d.text)]
}

// printable reports whether a character may stand in a text: no control, and
// none that turns the direction of what follows.
func printable(r rune) bool {
	return r >= 0x20 && (r < 0x7f || r >= 0xa0) && (r < 0x202a || r > 0x202e) && (r < 0x2066 || r > 0x2069)
}

// leastElements is how many elements a page has at least to have a shape: the
// pages that servers come with have fewer, and are all alike.
const leastElements = 16

// shape is a digest of the names of the page's elements in order, so that two
// pages can be found to be built alike; empty for a page of few elements. No
// text, attribute or comment of the page is part of it. It is FNV-1a, 64 bits.
type shape struct {
	hash     uint64
	elements int
}

func (s *shape) add(name []byte) {
	const offset, prime = 14695981039346656037, 1099511628211
	if s.elements == 0 {
		s.hash = offset
	}
	for _, b := range name {
		s.hash = (s.hash ^ uint64(b)) * prime
	}
	s.hash = (s.hash ^ '<') * prime
	s.elements++
}

func (s *shape) digest() string {
	if s.elements < leastElements {
		return ""
	}
	return fmt.Sprintf("%016x", s.hash)
}

// realms are the realms of WWW-Authenticate fields (RFC 9110 11.5), as parts of
// the fields.
func realms(fields []string) []string {
	const most = 8
	var found []string
	for _, f := range fields[:min(len(fields), most)] {
		for at := 0; at+len("realm=") <= len(f); at++ {
			if strings.EqualFold(f[at:at+len("realm=")], "realm=") {
				found = append(found, realm(f[at+len("realm="):]))
				break
			}
		}
	}
	return found
}

// realm is the value at the beginning of s, quoted or not.
func realm(s string) string {
	end := strings.IndexAny(s, " \t,")
	if len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		quote := s[0]
		s = s[1:]
		end = strings.IndexByte(s, quote)
	}
	if end >= 0 {
		s = s[:end]
	}
	return s[:min(len(s), maxRealm)]
}

// defaultIcon is the path of the icon of a page that names none.
const defaultIcon = "/favicon.ico"

// plainPath reports whether p is an absolute path without host, query or
// anything else that a page could lead elsewhere with.
func plainPath(p []byte) bool {
	const longest = 120
	return len(p) > 1 && len(p) <= longest && p[0] == '/' && p[1] != '/' &&
		!bytes.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\?#%:`, r) }) &&
		!bytes.Contains(p, []byte(".."))
}
