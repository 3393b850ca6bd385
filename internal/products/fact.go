package products

import (
	"cmp"
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// factName is a kind of fact that the program asks for.
type factName string

// The kinds of facts.
const (
	// listsEmptyDates: in a range of study dates that is open to the past, studies
	// with an empty date are listed; status is the one with which the product ends
	// a list that it cuts.
	listsEmptyDates factName = "lists-empty-dates"
	// getAllowed: status is the answer to a C-GET of a study that does not exist
	// where C-GET is allowed, and no answer where it is not.
	getAllowed factName = "c-get-allowed"
	// findRefusalEnds, getRefusalEnds, moveRefusalEnds: a C-FIND, C-GET or C-MOVE
	// that is not allowed ends the association, and one that is allowed does not; a
	// C-GET with a storage context or without.
	findRefusalEnds factName = "c-find-refusal-ends-association"
	getRefusalEnds  factName = "c-get-refusal-ends-association"
	moveRefusalEnds factName = "c-move-refusal-ends-association"
	// studyBeforeDestination: a C-MOVE looks for the study before it looks at the
	// destination.
	studyBeforeDestination factName = "c-move-finds-study-first"
	// acceptsAllContexts: every presentation context is accepted, whatever is built
	// on the toolkit.
	acceptsAllContexts factName = "accepts-all-contexts"
	// pduBounds: least and most are the bounds of the longest PDU that it can be set
	// to receive, in bytes.
	pduBounds factName = "max-pdu-bounds"
	// pduDefault: most is the longest PDU that it announces by default, in bytes,
	// where that tells it from others.
	pduDefault factName = "max-pdu-default"
)

// fact is one thing that is known of how a product or toolkit behaves.
type fact struct {
	// Is names what the program asks for; empty for what pages alone tell.
	Is factName `yaml:"is"`
	// Status is a status of DIMSE, four hexadecimal digits; Least and Most are
	// bytes.
	Status string `yaml:"status"`
	Least  uint32 `yaml:"least"`
	Most   uint32 `yaml:"most"`
	// Checks are those on whose pages the fact is printed, Text is the fact as a
	// part of a sentence whose subject is the product.
	Checks []string `yaml:"checks"`
	Text   string   `yaml:"text"`
	Source `yaml:",inline"`
}

// Facts are what is known of how the software of a service behaves. The zero
// Facts know nothing.
type Facts struct {
	// Product is the product they are of, "" where none is known for certain or
	// likely.
	Product string
	// ListsEmptyDates are the statuses of cut lists (PS3.7 C) by products that list
	// studies with an empty date in a range of dates that is open to the past.
	ListsEmptyDates []string
	// GetAllowed are the statuses of a C-GET of a study that does not exist that say
	// that C-GET is allowed.
	GetAllowed []string
	// FindRefusalEnds, GetRefusalEnds, MoveRefusalEnds: a C-FIND, C-GET or C-MOVE
	// ends the association where it is not allowed, and not otherwise.
	FindRefusalEnds, GetRefusalEnds, MoveRefusalEnds bool
	// StudyBeforeDestination: a C-MOVE looks for the study before it looks at the
	// destination, so that its answer may say nothing of the latter.
	StudyBeforeDestination bool
	// AcceptsAllContexts: every presentation context is accepted by the toolkit
	// itself.
	AcceptsAllContexts bool
	// LeastPDU and MostPDU bound the longest PDU that the software can be set to, in
	// bytes; 0 where the bounds are not known. DefaultPDU is the one that tells the
	// software, 0 where none does.
	LeastPDU, MostPDU, DefaultPDU uint32
}

// FactsOf returns what is known of the software of a service: of its toolkit and
// of its product, where that is more than a guess. Where the product is not known,
// its behaviours and those of more may tell it.
func (t *Table) FactsOf(s *survey.Service, more ...string) Facts {
	product := ""
	if s.Product.Known() {
		product = s.Product.Name
	} else if found, ok := t.Behaviour(s.Toolkit.Name, slices.Concat(s.Behaviours, more)); ok && found.Known() {
		product = found.Name
	}
	f := t.FactsNamed(product)
	f.add(t.facts(s.Toolkit.Name))
	return f
}

// FactsNamed returns what is known of a product or toolkit by its name.
func (t *Table) FactsNamed(name string) Facts {
	var f Facts
	f.add(t.facts(name))
	if t.KindOf(name) != "" {
		f.Product = name
	}
	return f
}

// facts are those of all rows of a name.
func (t *Table) facts(name string) []fact {
	var facts []fact
	if t == nil || name == "" {
		return nil
	}
	for i := range t.products {
		if t.products[i].Name == name {
			facts = append(facts, t.products[i].Facts...)
		}
	}
	for i := range t.toolkits {
		if t.toolkits[i].Name == name {
			facts = append(facts, t.toolkits[i].Facts...)
		}
	}
	return facts
}

func (f *Facts) add(facts []fact) {
	for _, known := range facts {
		switch known.Is {
		case listsEmptyDates:
			f.ListsEmptyDates = append(f.ListsEmptyDates, known.Status)
		case getAllowed:
			f.GetAllowed = append(f.GetAllowed, known.Status)
		case findRefusalEnds:
			f.FindRefusalEnds = true
		case getRefusalEnds:
			f.GetRefusalEnds = true
		case moveRefusalEnds:
			f.MoveRefusalEnds = true
		case studyBeforeDestination:
			f.StudyBeforeDestination = true
		case acceptsAllContexts:
			f.AcceptsAllContexts = true
		case pduBounds:
			if f.MostPDU == 0 { // else a row before says otherwise
				f.LeastPDU, f.MostPDU = known.Least, known.Most
			}
		case pduDefault:
			f.DefaultPDU = cmp.Or(f.DefaultPDU, known.Most)
		}
	}
}

// ByDefaultPDU returns the toolkit that announces a longest PDU of so many bytes
// by default, which identifies it; "" for none.
func (t *Table) ByDefaultPDU(bytes uint32) string {
	if t == nil || bytes == 0 {
		return ""
	}
	for i := range t.toolkits {
		if t.FactsNamed(t.toolkits[i].Name).DefaultPDU == bytes {
			return t.toolkits[i].Name
		}
	}
	return ""
}

// KnownFact is a fact for the page of a check: "NAME TEXT".
type KnownFact struct {
	Name, Text string
	Source
}

// The checks that go by titles, roots and routes.
const (
	titlesCheck = "LG-D02"
	rootsCheck  = "LG-W01"
	routesCheck = "LG-W06"
)

// FactsFor lists what is known of toolkits and products that matters to a check,
// in the order of their names; where DICOMweb is, in the order of looking there.
func (t *Table) FactsFor(check string) []KnownFact {
	var list []KnownFact
	if t == nil {
		return nil
	}
	if check == titlesCheck {
		for _, a := range t.titles {
			list = append(list, of(a.Product, "the called title "+a.Title, a.Source))
		}
	}
	if check == rootsCheck {
		for _, r := range t.roots {
			list = append(list, of(r.Product, "DICOMweb at "+r.Path, r.Source))
		}
	}
	for i := range t.products {
		if n := t.products[i].Numbers; n != nil && check == routesCheck {
			var paths []string
			for _, r := range n.Routes {
				paths = append(paths, r.Path)
			}
			list = append(list, KnownFact{t.products[i].Name, "answers with numbers alone at " + strings.Join(paths, ", "), n.Source})
		}
	}
	for _, name := range t.names() {
		for _, f := range t.facts(name) {
			if slices.Contains(f.Checks, check) {
				list = append(list, KnownFact{name, f.Text, f.Source})
			}
		}
	}
	return list
}

// of is a fact of a product, or of several that have no row.
func of(product, what string, source Source) KnownFact {
	if product == "" {
		return KnownFact{"Several products", "come with " + what, source}
	}
	return KnownFact{product, "comes with " + what, source}
}

func (f *fact) validate(m *mistake, at string) {
	m.source(at, f.Source)
	if f.Text == "" {
		m.add(at, "text is missing: the fact in words")
	}
	m.words(at, f.Text)
	status := len(f.Status) == 4 && strings.Trim(f.Status, "0123456789ABCDEF") == ""
	switch f.Is {
	case listsEmptyDates, getAllowed:
		if !status {
			m.add(at, "status is missing: four hexadecimal digits")
		}
	case pduBounds:
		if f.Least == 0 || f.Most < f.Least {
			m.add(at, "least and most are missing: bytes, least first")
		}
	case pduDefault:
		if f.Most == 0 {
			m.add(at, "most is missing: bytes")
		}
	case "", findRefusalEnds, getRefusalEnds, moveRefusalEnds, studyBeforeDestination, acceptsAllContexts:
	default:
		m.add(at+".is", "%q is no fact that the program asks for; docs/products.md lists them", f.Is)
	}
}
