package products

import (
	"leadglass/internal/advisories"
	"leadglass/internal/survey"
)

// Listing is the table as data, for the command that prints it.
type Listing struct {
	Toolkits []ListedToolkit `json:"toolkits"`
	Products []ListedProduct `json:"products"`
	Vendors  []ListedVendor  `json:"vendors"`
	Titles   []ListedTitle   `json:"default_ae_titles"`
	Roots    []ListedRoot    `json:"dicomweb_roots"`

	ViewerPages   []ListedViewerPage   `json:"viewer_pages"`
	ViewerConfigs []ListedViewerConfig `json:"viewer_configs"`
}

// ListedToolkit is a toolkit row.
type ListedToolkit struct {
	Name        string            `json:"name"`
	UID         string            `json:"implementation_class_uid,omitempty"`
	BelowUID    bool              `json:"or_below,omitempty"`
	NamePattern string            `json:"version_name_pattern,omitempty"`
	Confidence  survey.Confidence `json:"confidence"`
	Source
	Notes      string                `json:"notes,omitempty"`
	Facts      []ListedFact          `json:"facts,omitempty"`
	Advisories []advisories.Advisory `json:"advisories,omitempty"`
}

// ListedFact is something that is known of how a toolkit or product behaves.
type ListedFact struct {
	// Is names what the program asks for; empty for what people read alone.
	Is     string   `json:"is,omitempty"`
	Status string   `json:"status,omitempty"`
	Least  uint32   `json:"least,omitempty"`
	Most   uint32   `json:"most,omitempty"`
	Checks []string `json:"checks,omitempty"`
	Text   string   `json:"text"`
	Source
}

// ListedProduct is a product with its signs, and what is known of it.
type ListedProduct struct {
	Name       string       `json:"name"`
	Vendor     string       `json:"vendor,omitempty"`
	Kind       Kind         `json:"kind"`
	Toolkits   []string     `json:"toolkits,omitempty"`
	DICOMPorts []uint16     `json:"dicom_ports,omitempty"`
	HTTPPorts  []uint16     `json:"http_ports,omitempty"`
	AETitles   []string     `json:"ae_titles,omitempty"`
	Signs      []ListedSign `json:"signs"`
	Notes      string       `json:"notes,omitempty"`
	// Numbers are its number-only routes, REST is the interface of its own that
	// lists studies.
	Numbers    *ListedNumbers        `json:"numbers,omitempty"`
	REST       *REST                 `json:"rest,omitempty"`
	Facts      []ListedFact          `json:"facts,omitempty"`
	Advisories []advisories.Advisory `json:"advisories,omitempty"`
}

// ListedNumbers are number-only routes, as they are below their prefix.
type ListedNumbers struct {
	Name       string        `json:"name"`
	Root       string        `json:"root,omitempty"`
	AtRoot     bool          `json:"at_root,omitempty"`
	AnyProduct bool          `json:"any_product,omitempty"`
	AtHand     bool          `json:"at_hand,omitempty"`
	Routes     []NumberRoute `json:"routes"`
	Source
	Notes string `json:"notes,omitempty"`
}

// ListedSign is one sign of a product.
type ListedSign struct {
	Evidence   []string          `json:"evidence"`
	Page       string            `json:"page,omitempty"`
	Path       string            `json:"path,omitempty"`
	Confidence survey.Confidence `json:"confidence,omitempty"`
	Source
	Notes string `json:"notes,omitempty"`
}

// ListedVendor is a maker's arc.
type ListedVendor struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
	Source
	Notes string `json:"notes,omitempty"`
}

// ListedTitle is a default called AE title.
type ListedTitle struct {
	Title   string `json:"title"`
	Product string `json:"product,omitempty"`
	Order   int    `json:"order,omitempty"`
	Source
	Notes string `json:"notes,omitempty"`
}

// ListedRoot is where DICOMweb is looked for.
type ListedRoot struct {
	Path    string `json:"path"`
	WADOURI string `json:"wado_uri,omitempty"`
	Product string `json:"product,omitempty"`
	Order   int    `json:"order,omitempty"`
	Source
	Notes string `json:"notes,omitempty"`
}

// ListedViewerPage is a path at which a viewer is looked for.
type ListedViewerPage struct {
	Path  string `json:"path"`
	Order int    `json:"order,omitempty"`
	Source
}

// ListedViewerConfig is a document beside a viewer's page that names DICOMweb
// roots.
type ListedViewerConfig struct {
	Name  string `json:"name"`
	Order int    `json:"order,omitempty"`
	Source
}

// List returns the whole table, in the order in which it is searched.
func (t *Table) List() Listing {
	l := Listing{Toolkits: []ListedToolkit{}, Products: []ListedProduct{}, Vendors: []ListedVendor{}, Titles: []ListedTitle{}, Roots: []ListedRoot{},
		ViewerPages: []ListedViewerPage{}, ViewerConfigs: []ListedViewerConfig{}}
	if t == nil {
		return l
	}
	for _, k := range t.toolkits {
		l.Toolkits = append(l.Toolkits, ListedToolkit{Name: k.Name, UID: k.UID, BelowUID: k.UIDMatch == matchArc,
			NamePattern: k.NamePattern.String(), Confidence: k.Confidence, Source: k.Source, Notes: k.Notes,
			Facts: listed(k.Facts), Advisories: k.Advisories})
	}
	for i := range t.products {
		p := &t.products[i]
		l.Products = append(l.Products, ListedProduct{Name: p.Name, Vendor: p.Vendor, Kind: p.Kind, Toolkits: p.Toolkits,
			DICOMPorts: p.Ports.DICOM, HTTPPorts: p.Ports.HTTP, AETitles: p.AETitles, Signs: p.signs(), Notes: p.Notes,
			Numbers: p.Numbers.listed(), REST: p.REST, Facts: listed(p.Facts), Advisories: p.Advisories})
	}
	for _, v := range t.vendors {
		l.Vendors = append(l.Vendors, ListedVendor(v))
	}
	for _, a := range t.titles {
		l.Titles = append(l.Titles, ListedTitle(a))
	}
	for _, r := range t.roots {
		l.Roots = append(l.Roots, ListedRoot(r))
	}
	for _, v := range t.viewerPages {
		l.ViewerPages = append(l.ViewerPages, ListedViewerPage(v))
	}
	for _, v := range t.viewerConfigs {
		l.ViewerConfigs = append(l.ViewerConfigs, ListedViewerConfig(v))
	}
	return l
}

func listed(facts []fact) []ListedFact {
	var list []ListedFact
	for _, f := range facts {
		list = append(list, ListedFact{string(f.Is), f.Status, f.Least, f.Most, f.Checks, f.Text, f.Source})
	}
	return list
}

func (n *numbers) listed() *ListedNumbers {
	if n == nil {
		return nil
	}
	l := &ListedNumbers{Name: n.Name, Root: n.Root.String(), AtRoot: n.AtRoot, AnyProduct: n.AnyProduct, AtHand: n.AtHand, Source: n.Source, Notes: n.Notes}
	for _, r := range n.Routes {
		l.Routes = append(l.Routes, NumberRoute(r))
	}
	return l
}

func (p *product) signs() []ListedSign {
	signs := []ListedSign{}
	for _, s := range p.DICOM {
		var evidence []string
		if s.UID != "" {
			evidence = append(evidence, EvidenceClassUID)
		}
		if s.NamePattern.set() {
			evidence = append(evidence, EvidenceVersionName)
		}
		signs = append(signs, ListedSign{Evidence: evidence, Confidence: s.Confidence, Source: s.Source, Notes: s.Notes})
	}
	for _, s := range p.Behaviour {
		signs = append(signs, ListedSign{Evidence: []string{EvidenceBehaviour}, Confidence: s.Confidence, Source: s.Source, Notes: s.Notes})
	}
	for i := range p.HTTP {
		s := &p.HTTP[i]
		signs = append(signs, ListedSign{Evidence: s.evidence(), Page: s.Page, Path: s.Path, Confidence: s.Conf, Source: s.Source, Notes: s.Notes})
	}
	for _, s := range p.API {
		signs = append(signs, ListedSign{Evidence: []string{EvidenceAPI}, Path: s.Path, Source: s.Source, Notes: s.Notes})
	}
	return signs
}

// String is the expression as written, empty for the zero pattern.
func (p pattern) String() string {
	if p.re == nil {
		return ""
	}
	return p.re.String()
}
