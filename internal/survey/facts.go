package survey

import "cmp"

// Facts are what a comparison of surveys needs of a finding: results without
// the texts that explain them, a tenth of its size, so that surveys of many
// archives are compared in seconds. The store keeps them beside the finding.
type Facts struct {
	// Target and RequestedPort are those of the record: an address, or a name
	// that did not resolve; the port that was asked for, 0 for a whole host.
	Target        string `json:"target"`
	RequestedPort uint16 `json:"requested_port,omitempty"`
	// Host is the target as the user wrote it, where that is not the address.
	Host     string         `json:"host,omitempty"`
	Verdict  Verdict        `json:"verdict"`
	Grade    Grade          `json:"grade,omitempty"`
	Country  string         `json:"country,omitempty"`
	Site     string         `json:"site,omitempty"`
	Services []ServiceFacts `json:"services,omitempty"`
	// Checks are the results of the checks that applied, by port; port 0 is
	// the host as a whole.
	Checks []PortChecks `json:"checks,omitempty"`
	// The counts are without reasons and sources; absent when unknown.
	Studies          *Count `json:"studies,omitempty"`
	ImagesLinked     *Count `json:"images_linked,omitempty"`
	ImagesAccessible *Count `json:"images_accessible,omitempty"`
	// Incomplete: the finding is not the whole truth.
	Incomplete bool `json:"incomplete,omitempty"`
	// SameArchiveAs is the address at which the archive is counted, "" for here;
	// absent in facts of earlier versions.
	SameArchiveAs string `json:"same_archive_as,omitempty"`
}

// ServiceFacts are the facts of a service by which verdicts are given.
type ServiceFacts struct {
	Port     uint16   `json:"port"`
	Protocol Protocol `json:"protocol"`
	Outcome  Outcome  `json:"outcome"`
	Levels   *Levels  `json:"levels,omitempty"`
	// Busy: it refused and said that this may pass.
	Busy bool  `json:"busy,omitempty"`
	TLS  *TLS  `json:"tls,omitempty"`
	HTTP *HTTP `json:"http,omitempty"`
	// Product is the name of a product that is certain or likely.
	Product string `json:"product,omitempty"`
	// DICOMweb is without its root.
	DICOMweb *DICOMweb `json:"dicomweb,omitempty"`
}

// PortChecks are the IDs of the checks on one port, by their state. Those that
// did not apply are left out.
type PortChecks struct {
	Port    uint16   `json:"port,omitempty"`
	Failed  []string `json:"failed,omitempty"`
	Passed  []string `json:"passed,omitempty"`
	Unknown []string `json:"unknown,omitempty"`
}

// FactsOf are the facts of a record.
func FactsOf(r *Record) Facts {
	f := &r.Finding
	facts := Facts{
		Target: cmp.Or(f.Target.Address, f.Target.Host), RequestedPort: r.RequestedPort, Verdict: f.Verdict, Grade: f.Grade,
		Studies: factOf(f.Counts.Studies), ImagesLinked: factOf(f.Counts.ImagesLinked),
		ImagesAccessible: factOf(f.Counts.ImagesAccessible), Incomplete: f.Incomplete != nil,
	}
	if f.Target.Host != facts.Target {
		facts.Host = f.Target.Host
	}
	if f.Owner != nil {
		facts.Country, facts.Site = f.Owner.Country, f.Owner.Site
	}
	if f.SameArchiveAs != nil {
		facts.SameArchiveAs = f.SameArchiveAs.Address
	}
	for i := range f.Services {
		facts.Services = append(facts.Services, serviceFacts(&f.Services[i]))
	}
	for _, c := range f.Checks {
		facts.addCheck(c)
	}
	return facts
}

func serviceFacts(s *Service) ServiceFacts {
	f := ServiceFacts{Port: s.Port, Protocol: s.Protocol, Outcome: s.Outcome, Busy: s.busy()}
	if s.Levels != (Levels{}) {
		f.Levels = &s.Levels
	}
	if s.TLS != nil {
		f.TLS = &TLS{ClientCertificate: s.TLS.ClientCertificate, NameRequired: s.TLS.NameRequired}
	}
	if s.HTTP != nil {
		f.HTTP = &HTTP{Status: s.HTTP.Status, AuthRequired: s.HTTP.AuthRequired, Page: s.HTTP.Page, Viewer: s.HTTP.Viewer, OpenAPI: s.HTTP.OpenAPI}
	}
	if s.Product.Known() {
		f.Product = s.Product.Name
	}
	if s.DICOMweb != nil {
		f.DICOMweb = &DICOMweb{QIDO: s.DICOMweb.QIDO, WADO: s.DICOMweb.WADO, STOW: s.DICOMweb.STOW}
	}
	return f
}

// Service is the service with those of its fields that the facts hold.
func (f *ServiceFacts) Service() Service {
	s := Service{Port: f.Port, Protocol: f.Protocol, Outcome: f.Outcome, TLS: f.TLS, HTTP: f.HTTP, DICOMweb: f.DICOMweb}
	if f.Levels != nil {
		s.Levels = *f.Levels
	}
	if f.Busy {
		s.Rejection = &Rejection{Kind: "reject", Result: 2}
	}
	if f.Product != "" {
		s.Product = Product{Name: f.Product, Confidence: Likely}
	}
	return s
}

func factOf(c Count) *Count {
	if _, ok := c.Int(); !ok {
		return nil
	}
	return &Count{Value: c.Value, Quality: c.Quality, Low: c.Low, High: c.High, Confidence: c.Confidence}
}

func (f *Facts) addCheck(c Check) {
	if c.State == NotApplicable {
		return
	}
	at := -1
	for i := range f.Checks {
		if f.Checks[i].Port == c.Port {
			at = i
		}
	}
	if at < 0 {
		f.Checks = append(f.Checks, PortChecks{Port: c.Port})
		at = len(f.Checks) - 1
	}
	p := &f.Checks[at]
	switch c.State {
	case Fail:
		p.Failed = append(p.Failed, c.ID)
	case Pass:
		p.Passed = append(p.Passed, c.ID)
	default:
		p.Unknown = append(p.Unknown, c.ID)
	}
}
