package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"leadglass/internal/plain"
	"leadglass/internal/publish"
	"leadglass/internal/survey"
)

//go:embed page.html.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

// pageScript makes tables sortable; the page is whole without it.
//
//go:embed page.js
var pageScript string

// page is what the template of the page is given: a Public, and pictures
// made of it.
type page struct {
	*Public
	Policy  string
	Style   template.CSS
	Script  template.JS
	Lead    string
	Figures []headline
	// Charts are apart from Public, whose tables have the same names.
	Charts Charts
	// Beside is nil where the figures of 2019 are left out.
	Beside *beside
	// Unfinished: the survey did not get to its end.
	Unfinished bool
	// Extra is what the confidential edition adds; nil in the public one.
	Extra any
}

// headline is a headline figure.
type headline struct{ Label, Value, Quality, Note string }

// Charts are the pictures of a page; an empty one is left out.
type Charts struct {
	World                                 *worldMap
	Funnel, Products, Toolkits, Transport *bars
	TLSVersions, Rejections, Grades       *bars
	Identifying, Modalities               *bars
	Years                                 template.HTML
}

// WriteHTML writes r as one HTML file that needs nothing else: no font, no
// picture, no script from elsewhere, and a content security policy that
// forbids them. The style and the one script within are allowed by their
// hashes alone, so that no text of a survey could ever become either.
func WriteHTML(w io.Writer, r Public) error {
	w = plain.NewWriter(w)
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	p, err := newPage(&r)
	if err != nil {
		return err
	}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}

func pageTemplate() (*template.Template, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"bytes": byteSize, "ms": milliseconds, "moment": publish.Moment, "day": day,
		"next": func(i int) int { return i + 1 }, "meaning": verdictMeaning,
		"rank": func(s survey.Severity) int { return severityRank(s) },
		"part": failedShare, "tlpMeaning": func() string { return publish.TLPMeaning },
	}).Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("reading the template of the report: %w", err)
	}
	return t, nil
}

func newPage(r *Public) (page, error) {
	m, err := newWorldMap(r.Countries)
	if err != nil {
		return page{}, err
	}
	return page{
		Public: r,
		Policy: contentPolicy(), Style: template.CSS(pageStyle), Script: template.JS(pageScript),
		Lead: lead(r), Figures: headlines(r), Beside: newBeside(r), Unfinished: r.Survey.State != survey.StateFinished,
		Charts: Charts{
			World:       m,
			Funnel:      funnel(r),
			Products:    tableBars("Archives by product", "Product", "Archives", r.Products),
			Toolkits:    tableBars("Archives by DICOM toolkit", "Toolkit", "Archives", r.Toolkits),
			Transport:   tableBars("Archives by transport", "Transport", "Archives", r.Transport),
			TLSVersions: tableBars("Archives by TLS version offered", "Version", "Archives", r.TLSVersions),
			Rejections:  tableBars("Archives that refused, by the reason they gave", "Reason", "Archives", r.Rejections),
			Grades:      sliceBars("Archives by grade", "Grade", "Archives", r.Grades, gradeClass),
			Identifying: sliceBars("Archives that return identifying attributes, by class", "Class", "Archives", r.Identifying, plainClass),
			Modalities:  tableBars("Studies by modality", "Modality", "Studies", r.Modalities),
			Years:       yearChart(r.Years),
		},
	}, nil
}

// contentPolicy is the content security policy of the page.
func contentPolicy() string {
	return "default-src 'none'; script-src " + hash(pageScript) + "; style-src " + hash(pageStyle) + "; base-uri 'none'; form-action 'none'"
}

// hash is the source of a policy that allows one text alone (CSP 2.3.1).
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// lead says in a sentence or two what was found, as far as it may be said.
func lead(r *Public) string {
	t := &r.Totals
	var s strings.Builder
	if t.ArchivesOpen.Hidden {
		return "Too few archives were found for their number to be published."
	}
	s.WriteString(leadOpen(t))
	if t.ArchivesOpen.N == 0 {
		return s.String()
	}
	said := func(f publish.Figure) (string, bool) {
		n, ok := f.Int()
		word := f.QualityWord()
		if f.Hidden || !ok || n == 0 {
			return "", false
		}
		if word == "exact" {
			return publish.Grouped(n), true
		}
		return strings.Replace(word, "estimate", "about", 1) + " " + publish.Grouped(n), true
	}
	records, ok := said(t.StudyRecords)
	if !ok {
		return s.String()
	}
	fmt.Fprintf(&s, " They list %s examinations", records)
	if linked, ok := said(t.ImagesLinked); ok {
		fmt.Fprintf(&s, " with %s images", linked)
		if open, ok := said(t.ImagesAccessible); ok {
			fmt.Fprintf(&s, ", of which %s can be retrieved", open)
		}
	}
	s.WriteString(".")
	return s.String()
}

// leadOpen is the sentence on the archives: how many were found, how many of
// them are open, how many of those are suspected, and in how many countries.
func leadOpen(t *Totals) string {
	least, found := "", "Of the image archives found"
	if t.NumbersQuality == survey.LowerBound {
		least = "at least "
	}
	if !t.Archives.Hidden {
		found = "Of " + least + t.Archives.String() + " image " + form(t.Archives, "archive", "archives") + " found"
	}
	found += " (DICOM, DICOMweb or an image viewer)"
	if t.ArchivesOpen.N == 0 && least == "" {
		return found + ", none answered a query without a password."
	} else if t.ArchivesOpen.N == 0 {
		return found + ", none so far answered a query without a password; the survey is not whole."
	}
	text := found + ", " + least + t.ArchivesOpen.String() + " " + form(t.ArchivesOpen, "answers", "answer") + " queries of anyone, without a password"
	switch {
	case t.Suspected.Hidden:
		text += "; how many of these look like honeypots, test data or archives of animals is withheld"
	case t.Suspected.N > 0:
		text += "; " + t.Suspected.String() + " of these " + form(t.Suspected, "looks like a honeypot, test data or an archive", "look like honeypots, test data or archives") + " of animals"
	default:
		text += "; none of these looks like a honeypot, test data or an archive of animals"
	}
	switch {
	case t.Countries.Hidden:
	case t.CountriesQuality == survey.UnknownQuality:
		text += "; the country of none is known"
	default:
		text += "; they are in " + map[bool]string{true: "at least "}[t.CountriesQuality == survey.LowerBound] + t.Countries.String() + " " + form(t.Countries, "country", "countries")
		if of := countriesOf(t); of != "" {
			text += ", by the " + of
		}
	}
	return text + "."
}

// countriesOf says by how many open archives the countries are counted; empty
// where that is withheld.
func countriesOf(t *Totals) string {
	if t.OpenInCountries.Hidden || t.ArchivesOpen.Hidden {
		return ""
	}
	return t.OpenInCountries.String() + " of " + t.ArchivesOpen.String() + " whose country is known"
}

// form is the singular or the plural.
func form(n publish.Number, one, more string) string {
	if n.N == 1 && !n.Hidden {
		return one
	}
	return more
}

func headlines(r *Public) []headline {
	number := func(label string, n publish.Number, note string) headline {
		c := headline{Label: label, Value: n.String(), Note: note}
		if !n.Hidden {
			c.Quality = qualityWords[r.Totals.NumbersQuality]
		}
		return c
	}
	figure := func(label string, f publish.Figure, note string) headline {
		if i := f.Interval(); i != "" {
			note = i
		}
		return headline{Label: label, Value: f.String(), Quality: f.QualityWord(), Note: note}
	}
	t := &r.Totals
	list := []headline{
		number("Archives found", t.Archives, "DICOM, DICOMweb or an image viewer"),
		number("Freely accessible", t.ArchivesOpen, suspectedNote(t)),
		countriesTile(t),
		figure("Study records", t.StudyRecords, "one examination each"),
		figure("Images linked", t.ImagesLinked, "named in those records"),
		figure("Images accessible", t.ImagesAccessible, "can be retrieved"),
		number("Open viewers", t.ViewersOpen, "over HTTP, without login"),
	}
	if r.UniqueStudies != nil {
		list = append(list, figure("Different studies", *r.UniqueStudies, ""))
	}
	if r.SSNPatternRecords != nil {
		list = append(list, figure("Patient IDs like a US SSN", *r.SSNPatternRecords, "study records, counted in place"))
	}
	return list
}

// qualityWords are the qualities of a number of archives, for a tile.
var qualityWords = map[survey.Quality]string{survey.Exact: "exact", survey.LowerBound: "at least"}

// suspectedNote sets the suspected ones of the open archives apart.
func suspectedNote(t *Totals) string {
	note := "answer queries from anyone"
	if !t.Suspected.Hidden && t.Suspected.N > 0 {
		note += "; " + t.Suspected.String() + " of them suspected"
	}
	return note
}

// countriesTile says the number of countries, and of how many archives it is.
func countriesTile(t *Totals) headline {
	c := headline{Label: "Countries", Value: t.Countries.String(), Quality: qualityWords[t.CountriesQuality], Note: countriesOf(t)}
	if t.CountriesQuality == survey.UnknownQuality {
		c.Value = "unknown"
	}
	return c
}

// failedShare is the length of a check's bar, in percent of those tested;
// empty where it may not be known.
func failedShare(c CheckRow) string {
	if c.Failed.Hidden || c.Tested.Hidden || c.Tested.N == 0 {
		return ""
	}
	return share(c.Failed.N, c.Tested.N)
}

// verdictMeaning says what a verdict means, in the words of a table.
func verdictMeaning(v string) string {
	switch survey.Verdict(v) {
	case survey.Unreachable:
		return "no port answered"
	case survey.NotDICOM:
		return "something answered that was not recognised as DICOM or DICOMweb"
	case survey.Protected:
		return "speaks DICOM or DICOMweb and let an unauthenticated caller do nothing of what was tried"
	case survey.Identified:
		return "accepts an association, but answered no query"
	case survey.Open:
		return "answers queries: freely accessible"
	case survey.OpenImages:
		return "answers queries and would send images: freely accessible"
	}
	return ""
}
