package report

import "html/template"

// What a comparison of surveys shares with the reports: their look.

// Style is the style sheet of the HTML reports.
func Style() template.CSS { return template.CSS(pageStyle) }

// StylePolicy is the content security policy of a page that has Style and no
// script.
func StylePolicy() string {
	return "default-src 'none'; style-src " + hash(pageStyle) + "; base-uri 'none'; form-action 'none'"
}

// CleanTitle is the printable part of a check's title.
func CleanTitle(s string) string { return cleanTitle(s) }
