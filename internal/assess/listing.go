package assess

import (
	"bytes"
	"io"
)

// listing judges a directory listing as its bytes pass. It remembers the end
// of one name at a time, and counts.
type listing struct {
	// listed: the page's title, or first heading, is that of a listing.
	listed bool
	// files is how many links lead to DICOM files, by their names.
	files int

	window []byte // the last bytes outside of links, in lower case
	name   []byte // the end of the link's target, in lower case
	quote  byte   // the link's closing quote, 0 outside of links
}

// The window is as long as the longest sign; the end of a name as the longest
// ending.
const (
	listingWindow = 32
	nameWindow    = 16
)

// listingTitles are how the listings of nginx, Apache and lighttpd, of
// Python's http.server, and of Tomcat begin their title or first heading.
var listingTitles = [][]byte{
	[]byte("<title>index of /"), []byte("<h1>index of /"),
	[]byte("<title>directory listing for"), []byte("<h1>directory listing for"),
}

// dicomEndings are the endings of DICOM files' names: .dcm (PS3.10 and RFC
// 3240), those in use beside it, and the directory of a medium (PS3.10 8.6).
var dicomEndings = [][]byte{[]byte(".dcm"), []byte(".dicom"), []byte(".ima"), []byte("dicomdir"), []byte(".dcm.gz")}

// read judges a page. What came before an error counts. Nothing of the page is
// left in memory afterwards.
func (l *listing) read(page io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := page.Read(buffer)
		l.judge(buffer[:n])
		clear(buffer[:n])
		if err != nil {
			break
		}
	}
	clear(l.window[:cap(l.window)])
	clear(l.name[:cap(l.name)])
}

// judge judges a part of the page.
func (l *listing) judge(part []byte) {
	for _, b := range part {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if l.quote != 0 {
			l.inLink(b)
			continue
		}
		l.window = push(l.window, b, listingWindow)
		if b == '"' || b == '\'' {
			if bytes.HasSuffix(l.window[:len(l.window)-1], []byte("href=")) {
				l.quote = b
			}
			continue
		}
		for _, t := range listingTitles {
			l.listed = l.listed || bytes.HasSuffix(l.window, t)
		}
	}
}

// inLink takes a byte of a link's target.
func (l *listing) inLink(b byte) {
	if b != l.quote && b != '>' {
		l.name = push(l.name, b, nameWindow)
		return
	}
	for _, e := range dicomEndings {
		if bytes.HasSuffix(l.name, e) {
			l.files++
			break
		}
	}
	clear(l.name)
	l.name, l.quote = l.name[:0], 0
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
