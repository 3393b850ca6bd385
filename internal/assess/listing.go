package assess

import (
	"bytes"
	"io"
)

// listing judges a directory listing as its bytes pass. It remembers one name at a
// time, and counts.
type listing struct {
	// titled: the page says that it is a listing, as web servers do.
	titled bool
	// links counts all links; files those to DICOM files, by their endings; uids those
	// to what has a UID as its name; media those to files that are named as on a DICOM
	// medium.
	links, files, uids, media int

	window []byte // the last bytes outside of links, in lower case
	name   []byte // the last part of the link's target, in lower case
	quote  byte   // the link's closing quote, 0 outside of links
	// slash: the last byte of the target was one. tail: what comes is no path.
	slash, tail bool
}

// The window is as long as the longest sign; the name as a UID (PS3.5 9.1) with
// what is written before and behind it.
const (
	listingWindow = 32
	nameWindow    = 80
)

// listingSigns lists what pages have that web servers make of a directory.
func listingSigns() [][]byte {
	var signs [][]byte
	for _, text := range []string{
		"<title>index of /", "<h1>index of /", // nginx, Apache, lighttpd, http-server, WEBrick, dufs
		"<title>directory listing for", "<h1>directory listing for", // Python's http.server, Twisted, Tomcat
		"<title>files within ",       // serve
		"<title>listing directory /", // express's serve-index
		"<title>directory: /",        // Jetty
		"<title>/</title>",           // Caddy, darkhttpd
		" - /</title>",               // IIS
		"<title>hfs /",               // HFS
		"<pre>\n<a href=",            // Go's http.FileServer
	} {
		signs = append(signs, []byte(text))
	}
	return signs
}

// dicomEndings are the endings of DICOM files' names: .dcm (PS3.10 and RFC
// 3240), those in use beside it, and the directory of a medium (PS3.10 8.6).
func dicomEndings() [][]byte {
	return [][]byte{[]byte(".dcm"), []byte(".dicom"), []byte(".ima"), []byte("dicomdir"), []byte(".dcm.gz")}
}

// listed reports whether the page lists files: because it says so, or because
// hardly any of its links leads elsewhere than to DICOM files.
func (l *listing) listed() bool {
	const least = 3 // links: a page of anything may have a sample
	dicom := l.files + l.uids
	return l.titled || dicom >= least && 5*dicom >= 4*l.links
}

// read judges a page. What came before an error counts. Nothing of the page is
// left in memory afterwards.
func (l *listing) read(page io.Reader) {
	buffer := make([]byte, 4096)
	signs, endings := listingSigns(), dicomEndings()
	for {
		n, err := page.Read(buffer)
		l.judge(buffer[:n], signs, endings)
		clear(buffer[:n])
		if err != nil {
			break
		}
	}
	clear(l.window[:cap(l.window)])
	clear(l.name[:cap(l.name)])
}

// judge judges a part of the page.
func (l *listing) judge(part []byte, signs, endings [][]byte) {
	for _, b := range part {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if l.quote != 0 {
			l.inLink(b, endings)
			continue
		}
		l.window = push(l.window, b, listingWindow)
		if b == '"' || b == '\'' {
			if bytes.HasSuffix(l.window[:len(l.window)-1], []byte("href=")) {
				l.quote = b
			}
			continue
		}
		for _, t := range signs {
			l.titled = l.titled || bytes.HasSuffix(l.window, t)
		}
	}
}

// inLink takes a byte of a link's target.
func (l *listing) inLink(b byte, endings [][]byte) {
	switch {
	case b == l.quote || b == '>':
		l.count(endings)
		clear(l.name)
		l.name, l.quote, l.slash, l.tail = l.name[:0], 0, false, false
	case l.tail:
	case b == '?' || b == '#' && !bytes.HasSuffix(l.name, []byte("&")):
		l.tail = true
	case b == '/':
		l.slash = true
	case b == ';' && l.cut("&#47"), b == ';' && l.cut("&#x2f"): // a slash, as serve writes it
		l.slash = true
	default:
		if l.slash { // what came before is a directory
			clear(l.name)
			l.name, l.slash = l.name[:0], false
		}
		l.name = push(l.name, b, nameWindow)
	}
}

// cut takes an end off the name, and reports whether it was there.
func (l *listing) cut(end string) bool {
	n := len(l.name) - len(end)
	if !bytes.HasSuffix(l.name, []byte(end)) {
		return false
	}
	clear(l.name[n:])
	l.name = l.name[:n]
	return true
}

// count counts the link whose name was read.
func (l *listing) count(endings [][]byte) {
	if len(l.name) == 0 || string(l.name) == ".." || string(l.name) == "." {
		return // to a directory above, or another order
	}
	l.links++
	for _, e := range endings {
		if bytes.HasSuffix(l.name, e) {
			l.files++
			return
		}
	}
	switch {
	case uidName(l.name):
		l.uids++
	case !l.slash && mediaName(l.name):
		l.media++
	}
}

// uidName reports whether a name is a UID (PS3.5 9.1), perhaps behind a modality:
// "1.2.840.…", "MR.1.2.840.…". It has more components than a version or an address.
func uidName(name []byte) bool {
	const components, longest, prefix = 6, 64, 4
	letters := 0
	for letters < len(name) && name[letters] >= 'a' && name[letters] <= 'z' {
		letters++
	}
	if letters > prefix {
		return false
	}
	uid := name[letters:]
	if letters > 0 && len(uid) > 0 && bytes.IndexByte([]byte("._-"), uid[0]) >= 0 {
		uid = uid[1:]
	}
	if len(uid) > longest || len(uid) == 0 || uid[0] < '0' || uid[0] > '2' {
		return false
	}
	parts := bytes.Split(uid, []byte("."))
	if len(parts[0]) != 1 { // a date, an address
		return false
	}
	for _, p := range parts {
		if len(p) == 0 || len(bytes.Trim(p, "0123456789")) > 0 {
			return false
		}
	}
	return len(parts) >= components
}

// mediaName reports whether a name is as writers of DICOM media give them: a few
// letters and a number, eight characters at most (PS3.10 8.2), as "IM000001".
func mediaName(name []byte) bool {
	const longest, figures = 8, 3
	number := bytes.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz")
	letters := len(name) - len(number)
	number = bytes.TrimPrefix(number, []byte("_"))
	if len(name) > longest || len(number) < figures || len(bytes.Trim(number, "0123456789")) > 0 {
		return false
	}
	switch string(name[:letters]) {
	case "i", "im", "img", "image", "mr", "ct", "us", "cr", "dx", "xa", "mg", "nm", "pt":
		return true
	}
	return false
}

// push appends b and forgets what is older than n bytes.
func push(window []byte, b byte, n int) []byte {
	if window == nil {
		window = make([]byte, 0, n) // it is not moved, so that no copy is left
	}
	if len(window) == n {
		copy(window, window[1:])
		window = window[:n-1]
	}
	return append(window, b)
}
