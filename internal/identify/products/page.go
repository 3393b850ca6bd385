package products

import (
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// Page is what a web page shows, as far as fingerprints ask. It is judged and
// thrown away; none of it is kept.
type Page struct {
	// Path is the path that was asked for, Landing the one that redirects led
	// to.
	Path, Landing string
	Status        int
	// Title is the text of the title element, without runs of white space.
	Title string
	// Realms are those of WWW-Authenticate.
	Realms []string
	// Header holds the header fields by canonical name.
	Header map[string][]string
	// Meta holds the content of meta elements by lower case name.
	Meta map[string]string
	Body []byte
	// Favicon is the MurmurHash3 of the icon in base 64, as search engines for
	// devices compute it; 0 when it was not fetched.
	Favicon int32
}

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
			best = PageMatch{Page: s.Page, Viewer: s.Viewer, Login: s.Login, Product: survey.Product{
				Name: p.Name, Vendor: p.Vendor, Confidence: s.Conf, Evidence: s.evidence(), Version: s.version(page)}}
		}
	}
	return best, best.Product.Confidence != survey.UnknownConf
}

func (s *httpSign) fits(page *Page) bool {
	switch {
	case s.Path != page.Path,
		s.Status != 0 && s.Status != page.Status,
		s.Landing.set() && !s.Landing.match(page.Landing),
		s.Title.set() && !s.Title.match(page.Title),
		s.Realm.set() && !slices.ContainsFunc(page.Realms, s.Realm.match),
		s.Header != nil && !slices.ContainsFunc(page.header(s.Header.Name), s.Header.Value.match),
		s.Meta != nil && !s.Meta.Value.match(page.Meta[strings.ToLower(s.Meta.Name)]),
		s.Body != "" && !strings.Contains(string(page.Body), s.Body),
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

// version is the version that the title, a header or a meta element names.
func (s *httpSign) version(page *Page) *string {
	if s.Version == "" {
		return nil
	}
	if v := s.Title.expand(s.Version, page.Title); v != "" {
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
		return versionOf(s.Meta.Value.expand(s.Version, page.Meta[strings.ToLower(s.Meta.Name)]))
	}
	return nil
}

// NeedsFavicon reports whether a fingerprint would fit the page if its icon
// did, so that it is worth fetching.
func (t *Table) NeedsFavicon(page *Page) bool {
	if t == nil {
		return false
	}
	for i := range t.products {
		for _, s := range t.products[i].HTTP {
			if len(s.Favicon) == 0 {
				continue
			}
			probe := *page
			probe.Favicon = s.Favicon[0]
			if s.fits(&probe) {
				return true
			}
		}
	}
	return false
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

// Read takes from the decoded document what the row allows: whether it is the
// product's at all, its version, and its DICOM port. Nothing else is looked
// at.
func (a API) Read(keys map[string]any) (version string, dicomPort uint16, ok bool) {
	for _, k := range a.sign.Keys {
		if _, present := keys[k]; !present {
			return "", 0, false
		}
	}
	if v, isText := keys[a.sign.VersionKey].(string); isText && a.sign.Version.match(v) {
		version = v
	}
	if n, isNumber := keys[a.sign.DICOMPortKey].(float64); isNumber && n > 0 && n < 1<<16 {
		dicomPort = uint16(n)
	}
	return version, dicomPort, true
}

// Wanted reports whether a key of the document may be kept while decoding.
func (a API) Wanted(key string) bool {
	return slices.Contains(a.sign.Keys, key) || key == a.sign.VersionKey || key == a.sign.DICOMPortKey
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
