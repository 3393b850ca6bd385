package products

import (
	"bytes"
	"slices"
	"strings"

	"leadglass/internal/jsonscan"
	"leadglass/internal/survey"
)

// Page is what a web page shows, as far as fingerprints ask. Its texts are
// parts of memory that is overwritten when the page has been judged: none of
// them may be kept, and none is copied here.
type Page struct {
	// Path is the path that was asked for, Landing the one that redirects led
	// to.
	Path, Landing string
	Status        int
	// Title is the text of the title element, without runs of white space.
	Title []byte
	// Realms are those of WWW-Authenticate.
	Realms []string
	// Header holds the header fields by canonical name.
	Header map[string][]string
	// Meta are the meta elements with a name.
	Meta []Meta
	Body []byte
	// Favicon is the MurmurHash3 of the icon in base 64, as search engines for
	// devices compute it; 0 when it was not fetched.
	Favicon int32
}

// Meta is a meta element: its name and its content.
type Meta struct{ Name, Content []byte }

// PageMatch is a page that was recognised.
type PageMatch struct {
	Product survey.Product
	// Page is the name of the page.
	Page string
	// Viewer: an image viewer or an archive's administration page; Login: the
	// page asks for a login.
	Viewer, Login bool
}

// evidence lists the conditions that the sign has.
func (s *httpSign) evidence() []string {
	var kinds []string
	for _, c := range []struct {
		kind string
		set  bool
	}{
		{EvidenceTitle, s.Title.set()},
		{EvidenceRealm, s.Realm.set()},
		{EvidenceHeader, s.Header != nil},
		{EvidenceMeta, s.Meta != nil},
		{EvidenceBody, s.Body != ""},
		{EvidenceFavicon, len(s.Favicon) > 0},
		{EvidencePath, s.Landing.set()},
	} {
		if c.set {
			kinds = append(kinds, c.kind)
		}
	}
	return kinds
}

// HTTP tells the product by a page: the match of the highest confidence.
func (t *Table) HTTP(page *Page) (PageMatch, bool) {
	best := PageMatch{Product: Unknown()}
	if t == nil {
		return best, false
	}
	for i := range t.products {
		p := &t.products[i]
		for j := range p.HTTP {
			s := &p.HTTP[j]
			if rank(s.Conf) <= rank(best.Product.Confidence) || !s.fits(page) {
				continue
			}
			best = s.match(p, page)
		}
	}
	return best, best.Product.Confidence != survey.UnknownConf
}

// match is what the page shows that the sign fits.
func (s *httpSign) match(p *product, page *Page) PageMatch {
	return PageMatch{Page: s.Page, Viewer: s.Viewer, Login: s.Login, Product: survey.Product{
		Name: p.Name, Vendor: p.Vendor, Confidence: s.Conf, Evidence: s.evidence(), Version: s.version(page)}}
}

func (s *httpSign) fits(page *Page) bool {
	switch {
	case s.Path != page.Path,
		s.Status != 0 && s.Status != page.Status,
		s.Landing.set() && !s.Landing.match(page.Landing),
		s.Title.set() && !s.Title.matchBytes(page.Title),
		s.Realm.set() && !slices.ContainsFunc(page.Realms, s.Realm.match),
		s.Header != nil && !slices.ContainsFunc(page.header(s.Header.Name), s.Header.Value.match),
		s.Meta != nil && !s.Meta.Value.matchBytes(page.meta(s.Meta.Name)),
		s.Body != "" && !bytes.Contains(page.Body, []byte(s.Body)),
		len(s.Favicon) > 0 && (page.Favicon == 0 || !slices.Contains(s.Favicon, page.Favicon)):
		return false
	}
	return true
}

func (p *Page) header(name string) []string {
	for key, values := range p.Header {
		if strings.EqualFold(key, name) {
			return values
		}
	}
	return nil
}

// meta is the content of the last meta element of a name.
func (p *Page) meta(name string) []byte {
	for _, m := range slices.Backward(p.Meta) {
		if bytes.EqualFold(m.Name, []byte(name)) {
			return m.Content
		}
	}
	return nil
}

// version is the version that the title, a header or a meta element names.
func (s *httpSign) version(page *Page) *string {
	if s.Version == "" {
		return nil
	}
	if v := s.Title.expandBytes(s.Version, page.Title); v != "" {
		return &v
	}
	if s.Header != nil {
		for _, h := range page.header(s.Header.Name) {
			if v := s.Header.Value.expand(s.Version, h); v != "" {
				return &v
			}
		}
	}
	if s.Meta != nil {
		return versionOf(s.Meta.Value.expandBytes(s.Version, page.meta(s.Meta.Name)))
	}
	return nil
}

// IconMatch is a page that is recognised if its icon has one of the hashes.
type IconMatch struct {
	PageMatch
	Favicon []int32
}

// HTTPByIcon lists the fingerprints that would fit the page if its icon did,
// so that it is worth fetching.
func (t *Table) HTTPByIcon(page *Page) []IconMatch {
	if t == nil {
		return nil
	}
	var matches []IconMatch
	for i := range t.products {
		p := &t.products[i]
		for j := range p.HTTP {
			s := &p.HTTP[j]
			if len(s.Favicon) == 0 {
				continue
			}
			probe := *page
			probe.Favicon = s.Favicon[0]
			if s.fits(&probe) {
				matches = append(matches, IconMatch{s.match(p, page), s.Favicon})
			}
		}
	}
	return matches
}

// WithIcon is the match of a page whose icon has a hash: the first of those of
// the highest confidence. ok is false where there is none.
func WithIcon(match PageMatch, byIcon []IconMatch, hash int32) (best PageMatch, ok bool) {
	best = match
	for _, m := range byIcon {
		if slices.Contains(m.Favicon, hash) && rank(m.Product.Confidence) > rank(best.Product.Confidence) {
			best = m.PageMatch
		}
	}
	return best, best.Product.Confidence != survey.UnknownConf
}

// Paths lists the well-known paths besides the start page on which products
// are recognised: those of the products whose default HTTP port is port
// first, at most limit. A named product limits the list to its own.
func (t *Table) Paths(port uint16, productName string, limit int) []string {
	if t == nil {
		return nil
	}
	var first, then []string
	for _, p := range t.products {
		if productName != "" && p.Name != productName {
			continue
		}
		for _, s := range p.HTTP {
			if s.Path == "/" {
				continue
			}
			if slices.Contains(p.Ports.HTTP, port) {
				first = append(first, s.Path)
			} else {
				then = append(then, s.Path)
			}
		}
	}
	var paths []string
	for _, path := range append(first, then...) {
		if len(paths) < limit && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// API is a document of a product that may be read for its version.
type API struct {
	Path string
	sign *apiSign
}

// APIs lists the documents of a product.
func (t *Table) APIs(productName string) []API {
	if t == nil {
		return nil
	}
	var apis []API
	for i := range t.products {
		if t.products[i].Name != productName {
			continue
		}
		for j := range t.products[i].API {
			s := &t.products[i].API[j]
			apis = append(apis, API{Path: s.Path, sign: s})
		}
	}
	return apis
}

// Document is what is looked at while a document of a product is read.
type Document struct {
	sign    *apiSign
	names   []string // of the members that are looked at
	present []bool
	version string
	port    uint16
}

// Begin begins to read the document.
func (a API) Begin() *Document {
	d := &Document{sign: a.sign, names: slices.Clone(a.sign.Keys)}
	for _, name := range []string{a.sign.VersionKey, a.sign.DICOMPortKey} {
		if name != "" && !slices.Contains(d.names, name) {
			d.names = append(d.names, name)
		}
	}
	d.present = make([]bool, len(d.names))
	return d
}

// Want gives the number of the member of a name that is looked at, or -1.
func (d *Document) Want(name []byte) int {
	return slices.IndexFunc(d.names, func(n string) bool { return n == string(name) })
}

// Value takes a member's value. Of its text nothing is kept but a version that
// has the product's form, and a number.
func (d *Document) Value(which int, kind jsonscan.Token, text []byte) {
	d.present[which] = true
	switch {
	case d.names[which] == d.sign.VersionKey && kind == jsonscan.String && d.sign.Version.matchBytes(text):
		d.version = string(text)
	case d.names[which] == d.sign.DICOMPortKey && kind == jsonscan.Number && len(text) <= 5:
		d.port = 0
		for _, c := range text {
			if c < '0' || c > '9' || d.port > (1<<16-1-uint16(c-'0'))/10 {
				d.port = 0
				return
			}
			d.port = d.port*10 + uint16(c-'0')
		}
	}
}

// Read returns what the row allows to be taken from the document: whether it
// is the product's at all, its version, and its DICOM port, 0 where it has
// none.
func (d *Document) Read() (version string, dicomPort uint16, ok bool) {
	if slices.Contains(d.present[:len(d.sign.Keys)], false) {
		return "", 0, false
	}
	return d.version, d.port, true
}

// WithAPI lists the products that have documents to read: the named one, or
// all of them where the name is in no row.
func (t *Table) WithAPI(productName string) []string {
	if t == nil {
		return nil
	}
	known := t.KindOf(productName) != ""
	var names []string
	for _, p := range t.products {
		if len(p.API) > 0 && (!known || p.Name == productName) {
			names = append(names, p.Name)
		}
	}
	return names
}
