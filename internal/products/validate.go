package products

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"leadglass/internal/advisories"
	"leadglass/internal/survey"
)

var uidForm = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]*))+$`)

// maxOrder bounds the place of a default AE title, or of a root, among the others.
const maxOrder = 1000

// mistake gathers the first thing wrong in a document: a YAML path and what.
type mistake struct{ at, what string }

func (m *mistake) add(at, format string, args ...any) {
	if m.what == "" {
		m.at, m.what = at, fmt.Sprintf(format, args...)
	}
}

// validate returns the first thing that is wrong, and where.
func (d *document) validate() (at, what string) {
	m := &mistake{}
	for i := range d.Toolkits {
		d.Toolkits[i].validate(m, fmt.Sprintf("$.toolkits[%d]", i))
	}
	for i := range d.Products {
		d.Products[i].validate(m, fmt.Sprintf("$.products[%d]", i))
	}
	for i, v := range d.Vendors {
		at := fmt.Sprintf("$.vendors[%d]", i)
		m.name(at, v.Name)
		m.uid(at, v.UID, true)
		m.source(at, v.Source)
	}
	for i, t := range d.Titles {
		at := fmt.Sprintf("$.default_ae_titles[%d]", i)
		m.aeTitle(at+".title", t.Title)
		m.order(at, t.Order)
		m.source(at, t.Source)
	}
	for i := range d.Roots {
		d.Roots[i].validate(m, fmt.Sprintf("$.dicomweb_roots[%d]", i))
	}
	for i := range d.General {
		m.name(fmt.Sprintf("$.general_remedies[%d]", i), d.General[i].Name)
		m.remedies(fmt.Sprintf("$.general_remedies[%d]", i), d.General[i].Remedies)
	}
	d.validateViewers(m)
	return m.at, m.what
}

func (m *mistake) name(at, name string) {
	if name == "" || len(name) > 80 || strings.TrimSpace(name) != name {
		m.add(at, "name has 1 to 80 bytes, without spaces around it")
	}
	m.words(at, name)
}

// words looks at text that is printed: on a terminal, control and formatting
// characters would be more than text.
func (m *mistake) words(at, text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
		m.add(at, "text with a control or formatting character: write it without")
	}
}

func (m *mistake) uid(at, uid string, required bool) {
	if uid == "" && !required {
		return
	}
	if !uidForm.MatchString(uid) || len(uid) > 64 {
		m.add(at, "uid %q is no UID (PS3.5 9.1)", uid)
	}
}

func (m *mistake) source(at string, s Source) {
	if s.Source == "" {
		m.add(at, "source is missing: every row says where it was read")
	}
	m.words(at, s.Source)
	if _, err := time.Parse(time.DateOnly, s.Checked); err != nil {
		m.add(at, "checked is missing: the day the source was read, YYYY-MM-DD")
	}
}

func (m *mistake) aeTitle(at, title string) {
	bad := func(r rune) bool { return r < 0x20 || r > 0x7e || r == '\\' }
	if title == "" || len(title) > 16 || strings.ContainsFunc(title, bad) || strings.TrimSpace(title) == "" {
		m.add(at, "AE title %q is not 1 to 16 characters without backslash (PS3.5 6.2)", title)
	}
}

func (m *mistake) order(at string, order int) {
	if order < 0 || order > maxOrder {
		m.add(at+".order", "order is a number from 0 to %d", maxOrder)
	}
}

func (m *mistake) confidence(at string, c survey.Confidence, absent bool) {
	if c == "" && absent {
		return
	}
	if rank(c) == 0 {
		m.add(at, "confidence %q is none of certain, likely, possible", c)
	}
}

func (m *mistake) uidMatch(at string, u uidMatch) {
	if u != "" && u != matchExact && u != matchArc {
		m.add(at+".uid_match", "uid_match %q is neither exact nor arc", u)
	}
}

func (t *toolkit) validate(m *mistake, at string) {
	m.name(at, t.Name)
	m.uid(at+".uid", t.UID, !t.NamePattern.set())
	m.uidMatch(at, t.UIDMatch)
	m.source(at, t.Source)
	m.confidence(at+".confidence", t.Confidence, false)
	if t.UIDVersion && t.UIDMatch != matchArc {
		m.add(at, "uid_version needs uid_match: arc")
	}
	m.known(at, t.Facts, t.Advisories)
}

func (p *product) validate(m *mistake, at string) {
	m.name(at, p.Name)
	if !slices.Contains([]Kind{Archive, Viewer, Gateway, Modality, Tool, Honeypot}, p.Kind) {
		m.add(at, "kind %q is none of archive, viewer, gateway, modality, tool, honeypot", p.Kind)
	}
	for _, title := range p.AETitles {
		m.aeTitle(at+".ae_titles", title)
	}
	if len(p.DICOM)+len(p.Behaviour)+len(p.HTTP)+len(p.Facts)+len(p.Advisories)+len(p.Remedies) == 0 && p.Numbers == nil && p.REST == nil {
		m.add(at, "no sign: one of dicom, behaviour, http is needed, or something that is known of the product")
	}
	m.known(at, p.Facts, p.Advisories)
	m.remedies(at, p.Remedies)
	if p.Numbers != nil {
		p.Numbers.validate(m, at+".numbers")
	}
	if p.REST != nil {
		p.REST.validate(m, at+".rest")
	}
	for i, s := range p.DICOM {
		at := fmt.Sprintf("%s.dicom[%d]", at, i)
		m.uid(at+".uid", s.UID, !s.NamePattern.set())
		m.uidMatch(at, s.UIDMatch)
		m.confidence(at+".confidence", s.Confidence, false)
		m.source(at, s.Source)
	}
	for i, s := range p.Behaviour {
		at := fmt.Sprintf("%s.behaviour[%d]", at, i)
		m.confidence(at+".confidence", s.Confidence, false)
		m.source(at, s.Source)
		if len(s.All) == 0 {
			m.add(at, "all is empty: name the facts that must have been seen")
		}
	}
	for i := range p.HTTP {
		p.HTTP[i].validate(m, fmt.Sprintf("%s.http[%d]", at, i))
	}
	for i, s := range p.API {
		at := fmt.Sprintf("%s.api[%d]", at, i)
		m.path(at+".path", s.Path)
		m.source(at, s.Source)
		if len(s.Keys) == 0 {
			m.add(at, "keys is empty: name the keys that tell the document")
		}
	}
}

// known looks at what toolkits and products have in common.
func (m *mistake) known(at string, facts []fact, list []advisories.Advisory) {
	for i := range facts {
		facts[i].validate(m, fmt.Sprintf("%s.facts[%d]", at, i))
	}
	for i, a := range list {
		at := fmt.Sprintf("%s.advisories[%d]", at, i)
		if what := a.Mistake(); what != "" {
			m.add(at, "%s", what)
		}
		m.words(at, a.What+a.Source+a.Fixed)
	}
}

func (m *mistake) path(at, path string) {
	const longest = 80
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || len(path) > longest ||
		strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' || r == '?' || r == '#' }) {
		m.add(at, "path %q is no plain path of at most %d bytes that begins with /", path, longest)
	}
}

func (s *httpSign) validate(m *mistake, at string) {
	m.name(at, s.Page)
	m.path(at+".path", s.Path)
	m.confidence(at+".confidence", s.Conf, false)
	m.source(at, s.Source)
	const shortest = 6 // bytes of a marker: fewer are in every page
	if s.Body != "" && len(s.Body) < shortest {
		m.add(at+".body", "body has %d bytes at least", shortest)
	}
	for _, h := range []*namedPattern{s.Header, s.Meta} {
		if h != nil && (h.Name == "" || !h.Value.set()) {
			m.add(at, "header and meta need a name and a value")
		}
	}
	if len(s.evidence()) == 0 {
		m.add(at, "no condition: one of title, realm, header, meta, body, favicon, landing is needed")
	}
}

// position finds a path in a YAML file; where it is not found, the start.
func position(data []byte, at string) (line, column int) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return 1, 1
	}
	for at != "" {
		if path, err := yaml.PathString(at); err == nil {
			if node, err := path.FilterFile(file); err == nil && node != nil && node.GetToken() != nil {
				p := node.GetToken().Position
				return p.Line, p.Column
			}
		}
		cut := strings.LastIndexAny(at, ".[")
		if cut <= 0 {
			break
		}
		at = at[:cut]
	}
	return 1, 1
}

// check looks at names in own that refer to others in the table. data is the file
// that own was read from, for the place of a mistake.
func (t *Table) check(name string, data []byte, own *Table) error {
	missing := func(at, kind, value, remedy string) error {
		line, column := position(data, at)
		return &FileError{File: name, Line: line, Column: column,
			What: fmt.Sprintf("%s %q is not in the table: name one that `leadglass products --json` lists, or add it under %s", kind, value, remedy)}
	}
	for i, k := range own.toolkits {
		for j, a := range k.Advisories {
			for _, program := range a.Programs {
				if t.KindOf(program) == "" {
					return missing(fmt.Sprintf("$.toolkits[%d].advisories[%d].programs", i, j), "product", program, "products")
				}
			}
		}
	}
	known := func(name string) bool {
		return slices.ContainsFunc(t.toolkits, func(k toolkit) bool { return k.Name == name })
	}
	for i, p := range own.products {
		for j, toolkit := range p.Toolkits {
			if !known(toolkit) {
				return missing(fmt.Sprintf("$.products[%d].toolkits[%d]", i, j), "toolkit", toolkit, "toolkits")
			}
		}
		for j, s := range p.Behaviour {
			if s.Toolkit != "" && !known(s.Toolkit) {
				return missing(fmt.Sprintf("$.products[%d].behaviour[%d].toolkit", i, j), "toolkit", s.Toolkit, "toolkits")
			}
		}
	}
	for i, r := range own.roots {
		at := fmt.Sprintf("$.dicomweb_roots[%d].product", i)
		if r.Product != "" && t.KindOf(r.Product) == "" {
			return missing(at, "product", r.Product, "products")
		}
		if len(t.expand(r, nil)) == 0 {
			line, column := position(data, at)
			return &FileError{File: name, Line: line, Column: column, What: fmt.Sprintf("product %q has no AE title that can stand for %s: give it ae_titles", r.Product, aeTitleInRoot)}
		}
	}
	return nil
}
