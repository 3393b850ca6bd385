// Package products holds what is known of DICOM toolkits and of the products
// built on them: by what they announce in A-ASSOCIATE-AC, by how they behave,
// and by their web pages. It answers two questions and keeps the answers
// apart: which toolkit speaks, and which product is it. Orthanc announces
// DCMTK; that is no proof of Orthanc, and DCMTK's version is not Orthanc's.
//
// The table is data: the YAML files beside this one, one a vendor, each row with
// the source it was read in and the day it was checked. A file holds all that the
// program knows of the vendor's products, so that no other package names one. The
// package never contacts anything, judges no risk, and keeps no text of a page;
// the packages that do ask it.
package products

import (
	"regexp"
	"slices"

	"leadglass/internal/advisories"
	"leadglass/internal/remedy"
	"leadglass/internal/survey"
)

// Table is a set of fingerprints. It does not change once it is loaded, and
// may be used by many goroutines. A nil Table knows nothing.
type Table struct {
	toolkits []toolkit
	products []product
	vendors  []vendor
	titles   []title
	roots    []webRoot
	general  []general

	viewerPages   []viewerPage
	viewerConfigs []viewerConfig
}

// Source says where a row comes from.
type Source struct {
	// Source is a file of a repository, a document, or a page.
	Source string `yaml:"source" json:"source"`
	// Checked is the day it was last read, YYYY-MM-DD.
	Checked string `yaml:"checked" json:"checked"`
}

// toolkit is a DICOM library, told by what it announces of itself
// (PS3.7 D.3.3.2).
type toolkit struct {
	Name string `yaml:"name"`
	// UID is the implementation class UID, or its arc (see UIDMatch).
	UID      string   `yaml:"uid"`
	UIDMatch uidMatch `yaml:"uid_match"`
	// UIDVersion: what follows the arc is the version.
	UIDVersion bool `yaml:"uid_version"`
	// NamePattern is a regular expression for the whole version name;
	// NameVersion makes the version of its groups ("$1.$2.$3").
	NamePattern pattern `yaml:"name_pattern"`
	NameVersion string  `yaml:"name_version"`
	// Confidence is given where UID and name agree; one step less where only
	// one of them was announced.
	Confidence survey.Confidence `yaml:"confidence"`
	Source     `yaml:",inline"`
	Notes      string `yaml:"notes"`
	// Examples are tested: the first must match, the others must conflict.
	Match    announced   `yaml:"match"`
	Conflict []announced `yaml:"conflict"`
	// Facts are how it behaves, Advisories what was published of its flaws.
	Facts      []fact                `yaml:"facts"`
	Advisories []advisories.Advisory `yaml:"advisories"`
}

// announced is an example of what a peer announces.
type announced struct {
	UID     string `yaml:"uid"`
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
}

// product is an archive, a viewer, or another program that speaks DICOM.
type product struct {
	Name   string `yaml:"name"`
	Vendor string `yaml:"vendor"`
	Kind   Kind   `yaml:"kind"`
	// Toolkits are the toolkits the product is known to be built on.
	Toolkits []string `yaml:"toolkits"`
	// Ports are the defaults; a port alone is evidence of nothing.
	Ports    ports    `yaml:"ports"`
	AETitles []string `yaml:"ae_titles"`
	Notes    string   `yaml:"notes"`

	DICOM     []dicomSign     `yaml:"dicom"`
	Behaviour []behaviourSign `yaml:"behaviour"`
	HTTP      []httpSign      `yaml:"http"`
	// API are documents of the product that hold numbers and configuration
	// only, and name its version.
	API []apiSign `yaml:"api"`
	// Numbers are routes that answer with numbers alone, REST is the interface of
	// its own that lists studies.
	Numbers *numbers `yaml:"numbers"`
	REST    *REST    `yaml:"rest"`
	// Facts are how it behaves, Advisories what was published of its flaws.
	Facts      []fact                `yaml:"facts"`
	Advisories []advisories.Advisory `yaml:"advisories"`
	// Remedies are what an administrator of the product can do.
	Remedies []remedy.Remedy `yaml:"remedies"`
	// NotADevice: nobody places the product on the market as a medical device by
	// itself.
	NotADevice bool `yaml:"not_a_device"`
}

type ports struct {
	DICOM []uint16 `yaml:"dicom"`
	HTTP  []uint16 `yaml:"http"`
}

// Kind says what a product is for.
type Kind string

// The kinds of products.
const (
	Archive  Kind = "archive"
	Viewer   Kind = "viewer"
	Gateway  Kind = "gateway"
	Modality Kind = "modality"
	Tool     Kind = "tool"
	Honeypot Kind = "honeypot"
)

// dicomSign is an announcement that names a product.
type dicomSign struct {
	UID         string            `yaml:"uid"`
	UIDMatch    uidMatch          `yaml:"uid_match"`
	NamePattern pattern           `yaml:"name_pattern"`
	NameVersion string            `yaml:"name_version"`
	Confidence  survey.Confidence `yaml:"confidence"`
	Source      `yaml:",inline"`
	Notes       string    `yaml:"notes"`
	Match       announced `yaml:"match"`
}

// behaviourSign is a set of facts that together suggest a product.
type behaviourSign struct {
	// Toolkit must be the one announced.
	Toolkit string `yaml:"toolkit"`
	// All must have been seen, None must not.
	All        []string          `yaml:"all"`
	None       []string          `yaml:"none"`
	Confidence survey.Confidence `yaml:"confidence"`
	Source     `yaml:",inline"`
	Notes      string `yaml:"notes"`
}

// httpSign is a web page that names a product. All conditions given must
// hold.
type httpSign struct {
	// Page is the name of the page in results: "orthanc-explorer".
	Page string `yaml:"page"`
	// Path is where the page is looked for; "/" is the start page, after
	// redirects. Paths other than "/" are asked for only when the start page
	// says nothing, and only a bounded number of them.
	Path string `yaml:"path"`
	// Landing is a pattern for the path that a redirect led to.
	Landing pattern           `yaml:"landing"`
	Title   pattern           `yaml:"title"`
	Realm   pattern           `yaml:"realm"`
	Header  *namedPattern     `yaml:"header"`
	Meta    *namedPattern     `yaml:"meta"`
	Body    string            `yaml:"body"`
	Status  int               `yaml:"status"`
	Favicon []int32           `yaml:"favicon"`
	Version string            `yaml:"version"`
	Viewer  bool              `yaml:"viewer"`
	Login   bool              `yaml:"login"`
	Conf    survey.Confidence `yaml:"confidence"`
	Source  `yaml:",inline"`
	Notes   string      `yaml:"notes"`
	Match   pageExample `yaml:"match"`
}

// pageExample is what the page of an example shows.
type pageExample struct {
	Landing     string            `yaml:"landing"`
	Status      int               `yaml:"status"`
	Title       string            `yaml:"title"`
	Realm       string            `yaml:"realm"`
	Header      map[string]string `yaml:"header"`
	Meta        map[string]string `yaml:"meta"`
	Body        string            `yaml:"body"`
	Favicon     int32             `yaml:"favicon"`
	Version     string            `yaml:"version"`
	Explanation string            `yaml:"explanation"`
}

// namedPattern is a pattern for the value of a header or of a meta element.
type namedPattern struct {
	Name  string  `yaml:"name"`
	Value pattern `yaml:"value"`
}

// apiSign is a JSON document of which some keys may be read.
type apiSign struct {
	Path string `yaml:"path"`
	// Keys must all be present.
	Keys []string `yaml:"keys"`
	// VersionKey names the version, DICOMPortKey the DICOM port.
	VersionKey   string `yaml:"version_key"`
	DICOMPortKey string `yaml:"dicom_port_key"`
	// NumberKey has a number, by which LG-W06 knows the document; empty where the
	// check does not ask for it.
	NumberKey string  `yaml:"number_key"`
	Version   pattern `yaml:"version_pattern"`
	Source    `yaml:",inline"`
	Notes     string `yaml:"notes"`
}

// vendor is a maker whose UID arc is known, where no product is.
type vendor struct {
	Name   string `yaml:"name"`
	UID    string `yaml:"uid"`
	Source `yaml:",inline"`
	Notes  string `yaml:"notes"`
}

// title is a called AE title that a product comes with.
type title struct {
	Title   string `yaml:"title"`
	Product string `yaml:"product"`
	// Order is the place among the titles of the program: the lowest is tried
	// first. A user's titles come before all of them.
	Order  int `yaml:"order"`
	Source `yaml:",inline"`
	Notes  string `yaml:"notes"`
}

// uidMatch says how a UID is compared.
type uidMatch string

const (
	// matchExact: the UID itself, which is what an absent uid_match means.
	matchExact uidMatch = "exact"
	// matchArc: the UID or any below it.
	matchArc uidMatch = "arc"
)

// hit reports whether uid is meant, and returns what follows the arc.
func (m uidMatch) hit(row, uid string) (rest string, ok bool) {
	if row == "" || uid == "" {
		return "", false
	}
	if row == uid {
		return "", true
	}
	if m == matchArc && len(uid) > len(row)+1 && uid[:len(row)] == row && uid[len(row)] == '.' {
		return uid[len(row)+1:], true
	}
	return "", false
}

// pattern is a regular expression in a YAML file; the zero pattern matches
// nothing and is absent.
type pattern struct{ re *regexp.Regexp }

func (p pattern) set() bool { return p.re != nil }

func (p pattern) match(s string) bool { return p.re != nil && p.re.MatchString(s) }

func (p pattern) matchBytes(b []byte) bool { return p.re != nil && p.re.Match(b) }

// groups are what the groups of the expression match; nil where it does not.
func (p pattern) groups(s string) []string {
	if p.re == nil {
		return nil
	}
	return p.re.FindStringSubmatch(s)
}

// expand returns the version that template makes of the groups in s.
func (p pattern) expand(template, s string) string {
	if p.re == nil || template == "" {
		return ""
	}
	m := p.re.FindStringSubmatchIndex(s)
	if m == nil {
		return ""
	}
	return string(p.re.ExpandString(nil, template, s, m))
}

// expandBytes is expand for text that is not copied but for what the template
// names.
func (p pattern) expandBytes(template string, b []byte) string {
	if p.re == nil || template == "" {
		return ""
	}
	m := p.re.FindSubmatchIndex(b)
	if m == nil {
		return ""
	}
	return string(p.re.Expand(nil, []byte(template), b, m))
}

// DefaultTitles returns the called AE titles that products come with, at most
// limit, those of the products that are likely first: the named ones, then
// those whose default port is port.
func (t *Table) DefaultTitles(port uint16, likely []string, limit int) []string {
	if t == nil {
		return nil
	}
	rank := func(row title) int {
		i := slices.IndexFunc(t.products, func(p product) bool { return p.Name == row.Product })
		switch {
		case slices.Contains(likely, row.Product):
			return 0
		case i >= 0 && slices.Contains(t.products[i].Ports.DICOM, port):
			return 1
		}
		return 2
	}
	rows := slices.Clone(t.titles)
	slices.SortStableFunc(rows, func(a, b title) int { return rank(a) - rank(b) })
	var names []string
	for _, row := range rows {
		if len(names) < limit && !slices.Contains(names, row.Title) {
			names = append(names, row.Title)
		}
	}
	return names
}
