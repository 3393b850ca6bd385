package imports

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// list reads a list with one place a line, or masscan's list.
func (r *reader) list() error {
	for line := int64(1); ; line++ {
		text, long, err := r.line()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var bad error
		switch text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")); {
		case long:
			bad = r.problem(line, "longer than %d bytes; is this a list?", maxLine)
		case text == "" || text[0] == '#' || text[0] == ';':
		default:
			bad = r.place(line, text)
		}
		if bad != nil || err != nil {
			return bad
		}
	}
}

// line reads one line; long is true where it was too long to keep.
func (r *reader) line() (text string, long bool, err error) {
	var b []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if len(b)+len(part) > maxLine {
			long, b = true, b[:0]
		} else if !long {
			b = append(b, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(b), long, err
		}
	}
}

// place reads a line of a list: an address or a host, with or without a port,
// and perhaps a comment; or a line of masscan -oL, "open tcp 104 192.0.2.1 …".
func (r *reader) place(line int64, text string) error {
	words := strings.Fields(text)
	if len(words) >= 4 && (words[0] == "open" || words[0] == "closed" || words[0] == "banner") {
		if words[0] != "open" || words[1] != "tcp" {
			r.sum.Other++
			return nil
		}
		words = []string{netJoin(words[3], words[2])}
	}
	if i := slices.IndexFunc(words, func(w string) bool { return w[0] == '#' || w[0] == ';' }); i > 0 {
		words = words[:i]
	}
	if strings.Contains(words[0], ";") {
		return r.problem(line, "holds semicolons; a list has one address, HOST or HOST:PORT a line, and a table begins with a line like saddr,sport and has commas")
	}
	if looksLikeRange(strings.Join(words, " ")) {
		return r.problem(line, "looks like a range of addresses; %s", noNetworks)
	}
	if len(words) > 1 {
		return r.problem(line, "holds %d words; a list has one address, HOST or HOST:PORT a line", len(words))
	}
	e, what := parsePlace(words[0])
	if what != "" {
		return r.problem(line, "%.60q %s", words[0], what)
	}
	return r.entry(e)
}

// noNetworks is what to do about a network in a file of candidates.
const noNetworks = "a file of candidates names single hosts, one a line, and networks go into the scope's include"

// looksLikeRange reports whether text is two addresses, with a comma, blanks or a
// dash between them: which of the two, or all between, is meant is not known.
func looksLikeRange(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t,;-\u2013\u2014\"'", r)
	})
	return len(parts) >= 2 && !slices.ContainsFunc(parts, func(p string) bool { _, ok := parseAddr(p); return !ok })
}

// netJoin puts a port behind an address.
func netJoin(addr, port string) string {
	if strings.Contains(addr, ":") {
		return "[" + addr + "]:" + port
	}
	return addr + ":" + port
}

// parsePlace reads an address or a host name, with or without a port, or says
// what is wrong with it.
func parsePlace(text string) (Entry, string) {
	if strings.Contains(text, "/") {
		return Entry{}, "is a network or a URL; " + noNetworks
	}
	if addr, ok := parseAddr(strings.Trim(text, "[]")); ok {
		return Entry{Addr: addr}, ""
	}
	host, service := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, service = text[:i], text[i+1:]
	}
	e := Entry{}
	if service != "" || strings.HasSuffix(text, ":") {
		port, err := strconv.ParseUint(service, 10, 16)
		if err != nil || port == 0 {
			return Entry{}, "has a port that is none from 1 to 65535"
		}
		e.Port = uint16(port)
	}
	if addr, ok := parseAddr(strings.Trim(host, "[]")); ok {
		e.Addr = addr
		return e, ""
	}
	if !isName(host) {
		return Entry{}, "is neither an address nor a host name"
	}
	e.Name = strings.ToLower(strings.TrimSuffix(host, "."))
	return e, ""
}

// parseAddr reads an address without a zone, IPv4 in IPv6 as IPv4.
func parseAddr(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}

// isName reports whether text can be the name of a host (RFC 1123 2.1), with a
// letter in it, so that it is no mistyped address.
func isName(text string) bool {
	text = strings.TrimSuffix(text, ".")
	if len(text) == 0 || len(text) > 253 {
		return false
	}
	letters := false
	for label := range strings.SplitSeq(text, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			switch {
			case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
				letters = true
			case c >= '0' && c <= '9' || c == '-' || c == '_':
			default:
				return false
			}
		}
	}
	return letters
}

// The names of columns that are read, those of zmap (saddr, sport, success,
// classification) and what others call them. Shodan's tables have the address in
// ip_str, and as a number in ip.
var (
	addressColumns = []string{"saddr", "ip_str", "ip", "address", "host"}
	portColumns    = []string{"sport", "port"}
	// endColumns are those that say that a row is a range.
	endColumns = []string{"last", "end", "to", "last_ip", "end_ip", "ip_end", "ip_to", "to_ip", "range_end", "end_address", "last_address", "netmask", "mask"}
)

func isHeader(line string) bool {
	columns := strings.Split(strings.ToLower(strings.TrimSpace(line)), ",")
	return slices.ContainsFunc(columns, func(c string) bool {
		return slices.Contains(addressColumns, strings.Trim(strings.TrimSpace(c), `"`))
	})
}

// csv reads a table with a header.
func (r *reader) csv() error {
	// A quote that is never closed would take the whole rest for one field.
	in := &limited{in: r.in, most: maxLine}
	table := csv.NewReader(in)
	table.FieldsPerRecord, table.ReuseRecord, table.LazyQuotes, table.TrimLeadingSpace = -1, true, true, true
	header, err := table.Read()
	if err != nil {
		return err
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(header[i], "\ufeff")))
	}
	if i := slices.IndexFunc(header, func(name string) bool {
		return slices.Contains(endColumns, strings.NewReplacer(" ", "_", "-", "_").Replace(name))
	}); i >= 0 {
		return fmt.Errorf("is a table of ranges, by its column %.60q; %s", header[i], noNetworks)
	}
	find := func(names ...string) int {
		for _, n := range names {
			if i := slices.Index(header, n); i >= 0 {
				return i
			}
		}
		return -1
	}
	c := columns{find(addressColumns...), find(portColumns...), find("success"), find("classification"), find("transport", "protocol", "proto")}
	for {
		row, err := table.Read()
		in.rest()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			err = r.problem(int64(bad.Line), "no row of this table: %v", bad.Err)
		case err == nil:
			line, _ := table.FieldPos(0)
			err = r.row(int64(line), row, c)
		}
		if err != nil {
			return err
		}
	}
}

// columns are where a table has what is read of it; -1 where it has not.
type columns struct{ address, port, success, class, transport int }

// row reads a row of a table.
func (r *reader) row(line int64, row []string, c columns) error {
	at := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	success, class := at(c.success), at(c.class)
	if transport := strings.ToLower(at(c.transport)); transport == "udp" || transport == "sctp" || transport == "icmp" {
		r.sum.Other++
		return nil
	}
	if success == "0" || strings.EqualFold(success, "false") || class != "" && class != "synack" {
		r.sum.Other++
		return nil
	}
	text := at(c.address)
	if p := at(c.port); p != "" && p != "0" {
		text = netJoin(text, p)
	}
	e, what := parsePlace(text)
	if what != "" {
		return r.problem(line, "%.60q %s", text, what)
	}
	return r.entry(e)
}
