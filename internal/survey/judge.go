package survey

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

// verdictAt is the verdict on one service. Images count as open only where the
// same archive lists them.
func verdictAt(services []Service, s *Service, e Exposure) Verdict {
	here := e.On(s.Port)
	lists := here.With(Lists).State() == DecidedOpen
	switch {
	case lists && e.RetrievalOf(services, s.Port).State == DecidedOpen:
		return OpenImages
	case lists || here.With(Appoints).State() == DecidedOpen:
		return Open
	case s.Levels.Associates:
		return Identified
	case s.Protocol == ProtocolHTTP && here.With(Retrieves).State() == DecidedOpen:
		return Identified // images for those who know their UIDs
	}
	return s.closedVerdict()
}

// closedVerdict is the verdict on a service of which nothing is open.
func (s *Service) closedVerdict() Verdict {
	if s.IsArchive() { // a port whose TLS keeps us out is none: nothing was seen of what is behind it
		return Protected
	}
	switch s.Outcome {
	case Answered, Foreign, Malformed, Mute, Closed:
		return NotDICOM
	}
	return Unreachable
}

// CertificateRequired reports whether a TLS service turns away clients that
// have no certificate of the hospital's.
func (s *Service) CertificateRequired() bool {
	return s.TLS != nil && s.TLS.ClientCertificate == "required"
}

// IsArchive reports whether the service was identified as one of an archive: it
// speaks DICOM or DICOMweb, or shows the page of an archive or a viewer. What
// is open of a page is said beside the verdict (Viewer), because no study was
// looked for there.
func (s *Service) IsArchive() bool {
	return s.Levels.Speaks || s.SpeaksDICOMweb() || s.Protocol == ProtocolHTTP && s.HTTP != nil && s.HTTP.Page != ""
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
