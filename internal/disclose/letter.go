package disclose

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

//go:embed templates/*.tmpl
var builtinTemplates embed.FS

// maxListed is how many systems a letter lists; all are in the attachments.
const maxListed = 25

// maxTemplate bounds a user's template, in bytes.
const maxTemplate = 1 << 20

// Letter is what a template is given. docs/disclosure.md lists the fields.
type Letter struct {
	// TLP is the label; Strict, whether it ends with the recipient's own
	// organisation.
	TLP    string
	Strict bool
	// Recipient is who is told. Organisation, Contact and Reference are of the
	// authority that ordered the survey.
	Recipient, Organisation, Contact, Reference string
	SurveyName, SurveyID                        string
	// First and Last are the days of the survey; Last is zero for one that is
	// not finished.
	First, Last time.Time
	Simulated   bool
	// Date is the letter's, AnswerBy the last day for an answer.
	Date, AnswerBy time.Time
	// Count is how many systems are told; of them OpenImages and Open have
	// these verdicts, Worklists list appointments and no studies, Viewers an open
	// viewer, Listings a listing with DICOM files, Others none of these.
	Count, OpenImages, Open, Worklists, Viewers, Listings, Others int64
	// Overlap: some of the viewers are on systems that are open besides.
	Overlap bool
	// Studies and Images are what the open archives list.
	Studies, Images Total
	// Systems are the first of them, More how many there are besides.
	Systems []LetterSystem
	More    int64
	// SignedBy is the fingerprint of the key that signed the bundle, or empty.
	SignedBy string
}

// Total is a sum of counts. Without Known there is none; AtLeast says that it
// is a lower bound.
type Total struct {
	N              int64
	Known, AtLeast bool
}

// add adds a count; what is not known makes the sum a lower bound.
func (t *Total) add(c survey.Count) {
	if n := c.Least(); n >= 0 {
		t.N = survey.AddCapped(t.N, n)
		t.Known = true
	}
	if c.Quality != survey.Exact {
		t.AtLeast = true
	}
}

// LetterSystem is a system in the list of a letter.
type LetterSystem struct {
	Address, Host string
	Port          uint16
	// Country is an ISO 3166-1 alpha-2 code or empty.
	Country, Site string
	// Verdict is "identified", "open" or "open-images".
	Verdict survey.Verdict
	// Viewer says whether a viewer is open, Worklist whether all that is listed
	// are appointments.
	Viewer, Worklist bool
	// Product is its name, with a word before it where that is likely and not
	// certain; empty where it could only be guessed.
	Product string
	Studies Total
}

// newLetter is the letter that goes with a bundle.
func newLetter(b *Bundle) Letter {
	l := Letter{
		TLP: b.Recipient.TLP, Strict: b.Recipient.TLP == TLPAmberStrict, Recipient: b.Recipient.Organisation,
		Organisation: b.Survey.Authority.Organisation, Contact: b.Survey.Authority.Contact, Reference: b.Survey.Authority.Reference,
		SurveyName: b.Survey.Name, SurveyID: b.Survey.ID, First: b.Survey.StartedAt, Last: b.Survey.FinishedAt,
		Simulated: b.Survey.Simulated, Date: b.Date, AnswerBy: b.AnswerBy, Count: int64(len(b.Findings)), SignedBy: b.SignedBy,
	}
	for i, f := range b.Findings {
		switch {
		case f.Verdict == survey.OpenImages:
			l.OpenImages++
		case f.WorklistOnly():
			l.Worklists++
		case f.Verdict == survey.Open:
			l.Open++
		case !f.Beside():
			l.Others++
		}
		if f.Viewer != "" {
			l.Viewers++
		}
		if f.Listing() != 0 {
			l.Listings++
		}
		if f.Verdict.FreelyAccessible() && !f.WorklistOnly() {
			l.Studies.add(f.Counts.Studies)
			l.Images.add(f.Counts.ImagesLinked)
		}
		if i < maxListed {
			l.Systems = append(l.Systems, newLetterSystem(b.Recipient.Language, f))
		}
	}
	l.Overlap = l.OpenImages+l.Open+l.Worklists+l.Viewers+l.Listings+l.Others > l.Count
	if b.Survey.State != survey.StateFinished { // no total of a survey that is not whole is exact
		l.Studies.AtLeast, l.Images.AtLeast = true, true
	}
	l.More = l.Count - int64(len(l.Systems))
	plain.Strings(&l, plain.Line)
	return l
}

func newLetterSystem(language string, f *survey.Finding) LetterSystem {
	s := LetterSystem{Address: f.Target.Address, Port: f.ReportedPort(), Verdict: f.Verdict, Viewer: f.Viewer != "", Worklist: f.WorklistOnly(), Product: plain.Line(productIn(language, f))}
	if f.Target.Host != f.Target.Address {
		s.Host = plain.Line(f.Target.Host)
	}
	if f.Owner != nil {
		s.Country, s.Site = f.Owner.Country, plain.Line(f.Owner.Site)
	}
	if f.Verdict.FreelyAccessible() && !s.Worklist {
		s.Studies.add(f.Counts.Studies)
	}
	return s
}

// productIn is the product of f for a letter, with a word for one that is only
// likely. A guess stays out.
func productIn(language string, f *survey.Finding) string {
	p := f.ReportedProduct()
	switch {
	case !p.Known():
		return ""
	case p.Confidence == survey.Likely:
		return likely(language) + " " + p.Name
	}
	return p.Name
}

// Templates are the letters, one for each of Languages.
type Templates struct{ byLanguage map[string]*template.Template }

func templateName(language string) string { return "letter." + language + ".tmpl" }

// BuiltinTemplates returns the text of each template, by the name of its file.
func BuiltinTemplates() (map[string][]byte, error) {
	texts := map[string][]byte{}
	for _, l := range Languages {
		text, err := builtinTemplates.ReadFile("templates/" + templateName(l))
		if err != nil {
			return nil, fmt.Errorf("reading the letters: %w", err)
		}
		texts[templateName(l)] = text
	}
	return texts, nil
}

// LoadTemplates returns the letters of the program, with those that stand in
// dir instead of them; dir may be empty. A template that cannot be filled in
// is refused here, before any letter is written.
func LoadTemplates(dir string) (*Templates, error) {
	texts, err := BuiltinTemplates()
	if err != nil {
		return nil, err
	}
	paths := map[string]string{}
	if dir != "" {
		if err := ownTemplates(dir, texts, paths); err != nil {
			return nil, err
		}
	}
	t := &Templates{byLanguage: map[string]*template.Template{}}
	for _, l := range Languages {
		name := templateName(l)
		parsed, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
			"country": func(iso2 string) string { return country(l, iso2) },
			"date":    func(day time.Time) string { return date(l, day) },
			"number":  func(n int64) string { return number(l, n) },
		}).Parse(string(texts[name]))
		if err != nil {
			return nil, &FileError{File: cmp.Or(paths[name], name), What: "not a template: " + err.Error(),
				Remedy: "compare it with what `leadglass disclose templates --out DIR` writes"}
		}
		t.byLanguage[l] = parsed
		if _, err := t.Render(l, sampleLetter()); err != nil {
			return nil, &FileError{File: cmp.Or(paths[name], name), What: err.Error(), Remedy: "docs/disclosure.md lists the fields and functions"}
		}
	}
	return t, nil
}

// ownTemplates puts the templates in dir into texts, and their paths into
// paths.
func ownTemplates(dir string, texts map[string][]byte, paths map[string]string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the templates: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || filepath.Ext(name) != ".tmpl" {
			continue
		}
		path := filepath.Join(dir, name)
		if _, known := texts[name]; !known {
			return &FileError{File: path, What: "is no letter", Remedy: "the names are letter.LANGUAGE.tmpl with " + strings.Join(Languages, ", ")}
		}
		info, err := e.Info()
		if err == nil && info.Size() > maxTemplate {
			err = errors.New("is larger than 1 MiB")
		}
		if err == nil {
			texts[name], err = os.ReadFile(path)
		}
		if err != nil {
			var pe *fs.PathError
			if errors.As(err, &pe) {
				err = pe.Err
			}
			return &FileError{File: path, What: err.Error()}
		}
		paths[name] = path
	}
	return nil
}

// Render writes a letter in a language.
func (t *Templates) Render(language string, l Letter) (string, error) {
	parsed := t.byLanguage[language]
	if parsed == nil {
		return "", fmt.Errorf("there is no letter in the language %q", language)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, l); err != nil {
		return "", fmt.Errorf("filling in the letter: %w", err)
	}
	return wrap(plain.Text(b.String())), nil
}

// sampleLetter has every part of a letter, to try a template with.
func sampleLetter() Letter {
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	total := Total{N: 12345, Known: true, AtLeast: true}
	return Letter{
		TLP: TLPAmber, Recipient: "Recipient", Organisation: "Organisation", Contact: "contact@cert.example", Reference: "M-1",
		SurveyName: "Survey", SurveyID: "20260102T000000Z-0000", First: day, Last: day, Simulated: true, Date: day, AnswerBy: day,
		Count: 30, OpenImages: 10, Open: 10, Viewers: 2, Listings: 1, Others: 8, Overlap: true, Studies: total, Images: total, More: 29, SignedBy: "00",
		Systems: []LetterSystem{{Address: "192.0.2.1", Host: "pacs.example.org", Port: 104, Country: "DE", Site: "Site",
			Verdict: survey.OpenImages, Viewer: true, Product: "Example PACS", Studies: total}},
	}
}
