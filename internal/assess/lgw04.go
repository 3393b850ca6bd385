package assess

import (
	"context"
	"fmt"

	"leadglass/internal/survey"
)

// LGW04 looks at the start page's fingerprint.
var LGW04 = Check{
	ID:       "LG-W04",
	Title:    "Viewer or administration page without login",
	Severity: survey.High,
	On:       OnHTTP,
	Means: `Anybody with a browser reaches the viewer or the archive's own pages. Whether images show up is not tried here,
but pages that ask for no login seldom protect what is behind them, and search engines find them.`,
	Tested: `The start page is compared with the fingerprints of known viewers and archives. Known, and neither 401 nor 403
nor a login form: fail. No study is opened, and no other page is looked at for this check. A page that demands a login only
when its script asks for data looks the same from outside; where a DICOMweb service was found, the evidence says whether that
demands one.`,
	Sends:      `Nothing of its own; identification sends one GET for the start page.`,
	References: []string{refAccess, refPersonAuth, refGDPR, refNIS2Access, refNIST},
	Run:        runW04,
}

func runW04(_ context.Context, s *Session) Result {
	h := s.Service.HTTP
	switch {
	case h == nil || !h.Viewer && h.Page == "":
		return notApplicable("The start page is none of a known viewer or archive.")
	case h.AuthRequired:
		return pass("The page demands a login (status %d).", h.Status)
	case !h.Viewer:
		return pass("The page is neither a viewer nor an administration page.")
	}
	return fail("%s is %s, without login%s%s.", placeOf(h), pageName(h.Page), statusOf(h), s.dataBehind())
}

// dataBehind says how far the DICOMweb service beside a page is open, where
// LG-W01 has found one.
func (s *Session) dataBehind() string {
	switch w := s.Service.DICOMweb; {
	case w == nil:
		return ""
	case w.QIDO == survey.AccessProtected:
		return "; the DICOMweb service beside it demands one"
	case w.QIDO == survey.AccessOpen:
		return "; the DICOMweb service beside it is open too"
	}
	return ""
}

// placeOf says which page of a server was recognised.
func placeOf(h *survey.HTTP) string {
	if h.PagePath == "" {
		return "The start page"
	}
	return "The page at " + h.PagePath
}

// statusOf is the status of the start page, where that was recognised.
func statusOf(h *survey.HTTP) string {
	if h.PagePath == "" {
		return fmt.Sprintf(" (status %d)", h.Status)
	}
	return ""
}

func pageName(page string) string {
	if page == "" {
		return "a viewer or administration page"
	}
	return page
}
