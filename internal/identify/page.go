package identify

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"leadglass/internal/identify/products"
)

const (
	// maxTitle bounds a title and the content of a meta element, in bytes.
	maxTitle = 200
	// maxMetas bounds the meta elements looked at.
	maxMetas = 64
	// maxRealm bounds a realm, in bytes.
	maxRealm = 100
)

// readPage takes from HTML what fingerprints ask for: title, meta elements,
// and whether it has a password field. It is no parser of HTML: it looks for
// tags one after the other and gives up on nothing.
func readPage(body []byte, page *products.Page) (login bool) {
	page.Body = body
	page.Meta = map[string]string{}
	rest := body
	for {
		i := bytes.IndexByte(rest, '<')
		if i < 0 {
			return login
		}
		rest = rest[i+1:]
		switch {
		case bytes.HasPrefix(rest, []byte("!--")):
			end := bytes.Index(rest, []byte("-->"))
			if end < 0 {
				return login
			}
			rest = rest[end:]
		case isTag(rest, "title") && page.Title == "":
			page.Title = titleText(rest)
		case isTag(rest, "meta") && len(page.Meta) < maxMetas:
			a := attributes(tag(rest))
			if name := strings.ToLower(a["name"]); name != "" && a["content"] != "" {
				page.Meta[name] = a["content"]
			}
		case isTag(rest, "input"):
			login = login || strings.EqualFold(attributes(tag(rest))["type"], "password")
		}
	}
}

// isTag reports whether b begins with the name of a tag, whatever its case.
func isTag(b []byte, name string) bool {
	if len(b) <= len(name) || !strings.EqualFold(string(b[:len(name)]), name) {
		return false
	}
	c := b[len(name)]
	return c == '>' || c == '/' || isSpace(c)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// tag returns what stands before the end of the tag, at most 2 KiB.
func tag(b []byte) []byte {
	const longest = 2 << 10
	b = b[:min(len(b), longest)]
	var quote byte
	for i, c := range b {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && c == '>':
			return b[:i]
		}
	}
	return b
}

// titleText is the text behind the title tag, cleaned.
func titleText(b []byte) string {
	const longest = 2 << 10
	b = b[:min(len(b), longest)]
	start := bytes.IndexByte(b, '>')
	if start < 0 {
		return ""
	}
	b = b[start+1:]
	if end := bytes.IndexByte(b, '<'); end >= 0 {
		b = b[:end]
	}
	return clean(string(b), maxTitle)
}

// attributes reads name="value" pairs of a tag; names are lower case.
func attributes(b []byte) map[string]string {
	const most = 16
	found := map[string]string{}
	if i := bytes.IndexFunc(b, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }); i >= 0 {
		b = b[i:]
	}
	for len(b) > 0 && len(found) < most {
		b = bytes.TrimLeft(b, " \t\r\n\f/")
		n := bytes.IndexAny(b, "= \t\r\n\f/")
		if n < 0 {
			return found
		}
		name := strings.ToLower(string(b[:min(n, maxTitle)]))
		b = bytes.TrimLeft(b[n:], " \t\r\n\f")
		if len(b) == 0 || b[0] != '=' {
			if n == 0 && len(b) > 0 {
				b = b[1:]
			}
			continue
		}
		b = bytes.TrimLeft(b[1:], " \t\r\n\f")
		var value []byte
		value, b = attributeValue(b)
		if name != "" {
			found[name] = clean(string(value), maxTitle)
		}
	}
	return found
}

func attributeValue(b []byte) (value, rest []byte) {
	if len(b) > 0 && (b[0] == '"' || b[0] == '\'') {
		if end := bytes.IndexByte(b[1:], b[0]); end >= 0 {
			return b[1 : 1+end], b[2+end:]
		}
		return b[1:], nil
	}
	if end := bytes.IndexAny(b, " \t\r\n\f"); end >= 0 {
		return b[:end], b[end:]
	}
	return b, nil
}

// clean makes one line of printable text, at most n bytes.
func clean(s string, n int) string {
	if len(s) > 4*n {
		s = s[:4*n]
	}
	s = strings.ToValidUTF8(s, "?")
	s = html.UnescapeString(s)
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == 0xa0:
			return ' '
		case r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e || r == 0x2066 || r == 0x2067:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > n {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// leastElements is how many elements a page has at least to have a shape: the
// pages that servers come with have fewer, and are all alike.
const leastElements = 16

// shape is a digest of the names of the page's elements in order, so that two
// pages can be found to be built alike; empty for a page of few elements. No
// text, attribute or comment of the page is part of it.
func shape(body []byte) string {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a, 64 bits
	hash, elements := uint64(offset), 0
	add := func(b byte) { hash = (hash ^ uint64(b)) * prime }
	for i := 0; i < len(body)-1; i++ {
		if body[i] != '<' || !isLetter(body[i+1]) {
			continue
		}
		for i++; i < len(body) && (isLetter(body[i]) || body[i] >= '0' && body[i] <= '9'); i++ {
			add(body[i] | 0x20)
		}
		i-- // what ended the name may begin the next
		add('<')
		elements++
	}
	if elements < leastElements {
		return ""
	}
	return fmt.Sprintf("%016x", hash)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// realms reads the realms of WWW-Authenticate fields (RFC 9110 11.5).
func realms(fields []string) []string {
	const most = 8
	var found []string
	for _, f := range fields[:min(len(fields), most)] {
		i := strings.Index(strings.ToLower(f), "realm=")
		if i < 0 {
			continue
		}
		value, _ := attributeValue([]byte(f[i+len("realm="):]))
		found = append(found, clean(strings.TrimRight(string(value), ","), maxRealm))
	}
	return found
}

// iconPath returns the path of the page's icon, on the same host, or the
// default.
func iconPath(body []byte) string {
	const standard = "/favicon.ico"
	for rest := body; ; {
		i := bytes.IndexByte(rest, '<')
		if i < 0 {
			return standard
		}
		rest = rest[i+1:]
		if !isTag(rest, "link") {
			continue
		}
		a := attributes(tag(rest))
		if rel := strings.ToLower(a["rel"]); rel != "icon" && rel != "shortcut icon" {
			continue
		}
		if href := a["href"]; plainPath(href) {
			return href
		}
		return standard
	}
}

// plainPath reports whether p is an absolute path without host, query or
// anything else that a page could lead elsewhere with.
func plainPath(p string) bool {
	const longest = 120
	return len(p) > 1 && len(p) <= longest && p[0] == '/' && p[1] != '/' &&
		!strings.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\?#%:`, r) }) &&
		!strings.Contains(p, "..")
}
