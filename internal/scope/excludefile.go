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
// separated by commas or spaces, also in quotes; '#', ';' and '//' begin a
// comment. So are the block lists of zmap, the exclude files of masscan and nmap,
// and most lists that are published. Tables of first and last addresses are read
// too (see excludeLine.ranges). file is its name for messages. The first entry
// that is none of these, or that can be read in two ways, is a *ConfigError: a
// list that is half understood protects nobody.
func ParseExcludes(file string, text io.Reader, each func(from, to netip.Addr)) error {
	lines := bufio.NewScanner(text)
	number := 0
	var l excludeLine
	for lines.Scan() {
		number++
		line := lines.Bytes()
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		err := l.parse(line)
		if err == nil {
			err = l.ranges(each)
		}
		if err != nil {
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

// excludeLine is the reading of one line after the other.
type excludeLine struct {
	entries []excludeEntry
	// begun: a line that says anything has been read; pairs: it was the header of
	// a table of first and last addresses.
	begun, pairs bool
}

// excludeEntry is an entry of a line.
type excludeEntry struct {
	addrRange
	// bare entries are single addresses as such; after says what kind of
	// separator comes before the entry: a blank, or another.
	bare   bool
	after  byte
	column int
}

// parse reads the entries of a line. Its errors have the column.
func (l *excludeLine) parse(line []byte) *ConfigError {
	l.entries = l.entries[:0]
	rest := plainDashes(withoutComment(line))
	if !l.begun && len(bytes.TrimSpace(rest)) > 0 {
		l.begun = true
		if known, err := l.header(string(rest)); known {
			return err
		}
	}
	for at := 0; ; {
		after := byte(' ')
		for at < len(rest) && isSeparator(rest[at]) {
			if rest[at] == ',' || rest[at] == ';' {
				after = rest[at]
			}
			at++
		}
		end := entryEnd(rest, at)
		if at == end {
			return nil
		}
		text := strings.Join(strings.FieldsFunc(string(rest[at:end]), func(r rune) bool { return r < 0x80 && isSeparator(byte(r)) }), "")
		r, wrong := parseExclude(text)
		if wrong != nil {
			return &ConfigError{Column: utf8.RuneCount(rest[:at]) + 1, What: wrong.what, Remedy: wrong.remedy}
		}
		l.entries = append(l.entries, excludeEntry{addrRange: r, bare: !strings.ContainsAny(text, "-/"), after: after,
			column: utf8.RuneCount(rest[:at]) + 1})
		at = end
	}
}

// entryEnd is where the entry that begins at a place ends. A range may be
// written with blanks round its dash.
func entryEnd(rest []byte, at int) int {
	word := func(from int) int {
		for from < len(rest) && !isSeparator(rest[from]) {
			from++
		}
		return from
	}
	blank := func(from int) int {
		for from < len(rest) && (rest[from] == ' ' || rest[from] == '\t') {
			from++
		}
		return from
	}
	end := word(at)
	if end == at {
		return at
	}
	if next := blank(end); next < len(rest) && rest[next] == '-' && next > end {
		end = word(next)
	}
	if rest[end-1] == '-' {
		end = word(blank(end))
	}
	return end
}

// ranges calls each for what the entries of a line exclude. Two addresses on a
// line may be the ends of a range, or two addresses: they are a range below a
// header that says so (first,last), and where they are the first and the last
// address of a network. Otherwise they are refused, and so is a longer line with
// such pairs in it.
func (l *excludeLine) ranges(each func(from, to netip.Addr)) *ConfigError {
	e := l.entries
	switch {
	case l.pairs && len(e) > 0:
		return l.pair(each)
	case len(e) == 2 && ends(e[0], e[1]):
		if !e[0].spans(e[1]) {
			return ambiguous(e[0], e[1])
		}
		each(e[0].from, e[1].to)
		return nil
	}
	for i := 1; i < len(e); i++ {
		paired := len(e)%2 == 0 && i%2 == 1 && len(e) > 2 && e[i].after != e[2].after
		if ends(e[i-1], e[i]) && (paired || e[i-1].spans(e[i]) && e[i-1].to.Next() != e[i].from) {
			return ambiguous(e[i-1], e[i])
		}
	}
	for _, x := range e {
		each(x.from, x.to)
	}
	return nil
}

// pair reads a row of a table of first and last addresses.
func (l *excludeLine) pair(each func(from, to netip.Addr)) *ConfigError {
	e := l.entries
	switch {
	case len(e) == 1 && !e[0].bare:
		each(e[0].from, e[0].to)
	case len(e) == 2 && e[0].bare && e[1].bare && e[0].from.BitLen() == e[1].to.BitLen() && !e[1].to.Less(e[0].from):
		each(e[0].from, e[1].to)
	default:
		return &ConfigError{Column: e[0].column, What: "this row does not hold the first and the last address of a range, as the header says",
			Remedy: "write two addresses a row, the lower one first"}
	}
	return nil
}

// ends reports whether two entries may be the ends of a range.
func ends(a, b excludeEntry) bool {
	return a.bare && b.bare && a.from.BitLen() == b.from.BitLen() && a.from != b.from
}

// spans reports whether from a to b there is a whole network.
func (e excludeEntry) spans(b excludeEntry) bool {
	for bits := e.from.BitLen(); bits >= 0; bits-- {
		p := netip.PrefixFrom(e.from, bits)
		if p.Masked().Addr() != e.from {
			return false
		}
		if rangeOf(p).to == b.from {
			return true
		}
	}
	return false
}

func ambiguous(a, b excludeEntry) *ConfigError {
	return &ConfigError{Column: a.column, What: fmt.Sprintf("%s and %s may be two addresses or the ends of a range", a.from, b.from),
		Remedy: fmt.Sprintf("write a range as %s-%s, a network as a prefix, and single addresses one a line", a.from, b.from)}
}

// header reports whether a line is the header of a table, and notes of which: of
// first and last addresses, or of one column. Other tables are refused.
func (l *excludeLine) header(line string) (known bool, err *ConfigError) {
	split := func(r rune) bool { return r == ',' || r == ';' || r == '\t' }
	if !strings.ContainsAny(line, ",;\t") {
		split = func(r rune) bool { return r == ' ' || r == '\r' }
	}
	columns := strings.FieldsFunc(line, split)
	for i, c := range columns {
		columns[i] = columnName(c)
		known = known || headerOf(columns[i]) != ""
		if strings.ContainsAny(columns[i], ".:/0123456789") {
			return false, nil
		}
	}
	switch {
	case !known:
	case len(columns) == 1 && headerOf(columns[0]) == "one":
	case len(columns) == 2 && headerOf(columns[0]) == "first" && headerOf(columns[1]) == "last":
		l.pairs = true
	default:
		return true, &ConfigError{Column: 1, What: "a table with columns of which the meaning is not known: " + shown(strings.TrimSpace(line)),
			Remedy: "keep the columns first,last or the column of addresses and prefixes alone"}
	}
	return known, nil
}

// columnName is the name of a column in lower case, without what names are
// written with or without.
func columnName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r_-\"'", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
}

// headerOf says what a column holds by its name (see columnName): the first or the last address of a range, or one entry;
// "" where that is not known.
func headerOf(name string) string {
	if name == "" {
		return ""
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "range"), "ip")
	for _, suffix := range []string{"address", "addr", "ip", "range"} {
		if cut, ok := strings.CutSuffix(name, suffix); ok && cut != "" {
			name = cut
		}
	}
	switch name {
	case "first", "start", "from", "begin", "low", "lower", "lowest", "min":
		return "first"
	case "last", "end", "to", "until", "high", "upper", "highest", "max", "stop":
		return "last"
	case "", "address", "addr", "network", "net", "prefix", "cidr", "range", "subnet", "exclude", "excluded":
		return "one"
	}
	return ""
}

// isSeparator reports whether c parts entries. Quotes round an entry mean
// nothing.
func isSeparator(c byte) bool {
	return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r' || c == '"' || c == '\''
}

// plainDashes is the line with the dashes that word processors make as "-".
func plainDashes(line []byte) []byte {
	for i := 0; i < len(line); i++ {
		if line[i] >= 0x80 {
			return []byte(strings.NewReplacer("\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2212", "-", "\u00a0", " ").Replace(string(line)))
		}
	}
	return line
}

// withoutComment is the line up to its comment. A semicolon between addresses,
// or between names of columns, is a separator.
func withoutComment(line []byte) []byte {
	for i, c := range line {
		if c == '#' || c == '/' && i+1 < len(line) && line[i+1] == '/' || c == ';' && !parts(line[:i], line[i+1:]) {
			return line[:i]
		}
	}
	return line
}

// parts reports whether a semicolon between two texts is a separator.
func parts(before, after []byte) bool {
	if before = bytes.Trim(before, " \t\"'"); len(before) == 0 {
		return false
	}
	after = bytes.TrimLeft(after, " \t,;\"'-")
	word := string(after[:entryEnd(after, 0)])
	if headerOf(columnName(string(before))) != "" {
		return headerOf(columnName(word)) != ""
	}
	first, _, _ := strings.Cut(strings.Join(strings.Fields(word), ""), "-")
	_, wrong := parseExclude(first)
	return first != "" && wrong == nil
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
