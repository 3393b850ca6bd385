package strictyaml

import "bytes"

const (
	// maxNesting bounds what the parser is given: brackets within each other,
	// and indicators of nested blocks ("- -") in one line. It recurses, and takes
	// 80 KB for each bracket.
	maxNesting = 16
	// maxIndents bounds how many lines may be indented one within the other.
	maxIndents = 32
)

// tooDeep finds the place where brackets, indicators of nested blocks or
// indents pile up. Brackets count within quotes too: text with so many open
// ones is refused. Comments do not count, and of indicators those do not that
// are in quotes which open and close in their line.
func tooDeep(text []byte) (line, column int, deep bool) {
	brackets := 0
	var indents []int
	for number, content := range bytes.Split(text, []byte("\n")) {
		content = withoutComment(content)
		if body := bytes.TrimLeft(content, " "); len(bytes.TrimSpace(body)) > 0 {
			indent := len(content) - len(body)
			for len(indents) > 0 && indents[len(indents)-1] >= indent {
				indents = indents[:len(indents)-1]
			}
			if indents = append(indents, indent); len(indents) > maxIndents {
				return number + 1, indent + 1, true
			}
		}
		blocks := 0
		for i := 0; i < len(content); i++ {
			switch c := content[i]; c {
			case '[', '{':
				brackets++
			case ']', '}':
				brackets = max(0, brackets-1)
			case '"', '\'':
				if begins(content, i) {
					if end := bytes.IndexByte(content[i+1:], c); end >= 0 {
						brackets += bytes.Count(content[i+1:i+1+end], []byte("[")) + bytes.Count(content[i+1:i+1+end], []byte("{"))
						brackets = max(0, brackets-bytes.Count(content[i+1:i+1+end], []byte("]"))-bytes.Count(content[i+1:i+1+end], []byte("}")))
						i += 1 + end
					}
				}
			case '-', '?', ':':
				if i+1 == len(content) || content[i+1] == ' ' || content[i+1] == '\t' || content[i+1] == '\r' {
					blocks++
				}
			case ',': // the next entry of a list or mapping in brackets
				blocks = 0
			}
			if brackets > maxNesting || blocks > maxNesting {
				return number + 1, i + 1, true
			}
		}
	}
	return 0, 0, false
}

// begins reports whether a value can begin at i.
func begins(line []byte, i int) bool {
	return i == 0 || bytes.IndexByte([]byte(" \t[{,"), line[i-1]) >= 0
}

// withoutComment cuts a comment off: # at the beginning of a line or behind a
// space. In quotes it is text, but then brackets behind it do not open.
func withoutComment(line []byte) []byte {
	for i, c := range line {
		if c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') && !quoted(line[:i]) {
			return line[:i]
		}
	}
	return line
}

// quoted reports whether the end of a line's beginning may be in quotes.
func quoted(line []byte) bool {
	return bytes.Count(line, []byte(`"`))%2 == 1 || bytes.Count(line, []byte("'"))%2 == 1
}
