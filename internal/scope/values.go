package scope

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// maxProbesPerSecond is far above what one machine sends by connecting.
const maxProbesPerSecond = 1_000_000

// date reads a day, YYYY-MM-DD, as its first instant in UTC.
func (d *decoder) date(key string, into *time.Time, at *position) func(ast.Node) {
	return func(n ast.Node) {
		*at = nodePosition(n)
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		t, err := time.Parse(time.DateOnly, s)
		if err != nil {
			d.fail(*at, key+" is "+shown(s)+", not a day", "write it as YYYY-MM-DD, for example 2026-12-31")
			return
		}
		*into = t
	}
}

// aeTitle reads an AE title as PS3.5 6.2 has it: at most 16 characters of the
// default repertoire without backslash and control characters, not only
// spaces; leading and trailing spaces do not count.
func (d *decoder) aeTitle(key string, into *string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		if err := ValidAETitle(s); err != nil {
			d.fail(nodePosition(n), key+" "+shown(s)+" "+err.Error(),
				"give 1 to 16 ASCII characters without backslash, for example LEADGLASS")
			return
		}
		*into = strings.Trim(s, " ")
	}
}

// MaxCalledAETitles is how many called AE titles of their own archives users
// may give: each costs an association where the one before it is refused.
const MaxCalledAETitles = 5

// calledAETitles reads the called AE titles of the authority's own archives.
func (d *draft) calledAETitles(n ast.Node) {
	const key = "called_ae_titles"
	d.list(n, key, func(n ast.Node) {
		var title string
		d.aeTitle(key+" entry", &title)(n)
		switch have := &d.scope.CalledAETitles; {
		case title == "":
		case slices.Contains(*have, title):
			d.fail(nodePosition(n), fmt.Sprintf("%s: %s is given twice", key, shown(title)), "remove one")
		case len(*have) == MaxCalledAETitles:
			d.fail(nodePosition(n), fmt.Sprintf("%s holds more than %d titles", key, MaxCalledAETitles), "keep those that matter, and survey the others by a scope of their own")
		default:
			*have = append(*have, title)
		}
	})
}

// ValidAETitle says what is wrong with s as an AE title (PS3.5 6.2), as the end
// of a sentence; nil when nothing is.
func ValidAETitle(s string) error {
	s = strings.Trim(s, " ")
	switch {
	case s == "":
		return errors.New("is empty")
	case strings.ContainsRune(s, '\\'):
		return errors.New("holds a backslash")
	case hasControl(s):
		return errors.New("holds a control character")
	case strings.ContainsFunc(s, func(r rune) bool { return r > '~' }):
		return errors.New("holds a character that is not ASCII")
	case len(s) > 16:
		return fmt.Errorf("is %d characters long", len(s))
	}
	return nil
}

func (d *decoder) webAddress(key string, into *string) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || len(s) > 200 || hasControl(s) {
			d.fail(nodePosition(n), key+" "+shown(s)+" is not a web address", "write it as https://HOST/PATH")
			return
		}
		*into = s
	}
}

// portList reads ports 1 to 65535; seen holds the ports of all lists so far.
func (d *decoder) portList(key string, seen map[uint16]string, into *[]uint16) func(ast.Node) {
	return func(n ast.Node) {
		var ports []uint16
		d.list(n, key, func(n ast.Node) {
			var port int
			before := d.err
			d.integer(key, 1, 65535, &port)(n)
			if d.err != before || port == 0 {
				return
			}
			p := uint16(port)
			if first, ok := seen[p]; ok {
				d.fail(nodePosition(n), fmt.Sprintf("%s: port %d is already in %s", key, port, first), "remove one")
			}
			seen[p] = key
			ports = append(ports, p)
		})
		*into = ports
	}
}

func without(ports []uint16, seen map[uint16]string) []uint16 {
	return slices.DeleteFunc(slices.Clone(ports), func(p uint16) bool { return seen[p] != "" })
}

// duration reads a length of time from low to high, as Go writes it: 90s, 2m.
func (d *decoder) duration(key string, low, high time.Duration, into *time.Duration) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		v, err := time.ParseDuration(s)
		if err != nil || v < low || v > high {
			d.fail(nodePosition(n), key+" is "+shown(s), "give a time from 1s to 24h with its unit, for example 120s")
			return
		}
		*into = v
	}
}

// sizeUnits are the units of a size; nothing else is accepted, so that MB and
// MiB cannot be mistaken for each other.
var sizeUnits = []struct {
	suffix string
	shift  uint
}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}

// size reads a number of bytes from low to high with a binary unit.
func (d *decoder) size(key string, low, high int64, into *int64) func(ast.Node) {
	return func(n ast.Node) {
		s, ok := d.scalar(n, key)
		if !ok {
			return
		}
		for _, u := range sizeUnits {
			number, found := strings.CutSuffix(s, u.suffix)
			if !found {
				continue
			}
			v, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
			if err == nil && v >= 1 && v <= high>>u.shift && v<<u.shift >= low {
				*into = v << u.shift
				return
			}
		}
		d.fail(nodePosition(n), key+" is "+shown(s), "give a size from 64KiB to 1TiB with its unit KiB, MiB, GiB or TiB, for example 256MiB")
	}
}

// Contactable reports whether contact, of a scope's authority, holds an e-mail
// address, a web address or a telephone number: somebody who finds it in a
// log has to be able to ask.
func Contactable(contact string) bool {
	digits := 0
	for _, word := range strings.Fields(contact) {
		user, host, isMail := strings.Cut(strings.Trim(word, "<>(),;"), "@")
		u, err := url.Parse(word)
		if isMail && user != "" && strings.Contains(strings.Trim(host, "."), ".") || err == nil && u.Host != "" {
			return true
		}
		for _, r := range word {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
	}
	return digits >= 6
}

// reasonOf is why a file could not be read, without its path, which the
// message names anyway.
func reasonOf(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
