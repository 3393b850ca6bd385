package survey

import "slices"

// VerdictOf is how open a target is, by what its services showed and what the
// checks found: the most open verdict of any service.
func VerdictOf(services []Service, checks []Check) Verdict {
	verdict, _ := decide(services, checks)
	return verdict
}

// Decides returns the index of the service that decides the verdict, -1 when
// none answered.
func Decides(services []Service, checks []Check) int {
	_, index := decide(services, checks)
	return index
}

func decide(services []Service, checks []Check) (Verdict, int) {
	verdict, index := Unreachable, -1
	e := ExposureOf(checks)
	for i := range services {
		if v := verdictAt(services, &services[i], e); v.Rank() > verdict.Rank() {
			verdict, index = v, i
		}
	}
	return verdict, index
}

// VerdictRule is a row of the table that gives each service of a target its
// verdict; the target has that of its most open service.
type VerdictRule struct {
	Verdict Verdict `json:"verdict"`
	// When says in words when the row applies.
	When string `json:"when"`

	applies func(*judged) bool
}

// judged is a service to be judged.
type judged struct {
	services []Service
	service  *Service
	// all are the routes of the target, here those on the service's port.
	all, here Exposure
}

// VerdictRules returns the rule by which verdicts are given: the first row that
// applies. Undecided is never read as open or closed.
func VerdictRules() []VerdictRule {
	lists := func(j *judged) bool { return j.here.With(Lists).State() == DecidedOpen }
	return []VerdictRule{
		{OpenImages, "a route that lists studies is open, and one that retrieves images of the same archive",
			func(j *judged) bool {
				return lists(j) && j.all.RetrievalOf(j.services, j.service.Port).State == DecidedOpen
			}},
		{Open, "a route that lists studies or appointments is open",
			func(j *judged) bool { return lists(j) || j.here.With(Appoints).State() == DecidedOpen }},
		{Identified, "an association is accepted, or a route over HTTP that retrieves images is open, and none that lists studies",
			func(j *judged) bool {
				return j.service.Levels.Associates || j.service.Protocol == ProtocolHTTP && j.here.With(Retrieves).State() == DecidedOpen
			}},
		{Protected, "DICOM or DICOMweb is spoken, a page of an archive or a viewer was recognised, or the user named the DICOMweb root of a server that demands a login or a client certificate; and nothing of the above",
			func(j *judged) bool { return j.service.IsArchive() }},
		{NotDICOM, "a port takes connections, and nothing of an archive was recognised behind it, be it that TLS demands a client certificate; such a finding has no counts",
			func(j *judged) bool {
				if t := j.service.TLS; t != nil && t.NameRequired {
					return false // nothing answered to the address: what does to the name is not known
				}
				switch j.service.Outcome {
				case Answered, Foreign, Malformed, Mute, Closed:
					return true
				}
				return false
			}},
		{Unreachable, "no port took a connection, or its TLS lets nobody in who does not give the name of the host", func(*judged) bool { return true }},
	}
}

// verdictAt is the verdict on one service. Images count as open only where the
// same archive lists them.
func verdictAt(services []Service, s *Service, e Exposure) Verdict {
	j := &judged{services: services, service: s, all: e, here: e.On(s.Port)}
	for _, r := range VerdictRules() {
		if r.applies(j) {
			return r.Verdict
		}
	}
	return Unreachable
}

// KeptByTitle reports whether nothing but the called AE title is known to keep
// callers out: the service rejected the titles that were tried for the title
// (PS3.8 9.3.4: source 1, reason 7), and demands no client certificate. A title
// is no secret: every station of the archive sends it in clear.
func (s *Service) KeptByTitle() bool {
	const user, calledUnknown = 1, 7
	r := s.Rejection
	return r != nil && r.Kind == "reject" && r.Source == user && r.Reason == calledUnknown && !s.Levels.Associates && !s.CertificateRequired()
}

// KeptByTitle reports whether the finding is of an archive that is protected by
// the called AE title of a service alone.
func (f *Finding) KeptByTitle() bool {
	return f.Verdict == Protected && slices.ContainsFunc(f.Services, func(s Service) bool { return s.KeptByTitle() })
}

// CertificateRequired reports whether a TLS service turns away clients that
// have no certificate of the hospital's.
func (s *Service) CertificateRequired() bool {
	return s.TLS != nil && s.TLS.ClientCertificate == "required"
}

// IsArchive reports whether the service was identified as one of an archive: it
// speaks DICOM or DICOMweb, or shows the page of an archive or a viewer, or
// answers a product's own routes. What
// is open of a page is said beside the verdict (Viewer), because no study was
// looked for there.
func (s *Service) IsArchive() bool {
	return s.Levels.Speaks || s.SpeaksDICOMweb() || s.Protocol == ProtocolHTTP && s.HTTP != nil && (s.HTTP.Page != "" || len(s.HTTP.OpenAPI) > 0)
}

// SpeaksDICOMweb reports whether a DICOMweb service answered, be it that it
// demands a login.
func (s *Service) SpeaksDICOMweb() bool {
	w := s.DICOMweb
	return w != nil && (w.QIDO == AccessOpen || w.QIDO == AccessProtected || w.WADO == AccessProtected)
}

// ViewerOf says how a viewer without login is reachable, plain HTTP first, and
// at which port; empty and 0 where there is none.
func ViewerOf(services []Service) (viewer Viewer, port uint16) {
	for i := range services {
		s := &services[i]
		switch {
		case s.HTTP == nil || !s.HTTP.Viewer || s.HTTP.AuthRequired:
		case s.TLS == nil:
			return ViewerOpenHTTP, s.Port
		case viewer == "":
			viewer, port = ViewerOpenHTTPS, s.Port
		}
	}
	return viewer, port
}
