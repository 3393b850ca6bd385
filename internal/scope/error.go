package scope

import (
	"fmt"
	"strings"
	"unicode"

	"leadglass/internal/strictyaml"
)

// ConfigError is a mistake in a scope file or in a file that it names. It says
// where, what, and what to do about it.
type ConfigError = strictyaml.Error

// shown is text from a file made fit for a message: quoted, without control
// characters, at most 60 characters.
func shown(s string) string {
	runes := []rune(s)
	if len(runes) > 60 {
		runes = append(runes[:57], '…')
	}
	return fmt.Sprintf("%q", string(runes))
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// nearest returns the known word that word was probably meant to be, or "".
func nearest(word string, known []string) string {
	best, bestDistance := "", 1+min(3, max(1, len(word)/3))
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the number of insertions, deletions, substitutions, and swaps of
// neighbours that make b of a (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
