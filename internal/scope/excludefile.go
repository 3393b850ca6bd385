package scope

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// ParseExcludes reads an exclude file and calls each for its ranges, in order;
// from and to are of one family, and never IPv4-mapped. It takes the usual
// lists: addresses, prefixes and ranges (192.0.2.7-192.0.2.20), one a line or
// separated by commas or spaces; '#', ';' and '//' begin a comment. So are the
// block lists of zmap, the exclude files of masscan and nmap, and most lists
// that are published. file is its name for messages. The first entry that is
// none of these is a *ConfigError: a list that is half understood protects
// nobody.
func ParseExcludes(file string, text io.Reader, each func(from, to netip.Addr)) error {
	lines := bufio.NewScanner(text)
	number := 0
	for lines.Scan() {
		number++
		line := lines.Bytes()
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if err := parseExcludeLine(line, each); err != nil {
			err.File, err.Line = file, number
			return err
		}
	}
	switch err := lines.Err(); {
	case err == bufio.ErrTooLong:
		return &ConfigError{File: file, Line: number + 1, Column: 1, What: "line too long", Remedy: "write one prefix or address a line"}
	case err != nil:
		return &ConfigError{File: file, Line: number + 1, Column: 1, What: fmt.Sprintf("cannot be read: %v", reasonOf(err)), Remedy: "name a file that can be read"}
	}
	return nil
}

// parseExcludeLine reads one line. Its errors have the column.
func parseExcludeLine(line []byte, each func(from, to netip.Addr)) *ConfigError {
	rest := withoutComment(line)
	for at := 0; ; {
		for at < len(rest) && isSeparator(rest[at]) {
			at++
		}
		end := at
		for end < len(rest) && !isSeparator(rest[end]) {
			end++
		}
		if at == end {
			return nil
		}
		// A range may be written with spaces round its dash.
		if after, ok := bytes.CutPrefix(bytes.TrimLeft(rest[end:], " \t"), []byte("- ")); ok {
			to := len(rest) - len(bytes.TrimLeft(after, " \t"))
			for end = to; end < len(rest) && !isSeparator(rest[end]); {
				end++
			}
		}
		r, wrong := parseExclude(strings.Join(strings.Fields(string(rest[at:end])), ""))
		if wrong != nil {
			return &ConfigError{Column: utf8.RuneCount(rest[:at]) + 1, What: wrong.what, Remedy: wrong.remedy}
		}
		each(r.from, r.to)
		at = end
	}
}

func isSeparator(c byte) bool { return c == ' ' || c == '\t' || c == ',' || c == '\r' }

// withoutComment is the line up to its comment.
func withoutComment(line []byte) []byte {
	for i, c := range line {
		if c == '#' || c == ';' || c == '/' && i+1 < len(line) && line[i+1] == '/' {
			return line[:i]
		}
	}
	return line
}

// parseExclude reads an address, a prefix or a range.
func parseExclude(s string) (addrRange, *mistake) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		p, wrong := parsePrefix(s)
		if wrong != nil {
			return addrRange{}, wrong
		}
		return rangeOf(p), nil
	}
	from, err1 := netip.ParseAddr(first)
	to, err2 := netip.ParseAddr(last)
	from, to = from.Unmap(), to.Unmap()
	if err1 != nil || err2 != nil || from.Zone() != "" || to.Zone() != "" || from.BitLen() != to.BitLen() || to.Less(from) {
		return addrRange{}, &mistake{shown(s) + " is not a range", "write it like 192.0.2.7-192.0.2.20"}
	}
	return addrRange{from, to}, nil
}
