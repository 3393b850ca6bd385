package products

import (
	"crypto/rand"
	"slices"
	"strings"
)

// numbers are the routes of a product that answer with nothing but numbers, and
// need no login of their own.
type numbers struct {
	// Name is what reports call them.
	Name string `yaml:"name"`
	// Root is the form of a DICOMweb root of the product; its first group is the
	// path before which the routes lie.
	Root pattern `yaml:"root"`
	// AtRoot: the routes lie at the root of the server where the product is known
	// and no DICOMweb root is.
	AtRoot bool `yaml:"at_root"`
	// AnyProduct: the form of the root says enough, whatever the product is.
	AnyProduct bool `yaml:"any_product"`
	// AtHand: the product keeps all its images at hand.
	AtHand bool           `yaml:"at_hand"`
	Routes []numbersRoute `yaml:"routes"`
	Source `yaml:",inline"`
	Notes  string `yaml:"notes"`
}

// numbersRoute is a path and the names of the numbers in its document.
type numbersRoute struct {
	Path     string `yaml:"path"`
	Studies  string `yaml:"studies"`
	Images   string `yaml:"images"`
	Patients string `yaml:"patients"`
}

// NumberRoute is a path that answers with nothing but numbers, and the names of
// those; a name is empty where there is no such number.
type NumberRoute struct {
	Path     string `json:"path"`
	Studies  string `json:"studies,omitempty"`
	Images   string `json:"images,omitempty"`
	Patients string `json:"patients,omitempty"`
}

// Numbers are the number-only routes of one product.
type Numbers struct {
	// Name is what reports call them.
	Name string
	// AtHand: the product keeps all its images at hand.
	AtHand bool
	Routes []NumberRoute
}

// at returns the path before the routes; ok is false where nothing says that they
// may exist. A root of the right form may be another product's: a product that is
// known to be another is not asked.
func (n *numbers) at(owner, productName, root string) (prefix string, ok bool) {
	if m := n.Root.groups(root); m != nil {
		return m[1], n.AnyProduct || productName == "" || productName == owner
	}
	return "", n.AtRoot && productName == owner
}

// Numbers lists the number-only routes that a web service may have: of its
// product, "" where none is known, and its DICOMweb root, "" likewise.
func (t *Table) Numbers(productName, root string) []Numbers {
	var all []Numbers
	if t == nil {
		return nil
	}
	root = strings.TrimRight(root, "/")
	for i := range t.products {
		n := t.products[i].Numbers
		if n == nil {
			continue
		}
		prefix, may := n.at(t.products[i].Name, productName, root)
		if !may {
			continue
		}
		list := Numbers{Name: n.Name, AtHand: n.AtHand}
		for _, r := range n.Routes {
			list.Routes = append(list.Routes, NumberRoute{prefix + r.Path, r.Studies, r.Images, r.Patients})
		}
		all = append(all, list)
	}
	return all
}

// OpenRoute is a route that returns numbers or configuration only: its document
// is the product's where Key has a number.
type OpenRoute struct {
	Path, Key string
	// Identified: identification reads the same document.
	Identified bool
}

// Place is where the web side of a product was found.
type Place struct {
	Product string
	// Root is its DICOMweb root, "" where none was found.
	Root string
	// ByPages: the product is known by the pages of the server, not by the root
	// alone.
	ByPages bool
}

// before is the path before the interface of a product; ok is false where it
// cannot be told.
func (t *Table) before(p *product, at Place) (prefix string, ok bool) {
	if p.Numbers == nil || p.Numbers.AtRoot && at.ByPages {
		return "", true
	}
	root := at.Root
	if own := t.OwnRoots(p.Name, nil); root == "" && len(own) > 0 {
		root = own[0].Path
	}
	return p.Numbers.at(p.Name, p.Name, root)
}

// OpenRoutes lists the routes of a product, at most limit, that return numbers or
// configuration only: its documents first.
func (t *Table) OpenRoutes(at Place, limit int) []OpenRoute {
	var routes []OpenRoute
	if t == nil || at.Product == "" {
		return nil
	}
	for i := range t.products {
		p := &t.products[i]
		if p.Name != at.Product {
			continue
		}
		prefix, known := t.before(p, at)
		for _, a := range p.API {
			if a.NumberKey != "" && known {
				routes = append(routes, OpenRoute{prefix + a.Path, a.NumberKey, true})
			}
		}
		if p.Numbers == nil || !known {
			continue
		}
		for _, r := range p.Numbers.Routes {
			routes = append(routes, OpenRoute{prefix + r.Path, firstOf(r.Studies, r.Images, r.Patients), false})
		}
	}
	return routes[:min(len(routes), limit)]
}

func firstOf(names ...string) string {
	if i := slices.IndexFunc(names, func(n string) bool { return n != "" }); i >= 0 {
		return names[i]
	}
	return ""
}

// REST is the interface of a product's own that lists studies and serves files.
type REST struct {
	// Studies and Instances are the paths of lists. PastTheEnd is a query that makes
	// a list empty: from a position that no archive reaches.
	Studies    string `yaml:"studies" json:"studies"`
	Instances  string `yaml:"instances" json:"instances"`
	PastTheEnd string `yaml:"past_the_end" json:"past_the_end"`
	// FilePath is the path of an instance's file, in which {id} stands for its
	// identifier; each x of Identifier is a hexadecimal digit.
	FilePath   string `yaml:"file" json:"file"`
	Identifier string `yaml:"identifier" json:"identifier"`
	// ErrorKey has a number in the document that describes an error.
	ErrorKey string `yaml:"error_key" json:"error_key"`
	Source   `yaml:",inline"`
	Notes    string `yaml:"notes" json:"notes,omitempty"`
}

// leastRandom is how many digits of an identifier are made up at least, so that
// no instance has it: 128 bits.
const leastRandom = 32

// File is the path of the file of an instance whose identifier is made up now, at
// random, so that there is none.
func (r *REST) File() string {
	var b [1]byte
	id := []byte(r.Identifier)
	for i, c := range id {
		if c == 'x' {
			_, _ = rand.Read(b[:]) // never fails
			id[i] = "0123456789abcdef"[b[0]&15]
		}
	}
	return strings.Replace(r.FilePath, "{id}", string(id), 1)
}

// RESTOf returns the interface that a product has of its own, with whole paths;
// ok is false where it has none that lists studies.
func (t *Table) RESTOf(at Place) (r REST, ok bool) {
	if t == nil || at.Product == "" {
		return REST{}, false
	}
	for i := range t.products {
		p := &t.products[i]
		if p.Name != at.Product || p.REST == nil {
			continue
		}
		if prefix, known := t.before(p, at); known {
			r = *p.REST
			r.Studies, r.Instances, r.FilePath = prefix+r.Studies, prefix+r.Instances, prefix+r.FilePath
			return r, true
		}
	}
	return REST{}, false
}

func (n *numbers) validate(m *mistake, at string) {
	m.name(at, n.Name)
	m.source(at, n.Source)
	if n.Root.set() && n.Root.re.NumSubexp() < 1 {
		m.add(at+".root", "root needs a group: the path before the routes")
	}
	if !n.Root.set() && !n.AtRoot {
		m.add(at, "root is missing: the form of a DICOMweb root before which the routes lie, or at_root: true")
	}
	const most = 3
	if len(n.Routes) == 0 || len(n.Routes) > most {
		m.add(at+".routes", "%d routes; between 1 and %d are asked", len(n.Routes), most)
	}
	for _, r := range n.Routes {
		m.path(at+".routes", "/"+strings.TrimPrefix(r.Path, "/"))
		if firstOf(r.Studies, r.Images, r.Patients) == "" {
			m.add(at+".routes", "a route needs the name of a number: studies, images, patients")
		}
	}
}

func (r *REST) validate(m *mistake, at string) {
	m.source(at, r.Source)
	m.path(at+".studies", r.Studies)
	m.path(at+".instances", r.Instances)
	m.path(at+".file", strings.Replace(r.FilePath, "{id}", "id", 1))
	if r.PastTheEnd == "" || strings.ContainsAny(r.PastTheEnd, " ?#") {
		m.add(at, "past_the_end is missing: a query, without ?, that makes a list empty")
	}
	if !strings.Contains(r.FilePath, "{id}") || strings.Count(r.Identifier, "x") < leastRandom || strings.ContainsAny(r.Identifier, "/?#% ") {
		m.add(at, "file needs {id}, and identifier at least %d times x: it is made up, so that no file has it", leastRandom)
	}
}
