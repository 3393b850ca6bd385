package products

import (
	"fmt"
	"slices"

	"leadglass/internal/survey"
)

// The kinds of evidence of a product.
const (
	EvidenceClassUID    = "implementation-class-uid"
	EvidenceVersionName = "version-name"
	EvidenceBehaviour   = "dimse-behaviour"
	EvidenceTitle       = "http-title"
	EvidenceRealm       = "http-realm"
	EvidenceHeader      = "http-header"
	EvidenceMeta        = "http-meta"
	EvidenceBody        = "http-body"
	EvidenceFavicon     = "http-favicon"
	EvidencePath        = "http-path"
	EvidenceAPI         = "http-api"
)

// Unknown is the product of a service that nothing is known of.
func Unknown() survey.Product {
	return survey.Product{Name: "unknown", Confidence: survey.UnknownConf, Evidence: []string{}}
}

// DICOM tells toolkit and product by implementation class UID and version
// name as announced; either may be empty.
func (t *Table) DICOM(uid, name string) (survey.Toolkit, survey.Product) {
	if t == nil {
		return survey.Toolkit{}, Unknown()
	}
	kit := t.toolkit(uid, name)
	best := Unknown()
	for i := range t.products {
		for j := range t.products[i].DICOM {
			if p, ok := t.products[i].DICOM[j].product(&t.products[i], uid, name); ok && better(p, best) {
				best = p
			}
		}
	}
	if kit.Conflict != "" && best.Confidence != survey.UnknownConf {
		best.Confidence = stepDown(best.Confidence)
	}
	if best.Vendor == "" {
		best.Vendor = t.vendor(uid)
		if best.Vendor != "" && best.Confidence == survey.UnknownConf {
			best.Evidence = []string{EvidenceClassUID}
		}
	}
	return kit, best
}

func better(a, b survey.Product) bool { return rank(a.Confidence) > rank(b.Confidence) }

// toolkit tells the toolkit: the UID says which, the name says which version.
func (t *Table) toolkit(uid, name string) survey.Toolkit {
	byUID, rest := t.toolkitByUID(uid)
	byName := t.toolkitByName(name)
	switch {
	case byUID == nil && byName == nil:
		return survey.Toolkit{}
	case byUID == nil:
		// Products put their own UID on a toolkit and leave its name.
		return survey.Toolkit{Name: byName.Name, Version: byName.nameVersion(name), Confidence: stepDown(byName.Confidence)}
	case byName != nil && byName.Name != byUID.Name && !byUID.NamePattern.match(name):
		return survey.Toolkit{Name: byUID.Name, Confidence: survey.Possible,
			Conflict: fmt.Sprintf("the class UID is of %s, the version name of %s", byUID.Name, byName.Name)}
	}
	kit := survey.Toolkit{Name: byUID.Name, Confidence: byUID.Confidence}
	if byUID.UIDVersion {
		kit.Version = rest
	}
	switch {
	case !byUID.NamePattern.set():
	case name == "":
		kit.Confidence = stepDown(kit.Confidence)
	case !byUID.NamePattern.match(name):
		kit.Confidence, kit.Conflict = survey.Possible, fmt.Sprintf("the class UID is of %s, the version name is not", byUID.Name)
	default:
		version := byUID.nameVersion(name)
		if kit.Version != "" && version != "" && kit.Version != version {
			kit.Confidence, kit.Conflict = survey.Possible, "class UID and version name say different versions"
		}
		if version != "" {
			kit.Version = version
		}
	}
	return kit
}

// toolkitByUID finds the row with the longest UID that fits.
func (t *Table) toolkitByUID(uid string) (row *toolkit, rest string) {
	for i := range t.toolkits {
		k := &t.toolkits[i]
		if r, ok := k.UIDMatch.hit(k.UID, uid); ok && (row == nil || len(k.UID) > len(row.UID)) {
			row, rest = k, r
		}
	}
	return row, rest
}

func (t *Table) toolkitByName(name string) *toolkit {
	if name == "" {
		return nil
	}
	for i := range t.toolkits {
		if t.toolkits[i].NamePattern.match(name) {
			return &t.toolkits[i]
		}
	}
	return nil
}

func (k *toolkit) nameVersion(name string) string {
	return k.NamePattern.expand(k.NameVersion, name)
}

func (t *Table) vendor(uid string) string {
	best := vendor{}
	for _, v := range t.vendors {
		if _, ok := matchArc.hit(v.UID, uid); ok && len(v.UID) > len(best.UID) {
			best = v
		}
	}
	return best.Name
}

// product judges an announcement by one sign of p.
func (s *dicomSign) product(p *product, uid, name string) (survey.Product, bool) {
	found := survey.Product{Name: p.Name, Vendor: p.Vendor, Confidence: s.Confidence}
	if s.UID != "" {
		if _, ok := s.UIDMatch.hit(s.UID, uid); !ok {
			return found, false
		}
		found.Evidence = append(found.Evidence, EvidenceClassUID)
	}
	if s.NamePattern.set() {
		if !s.NamePattern.match(name) {
			return found, false
		}
		found.Evidence = append(found.Evidence, EvidenceVersionName)
		found.Version = versionOf(s.NamePattern.expand(s.NameVersion, name))
	}
	return found, true
}

func versionOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Behaviour returns the product that the facts suggest for a service whose
// toolkit is named, and whether there is one. Two products suggested with the
// same confidence cancel out.
func (t *Table) Behaviour(toolkitName string, facts []string) (survey.Product, bool) {
	if t == nil {
		return Unknown(), false
	}
	best, tie := Unknown(), false
	for i := range t.products {
		p := &t.products[i]
		for _, s := range p.Behaviour {
			if !s.fits(toolkitName, facts) {
				continue
			}
			found := survey.Product{Name: p.Name, Vendor: p.Vendor, Confidence: s.Confidence, Evidence: []string{EvidenceBehaviour}}
			switch {
			case better(found, best):
				best, tie = found, false
			case best.Name != found.Name && rank(found.Confidence) == rank(best.Confidence):
				tie = true
			}
		}
	}
	return best, best.Confidence != survey.UnknownConf && !tie
}

func (s *behaviourSign) fits(toolkitName string, facts []string) bool {
	if s.Toolkit != "" && s.Toolkit != toolkitName {
		return false
	}
	for _, f := range s.All {
		if !slices.Contains(facts, f) {
			return false
		}
	}
	return !slices.ContainsFunc(s.None, func(f string) bool { return slices.Contains(facts, f) })
}

// BuiltOn reports whether the product is known to be built on the toolkit.
func (t *Table) BuiltOn(productName, toolkitName string) bool {
	if t == nil || toolkitName == "" {
		return false
	}
	for _, p := range t.products {
		if p.Name == productName && slices.Contains(p.Toolkits, toolkitName) {
			return true
		}
	}
	return false
}

// DefaultPort reports whether port is a default DICOM port of the product.
func (t *Table) DefaultPort(productName string, port uint16) bool {
	if t == nil {
		return false
	}
	return slices.ContainsFunc(t.products, func(p product) bool {
		return p.Name == productName && slices.Contains(p.Ports.DICOM, port)
	})
}

// KindOf returns the kind of a product, empty when it is not in the table.
func (t *Table) KindOf(productName string) Kind {
	if t != nil {
		for _, p := range t.products {
			if p.Name == productName {
				return p.Kind
			}
		}
	}
	return ""
}
