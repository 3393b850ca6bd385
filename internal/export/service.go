package export

import (
	"cmp"
	"regexp"
	"slices"

	"leadglass/internal/survey"
)

// service is one port at which a system is exposed, and what is to be said of it.
type service struct {
	port    uint16
	at      *survey.Service // nil where only a check names the port
	product survey.Product
	// failed are the checks that failed at the port, or for the host as a whole, the
	// worst first.
	failed []survey.Check
	// kind and id are the classification of the Reference Security Incident
	// Taxonomy and our identifier, text says in a sentence what is open.
	kind, id, text string
}

// services are the ports at which f is exposed; where none is, the one that it is
// reported for.
func services(f *survey.Finding) []service {
	ports := map[uint16]bool{}
	for _, r := range f.Exposure().In(survey.DecidedOpen) {
		ports[r.Port] = true
	}
	if f.FreelyAccessible() {
		ports[f.Target.Port] = true
	}
	if p := f.ViewerPort(); p != 0 {
		ports[p] = true
	}
	if len(ports) > 1 {
		delete(ports, 0) // the host as a whole
	}
	if len(ports) == 0 {
		ports[f.ReportedPort()] = true
	}
	var list []service
	for p := range ports {
		list = append(list, serviceOf(f, p))
	}
	slices.SortFunc(list, func(a, b service) int {
		main := func(s service) bool { return s.port == f.ReportedPort() }
		return cmp.Or(-compareBool(main(a), main(b)), cmp.Compare(a.port, b.port))
	})
	return list
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func serviceOf(f *survey.Finding, port uint16) service {
	s := service{port: port, at: f.ServiceAt(port), product: survey.ProductOf(f.Services, port)}
	for _, c := range f.FailedChecks() {
		if c.Port == port || c.Port == 0 {
			s.failed = append(s.failed, c)
		}
	}
	s.classify(f)
	return s
}

// classify puts the service into the terms of the Reference Security Incident
// Taxonomy, which IntelMQ follows.
func (s *service) classify(f *survey.Finding) {
	open := f.Exposure().On(s.port).In(survey.DecidedOpen)
	verdict := f.Verdict
	if s.port != f.Target.Port && len(open.With(survey.Lists, survey.Appoints)) == 0 {
		verdict = survey.Protected // the verdict is of another port
	}
	_, viewer := survey.ViewerOf(f.Services)
	s.kind = "information-disclosure"
	switch {
	case verdict.FreelyAccessible() && len(open.With(survey.Appoints)) > 0 && len(open.With(survey.Lists)) == 0:
		s.id, s.text = "open-dicom-worklist", "A DICOM worklist answers queries of unauthenticated callers; no study was listed."
	case verdict.FreelyAccessible() && (f.Verdict == survey.OpenImages && s.port == f.Target.Port || len(open.With(survey.Retrieves)) > 0):
		s.id, s.text = "open-dicom-archive", "A medical image archive answers queries of unauthenticated callers and would send images."
	case verdict.FreelyAccessible():
		s.id, s.text = "open-dicom-archive", "A medical image archive answers queries of unauthenticated callers."
	case viewer == s.port && viewer != 0 || slices.Contains(open.Names(), survey.RouteViewer):
		s.id, s.text = "open-dicom-viewer", "A medical image viewer or an archive's administration page is open without a login."
	case slices.Contains(open.Names(), survey.RouteListing):
		s.id, s.text = "open-dicom-files", "A web server lists files that are DICOM by their names, without a login."
	case len(open.With(survey.Retrieves)) > 0:
		s.kind, s.id = "potentially-unwanted-accessible", "accessible-dicom-archive"
		s.text = "A medical image archive sends images to unauthenticated callers who know their identifiers; no query was answered."
	default:
		s.kind, s.id = "potentially-unwanted-accessible", "accessible-dicom-archive"
		s.text = "A medical image archive accepts associations of unauthenticated callers; no query was answered."
	}
}

// application is what speaks at the port: "dicom", "http", "https", or "".
func (s *service) application() string {
	switch {
	case s.at == nil:
		return ""
	case s.at.Protocol == survey.ProtocolHTTP && s.at.TLS != nil:
		return "https"
	}
	return string(s.at.Protocol)
}

// severity is the worst of the failed checks.
func (s *service) severity() survey.Severity {
	if len(s.failed) > 0 {
		return s.failed[0].Severity
	}
	return survey.Info
}

// failedIDs are the failed checks, each once.
func (s *service) failedIDs() []string {
	ids := []string{}
	for _, c := range s.failed {
		if !slices.Contains(ids, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// vulnerabilities are the CVE identifiers that the failed checks refer to.
func (s *service) vulnerabilities() []string {
	form := regexp.MustCompile(`CVE-\d{4}-\d{4,}`)
	ids := []string{}
	for _, c := range s.failed {
		for _, text := range append([]string{c.Evidence}, c.References...) {
			ids = append(ids, form.FindAllString(text, -1)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// archive reports whether the counts of f are of this service.
func (s *service) archive(f *survey.Finding) bool {
	return f.FreelyAccessible() && s.port == f.Target.Port
}

// tags are words by which feeds sort.
func (s *service) tags() []string {
	list := []string{"dicom"}
	if s.id == "open-dicom-viewer" {
		list = append(list, "viewer")
	}
	return list
}

// suspicions are why f may be no archive with patients.
func suspicions(f *survey.Finding) []string {
	list := []string{}
	if f.Suspicion.Honeypot {
		list = append(list, "honeypot")
	}
	if f.Suspicion.TestData {
		list = append(list, "test-data")
	}
	return list
}
