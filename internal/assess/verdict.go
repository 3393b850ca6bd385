package assess

import (
	"slices"

	"leadglass/internal/survey"
)

// failedOn reports whether a check of one of the IDs failed on a port; port 0
// means any.
func failedOn(checks []survey.Check, port uint16, ids ...string) bool {
	return slices.ContainsFunc(checks, func(c survey.Check) bool {
		return c.State == survey.Fail && (port == 0 || c.Port == port) && slices.Contains(ids, c.ID)
	})
}

// passedOn reports whether a check passed on a port.
func passedOn(checks []survey.Check, port uint16, id string) bool {
	return slices.ContainsFunc(checks, func(c survey.Check) bool {
		return c.State == survey.Pass && c.Port == port && c.ID == id
	})
}

// Verdict is how open a target is, by what its services showed and what the
// checks found: the most open verdict of any service.
func Verdict(services []survey.Service, checks []survey.Check) survey.Verdict {
	verdict := survey.Unreachable
	for _, s := range services {
		if v := verdictOf(s, checks); v.Rank() > verdict.Rank() {
			verdict = v
		}
	}
	return verdict
}

// verdictOf is the verdict on one service. A query and a retrieval count as
// open images only where the same port answers both.
func verdictOf(s survey.Service, checks []survey.Check) survey.Verdict {
	studies := failedOn(checks, s.Port, LGD04.ID, LGD05.ID, LGW01.ID)
	switch {
	case studies && failedOn(checks, s.Port, LGD06.ID, LGD07.ID, LGW02.ID):
		return survey.OpenImages
	case studies || failedOn(checks, s.Port, LGD09.ID):
		return survey.Open
	case s.Levels.Associates:
		return survey.Identified
	case failedOn(checks, s.Port, LGW02.ID): // images for those who know their UIDs
		return survey.Identified
	case s.Levels.Speaks || speaksDICOMweb(s):
		return survey.Protected
	case s.Protocol == survey.ProtocolHTTP && s.HTTP != nil && s.HTTP.Page != "":
		// The web side of an archive. What is open of it is said beside the
		// verdict (Viewer), because no study was looked for there.
		return survey.Protected
	case s.Protocol != survey.ProtocolHTTP && certificateRequired(s):
		return survey.Protected
	}
	switch s.Outcome {
	case survey.Answered, survey.Foreign, survey.Malformed, survey.Mute, survey.Closed:
		return survey.NotDICOM
	}
	return survey.Unreachable
}

// speaksDICOMweb reports whether a DICOMweb service answered, be it that it
// demands a login.
func speaksDICOMweb(s survey.Service) bool {
	w := s.DICOMweb
	return w != nil && (w.QIDO == survey.AccessOpen || w.QIDO == survey.AccessProtected || w.WADO == survey.AccessProtected)
}

// Decides returns the index of the service that decides the verdict, -1 when
// none answered.
func Decides(services []survey.Service, checks []survey.Check) int {
	index, best := -1, survey.Unreachable
	for i, s := range services {
		if v := verdictOf(s, checks); v.Rank() > best.Rank() {
			index, best = i, v
		}
	}
	return index
}

// Viewer says how a viewer without login is reachable, plain HTTP first.
func Viewer(services []survey.Service) survey.Viewer {
	viewer := survey.Viewer("")
	for _, s := range services {
		if s.HTTP == nil || !s.HTTP.Viewer || s.HTTP.AuthRequired {
			continue
		}
		if s.TLS == nil {
			return survey.ViewerOpenHTTP
		}
		viewer = survey.ViewerOpenHTTPS
	}
	return viewer
}
