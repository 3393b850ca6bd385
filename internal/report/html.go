package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

// page is what the template of the page is given: a Public, and pictures
// made of it.
type page struct {
	*Public
	Style template.CSS
	Cards []card
	// Charts are apart from Public, whose tables have the same names.
	Charts Charts
	// Extra is what the confidential edition adds; nil in the public one.
	Extra any
}

// card is a headline figure.
type card struct{ Label, Value, Quality, Note string }

// Charts are the pictures of a page; an empty one is left out.
type Charts struct {
	Countries, Funnel, Products, Toolkits, Transport, TLSVersions template.HTML
	Rejections, Grades, Identifying, Years, Modalities            template.HTML
}

// WriteHTML writes r as one HTML file that needs nothing else: no script, no
// font, no picture from elsewhere, and a content security policy that forbids
// them.
func WriteHTML(w io.Writer, r Public) error {
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	if err := t.Execute(w, newPage(&r)); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}

func pageTemplate() (*template.Template, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"bytes": byteSize, "ms": milliseconds, "moment": moment,
		"next": func(i int) int { return i + 1 },
	}).Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("reading the template of the report: %w", err)
	}
	return t, nil
}

func newPage(r *Public) page {
	return page{
		Public: r,
		Style:  template.CSS(pageStyle),
		Cards:  cards(r),
		Charts: Charts{
			Countries:   countryChart(r.Countries),
			Funnel:      funnel(r),
			Products:    tableChart("chart-products", "Archives by product", r.Products),
			Toolkits:    tableChart("chart-toolkits", "Archives by DICOM toolkit", r.Toolkits),
			Transport:   tableChart("chart-transport", "Archives by transport", r.Transport),
			TLSVersions: tableChart("chart-tls", "Archives by TLS version offered", r.TLSVersions),
			Rejections:  tableChart("chart-rejections", "Archives that refused, by the reason they gave", r.Rejections),
			Grades:      slicesChart("chart-grades", "Archives by grade", r.Grades, gradeClass),
			Identifying: slicesChart("chart-identifying", "Archives that return identifying attributes, by class", r.Identifying, plainClass),
			Years:       yearChart(r.Years),
			Modalities:  tableChart("chart-modalities", "Studies by modality", r.Modalities),
		},
	}
}

func cards(r *Public) []card {
	number := func(label string, n Number, note string) card {
		c := card{Label: label, Value: n.String(), Note: note}
		if !n.Hidden {
			c.Quality = "exact"
		}
		return c
	}
	figure := func(label string, f Figure, note string) card {
		if i := f.Interval(); i != "" {
			note = i
		}
		return card{Label: label, Value: f.String(), Quality: f.QualityWord(), Note: note}
	}
	t := &r.Totals
	list := []card{
		number("Archives analysed", t.ArchivesAnalysed, ""),
		number("Freely accessible", t.ArchivesOpen, "answer queries from anyone"),
		number("Countries", t.Countries, "with a freely accessible archive"),
		figure("Study records", t.StudyRecords, "one examination each"),
		figure("Images linked", t.ImagesLinked, "named in those records"),
		figure("Images accessible", t.ImagesAccessible, "would be handed out"),
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
