package disclose

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"time"

	"leadglass/internal/survey"
)

// Languages are those of the letters, by ISO 639-1 code.
var Languages = []string{"en", "de", "fr", "es", "pt"}

// countryNames has a line a country: the ISO 3166-1 alpha-2 code, then the
// name in each language but English, between tabs. data/README.md says where
// it comes from.
//
//go:embed data/countries.tsv
var countryNames string

// country is the name of a country in a language; of a code that is not
// assigned, the code.
func country(language, iso2 string) string {
	column := slices.Index(Languages, language) // English, without a column, is 0
	for line := range strings.Lines(countryNames) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if column > 0 && fields[0] == iso2 && fields[column] != "" {
			return fields[column]
		}
	}
	if name := survey.CountryName(iso2); survey.IsCountry(iso2) {
		return name
	}
	return iso2
}

// monthNames are the months as they stand in a date.
func monthNames(language string) []string {
	return strings.Fields(map[string]string{
		"de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		"fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		"es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
	}[language])
}

// likely is the word before what is likely and not certain.
func likely(language string) string {
	return map[string]string{"en": "probably", "de": "vermutlich", "fr": "probablement", "es": "probablemente", "pt": "provavelmente"}[language]
}

// date is a day, in UTC, as it is written in a letter.
func date(language string, t time.Time) string {
	t = t.UTC()
	if t.IsZero() {
		return "–"
	}
	day, year := strconv.Itoa(t.Day()), strconv.Itoa(t.Year())
	names := monthNames(language)
	if len(names) != 12 {
		return t.Format("2 January 2006")
	}
	month := names[t.Month()-1]
	switch language {
	case "de":
		return day + ". " + month + " " + year
	case "fr":
		if day == "1" {
			day = "1er"
		}
		return day + " " + month + " " + year
	}
	return day + " de " + month + " de " + year
}

// number is n with its digits in groups of three, as the language separates
// them; Spanish and Portuguese leave four digits together.
func number(language string, n int64) string {
	separator, least := ",", 4
	switch language {
	case "de":
		separator = "."
	case "fr":
		separator = "\u202f" // narrow no-break space
	case "es", "pt":
		separator, least = "\u202f", 5
	}
	s := strconv.FormatInt(n, 10)
	if len(strings.TrimPrefix(s, "-")) < least {
		return s
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// maxLine is the longest line of a letter, in characters.
const maxLine = 74

// wrap breaks the lines of a letter at spaces. What belongs to an item of a
// list ("- ", "1. ") is indented as its text is; a line that begins with a
// space stays as it is. Of several empty lines one is kept.
func wrap(text string) string {
	var b strings.Builder
	empty := true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" {
			if !empty {
				b.WriteByte('\n')
			}
			empty = true
			continue
		}
		empty = false
		if line[0] == ' ' {
			b.WriteString(line + "\n")
			continue
		}
		wrapLine(&b, line)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func wrapLine(b *strings.Builder, line string) {
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' }) // not at no-break spaces
	indent := ""
	if first := words[0]; len(words) > 1 && (first == "-" || strings.TrimLeft(first, "0123456789") == ".") {
		indent = strings.Repeat(" ", len(first)+1)
	}
	length := 0
	for i, w := range words {
		n := len([]rune(w))
		switch {
		case i == 0:
		case length+1+n > maxLine:
			b.WriteString("\n" + indent)
			length = len(indent)
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(w)
		length += n
	}
	b.WriteByte('\n')
}
