// Package imports answers one question: which hosts and ports does this file
// of another scanner name? It reads the output of nmap (XML), masscan (XML, JSON
// and list), zmap (CSV), naabu, zgrab2, Shodan and Censys (JSON), Shodan's tables,
// reports of Nessus and OpenVAS (XML), and plain lists, also packed with gzip or
// zstd and in UTF-16, told by their content and not by their name.
//
// It reads in a stream, in bounded memory whatever the file holds, and names
// each line that it cannot read. It knows no scope: what may be touched of a
// file's entries is decided by whoever asked for them.
package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// The most that is taken of a file at once, in bytes.
const (
	// maxLine bounds a line of a list or CSV, and a token of XML.
	maxLine = 1 << 20
	// maxObject bounds an object of JSON: a page of answers of Censys holds a
	// hundred hosts.
	maxObject = 8 << 20
)

// Entry is one place that a file names.
type Entry struct {
	// Addr is the address; invalid where the file names a host alone.
	Addr netip.Addr
	// Name is the host name; empty where the file gives an address.
	Name string
	// Port is the TCP port that was open; 0 where the file names none.
	Port uint16
}

// Format is a form of file.
type Format string

// The formats.
const (
	NmapXML    Format = "nmap XML"
	NessusXML  Format = "Nessus XML"
	OpenVASXML Format = "OpenVAS XML"
	JSON       Format = "JSON"
	ZmapCSV    Format = "CSV"
	List       Format = "list"
)

// Problem is a part of a file that could not be read.
type Problem struct {
	File string
	// Line counts from 1.
	Line int64
	// What says what is wrong and what was expected. It quotes at most a few
	// characters of the file.
	What string
}

// Error names the file and the line.
func (p *Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What) }

// Options say how to read a file.
type Options struct {
	// Name is the file's name, for messages.
	Name string
	// Strict ends the reading at the first problem, which is then the error.
	Strict bool
	// Skipped is called for each problem that is passed over; may be nil.
	Skipped func(*Problem)
}

// Summary is what a file held.
type Summary struct {
	Format Format
	// Entries were handed over, Skipped could not be read, and Other are open
	// ports of other protocols than TCP and ports that were not open.
	Entries, Skipped, Other int64
}

// reader is the work on one file.
type reader struct {
	Options
	in   *bufio.Reader
	each func(Entry) error
	sum  Summary
	cut  bool // the element at hand is not whole
}

// Read hands each entry of a file to each, in the file's order, and returns
// what it held. An error of each ends the reading. Without Strict a file that
// ends in the middle, or of which nothing can be read, is a problem like
// others; an error is returned for what concerns the file as a whole.
func Read(r io.Reader, o Options, each func(Entry) error) (Summary, error) {
	plain, done, err := unpack(r)
	if err != nil {
		return Summary{}, fmt.Errorf("%s: %w", o.Name, err)
	}
	defer done()
	text, err := asUTF8(plain)
	if err != nil {
		return Summary{}, fmt.Errorf("%s: %w", o.Name, err)
	}
	in := &reader{Options: o, in: text, each: each}
	in.sum.Format, err = in.format()
	if err == nil {
		err = map[Format]func() error{NmapXML: in.nmap, NessusXML: in.nessus, OpenVASXML: in.openVAS, JSON: in.json, ZmapCSV: in.csv, List: in.list}[in.sum.Format]()
	}
	var problem *Problem
	if err != nil && !errors.As(err, &problem) {
		err = fmt.Errorf("%s: %w", o.Name, err)
	}
	return in.sum, err
}

// format tells the format by the first characters that say anything.
func (r *reader) format() (Format, error) {
	head, err := r.in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = bytes.TrimLeft(head, " \t\r\n")
	first, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case len(head) == 0:
		return List, nil
	case bytes.HasPrefix(first, []byte("# Nmap ")), bytes.HasPrefix(first, []byte("Starting Nmap ")): // -oG and -oN
		return "", errors.New("is nmap's normal or grepable output; give its XML, which -oX FILE or -oA NAME writes")
	case head[0] == '<':
		return xmlFormat(head)
	case head[0] == '{', head[0] == '[' && !bytes.Contains(first, []byte("]:")) && !bytes.Contains(first, []byte("::")):
		return JSON, nil // a list can begin with [2001:db8::1]:104
	case isHeader(string(first)):
		return ZmapCSV, nil
	case isHeader(strings.ReplaceAll(string(first), ";", ",")):
		return "", errors.New("is a table with semicolons between its columns; save it with commas")
	}
	return List, nil
}

// entry hands over what was read.
func (r *reader) entry(e Entry) error {
	r.sum.Entries++
	return r.each(e)
}

// problem passes over a part of the file, or ends the reading.
func (r *reader) problem(line int64, format string, args ...any) error {
	p := &Problem{File: r.Name, Line: line, What: fmt.Sprintf(format, args...)}
	r.sum.Skipped++
	if r.Strict {
		return p
	}
	if r.Skipped != nil {
		r.Skipped(p)
	}
	return nil
}

// asUTF8 returns text in UTF-8. A file in UTF-16, as PowerShell's redirection
// writes it, is recognised by its byte order mark or, without one, by zeros in
// every other byte of its first two characters.
func asUTF8(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, readBuffer)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var order unicode.Endianness
	switch {
	case len(head) >= 2 && head[0] == 0xFF && head[1] == 0xFE, len(head) == 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		order = unicode.LittleEndian
	case len(head) >= 2 && head[0] == 0xFE && head[1] == 0xFF, len(head) == 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		order = unicode.BigEndian
	default:
		return in, nil
	}
	return bufio.NewReaderSize(unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(in), readBuffer), nil
}

// readBuffer is how much of a file is read at once, in bytes.
const readBuffer = 64 << 10
