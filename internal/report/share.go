package report

import "html/template"

// What a comparison of surveys shares with the reports: their look, and their
// rule of suppression.

// Style is the style sheet of the HTML reports.
func Style() template.CSS { return template.CSS(pageStyle) }

// StylePolicy is the content security policy of a page that has Style and no
// script.
func StylePolicy() string {
	return "default-src 'none'; style-src " + hash(pageStyle) + "; base-uri 'none'; form-action 'none'"
}

// Grouped is n with commas between groups of three digits.
func Grouped(n int64) string { return grouped(n) }

// Moment, for people, is a time to the minute.
var Moment = moment

// CountryName is the name of a country's row, by its ISO 3166-1 code or
// UnknownCountry.
func CountryName(iso2 string) string { return countryName(iso2) }

// CleanTitle is the printable part of a check's title.
func CleanTitle(s string) string { return cleanTitle(s) }

// Small reports whether n archives are too few to be published.
func Small(n, least int64) bool { return small(n, least) }

// Protect says which cells of a table whose sum is published are withheld, by
// the numbers of archives behind them. If whole is true every cell must be
// withheld, and the sum too.
func Protect(n []int64, least int64) (hidden []bool, whole bool) { return protect(n, least) }

// ProtectColumns is Protect for the rows of a table of several columns, each of
// which has a published sum: a row is shown or withheld as a whole, columns[c]
// [i] being the archives behind cell c of row i. The rows withheld may be
// published as one. If whole is true no row can be shown, nor any sum.
func ProtectColumns(columns [][]int64, least int64) (hidden []bool, whole bool) {
	if len(columns) == 0 {
		return nil, false
	}
	hidden = make([]bool, len(columns[0]))
	limits := make([]int64, len(columns))
	for c := range limits {
		limits[c] = least
	}
	for c := 0; c < len(columns); {
		for i := range hidden {
			hidden[i] = false
			for d := range columns {
				hidden[i] = hidden[i] || small(columns[d][i], limits[d])
			}
		}
		if k, sum := hiddenSum(columns[c], hidden); enough(k, sum, least, limits[c]) {
			c++
			continue
		}
		next, ok := nextLimit(columns[c], limits[c])
		if !ok {
			for i := range hidden {
				hidden[i] = true
			}
			return hidden, true
		}
		limits[c], c = next, 0 // columns that were settled have to be looked at again
	}
	return hidden, false
}
