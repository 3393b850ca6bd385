package advisories

import (
	"cmp"
	"errors"
	"strings"
)

// Limits on a version, so that hostile text costs nothing.
const (
	maxVersion = 64 // bytes
	maxParts   = 8
	maxDigits  = 9 // of one part
)

// ErrVersion is returned for a text that cannot be ordered: "mainline", "null",
// or a form that no rule of ParseVersion covers.
var ErrVersion = errors.New("not a version that can be compared: numbers with dots, and at most a letter, a pre-release or a build after them")

// Version is a version that can be ordered.
type Version struct {
	// numbers are the parts between the dots.
	numbers []int
	// patch is a letter behind the numbers, as some products have it: 1.4.17d is
	// newer than 1.4.17.
	patch byte
	// pre marks what comes before a release ("rc", 2 for 1.2.0-rc2).
	pre  string
	preN int
}

// ParseVersion reads a version: numbers separated by dots, as many as eight;
// then nothing, one letter (a patch of that version), a pre-release (-alpha,
// -beta, -rc, with a number; -dev, -pre, -SNAPSHOT), or a build or revision of a
// distributor (+…, or - and a number, as Debian has it), which does not order.
// A "v" before it is dropped. Anything else is ErrVersion.
func ParseVersion(s string) (Version, error) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "v"), "V")
	if len(s) > maxVersion {
		return Version{}, ErrVersion
	}
	s, build, hasBuild := strings.Cut(s, "+")
	if hasBuild && !plain(build) {
		return Version{}, ErrVersion
	}
	var v Version
	rest := s
	for {
		n, after, ok := number(rest)
		if !ok || len(v.numbers) == maxParts {
			return Version{}, ErrVersion
		}
		v.numbers = append(v.numbers, n)
		if !strings.HasPrefix(after, ".") {
			rest = after
			break
		}
		rest = after[1:]
	}
	if len(rest) == 1 && rest[0] >= 'a' && rest[0] <= 'z' {
		v.patch = rest[0]
		return v, nil
	}
	return v.suffix(rest)
}

// suffix reads what is behind the numbers.
func (v Version) suffix(rest string) (Version, error) {
	if rest == "" {
		return v, nil
	}
	text, dashed := strings.CutPrefix(rest, "-")
	if !dashed {
		text, dashed = strings.CutPrefix(rest, "~")
	}
	if _, after, isNumber := number(text); dashed && isNumber && after == "" && rest[0] == '-' {
		return v, nil // a distributor's revision of the same version
	}
	text = strings.ToLower(text)
	for _, stage := range []string{"snapshot", "alpha", "beta", "dev", "pre", "rc"} {
		after, ok := strings.CutPrefix(text, stage)
		if !ok {
			continue
		}
		after = strings.TrimLeft(after, ".-")
		if after == "" {
			v.pre = stage
			return v, nil
		}
		if n, end, isNumber := number(after); isNumber && end == "" {
			v.pre, v.preN = stage, n
			return v, nil
		}
	}
	return Version{}, ErrVersion
}

// number reads a decimal number at the start of s.
func number(s string) (n int, after string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if i == maxDigits {
			return 0, s, false
		}
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

func plain(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '.' && r != '-'
	})
}

// Compare orders two versions: negative when v is older than w, 0 when they
// are the same, positive when it is newer. Parts that are absent count as 0.
func (v Version) Compare(w Version) int {
	for i := range max(len(v.numbers), len(w.numbers)) {
		if c := cmp.Compare(v.part(i), w.part(i)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(v.stage(), w.stage()), cmp.Compare(v.preN, w.preN), cmp.Compare(v.patch, w.patch))
}

func (v Version) part(i int) int {
	if i < len(v.numbers) {
		return v.numbers[i]
	}
	return 0
}

// stage orders what comes before a release; a release is last.
func (v Version) stage() int {
	switch v.pre {
	case "snapshot", "dev":
		return 0
	case "alpha":
		return 1
	case "beta":
		return 2
	case "pre":
		return 3
	case "rc":
		return 4
	}
	return 5
}

// shortOf reports whether v says less than it would take to compare it with w:
// "1.12" may stand for any 1.12.x, so that nothing is known of it against
// 1.12.3.
func (v Version) shortOf(w Version) bool {
	if len(v.numbers) >= len(w.numbers) || v.patch != 0 || v.pre != "" {
		return false
	}
	for i := range v.numbers {
		if v.numbers[i] != w.numbers[i] {
			return false
		}
	}
	return true
}
