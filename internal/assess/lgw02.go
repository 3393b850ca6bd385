package assess

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"leadglass/internal/survey"
)

// LGW02 asks for a study that cannot exist.
var LGW02 = Check{
	ID:       "LG-W02",
	Title:    "Images can be fetched by DICOMweb (WADO-RS, WADO-URI)",
	Severity: survey.Critical,
	On:       OnHTTP,
	Means: `Anybody who knows the UID of a study can fetch its images; where the search is open as well (LG-W01), everybody
knows all UIDs.`,
	Tested: `A study with a UID made up at random is asked for beneath the DICOMweb root (WADO-RS). Nothing can come, because no
archive has it; a service that demands a login says so before it looks.

| answer | result |
|---|---|
| 404 or 410, and the search is open | fail |
| 404 or 410, the search is not, but a made-up resource beneath the root demands a login | fail |
| 401, 403, 407 | pass |
| anything else: 200 or 204 for what does not exist, 400, 406, 500 | unknown |

WADO-URI is asked without parameters first. A path that then answers as one that cannot exist does is no service; where it
answers otherwise (PS3.18 9.1 demands 400), the object that cannot exist is asked for, and 404 or 410 is a fail. No body is read.`,
	Sends: `GET of {root}/studies/{UID made up at random}, at most one GET of a made-up resource beneath the root, and two GETs of the
product's WADO-URI path.`,
	Remedies:   webLogin(),
	References: []string{refWADO, refWADOURI, refAccess, refPersonAuth, refGDPR, refNIS2Access},
	Run:        runW02,
}

func runW02(ctx context.Context, s *Session) Result {
	if r, no := s.forbidden(); no {
		return r
	}
	f := s.dicomweb(ctx)
	if f.service == nil {
		return f.nowhere()
	}
	access, r := s.wadoRS(ctx, f)
	if access != survey.AccessOpen {
		if u := s.wadoURI(ctx, f); u == survey.AccessOpen {
			access = survey.AccessOpen
			r = fail("WADO-URI at %s answers without login that an object made up at random does not exist.", f.root.uri)
		}
	}
	f.service.WADO = access
	return r
}

// wadoRS asks for a study beneath the root.
func (s *Session) wadoRS(ctx context.Context, f *webFacts) (survey.Access, Result) {
	root := f.root.root
	r, err := s.askWeb(ctx, webRequest{http.MethodGet, root + "/studies/" + impossibleUID(), "", acceptFile}, nil)
	switch {
	case err != nil:
		return survey.AccessUnknown, unknown("A study made up at random was asked for at %s without an answer: %s.", root, err)
	case r.guarded():
		return survey.AccessProtected, pass("Retrieval at %s demands a login (status %d).", root, r.status)
	case r.gone() && f.service.QIDO == survey.AccessOpen:
		f.open = append(f.open, r)
		return survey.AccessOpen, fail("Retrieval at %s answers without login that a study made up at random does not exist (status %d).", root, r.status)
	case r.gone():
		return s.beneath(ctx, f, r)
	case r.is(http.StatusMethodNotAllowed, http.StatusNotImplemented):
		return survey.AccessAbsent, pass("Retrieval at %s is not offered (status %d).", root, r.status)
	}
	return survey.AccessUnknown, unknown("Retrieval at %s answered a study made up at random with status %d, which says neither.", root, r.status)
}

// beneath tells, where the search is not open, whether 404 comes from the
// retrieval service or from a server that knows no such path.
func (s *Session) beneath(ctx context.Context, f *webFacts, r webReply) (survey.Access, Result) {
	root := f.root.root
	other, err := s.askWeb(ctx, webRequest{http.MethodGet, root + "/" + strings.TrimPrefix(impossibleUID(), "2.25."), "", acceptFile}, nil)
	if err == nil && other.guarded() {
		return survey.AccessOpen, fail("Retrieval at %s answers without login that a study made up at random does not exist (status %d), while other resources there demand one.", root, r.status)
	}
	return survey.AccessUnknown, unknown("Retrieval at %s answered with status %d, which a path without a service answers as well.", root, r.status)
}

// wadoURI asks for an object at the product's WADO-URI path.
func (s *Session) wadoURI(ctx context.Context, f *webFacts) survey.Access {
	if f.root.uri == "" {
		return survey.AccessUnknown
	}
	bare, err := s.askWeb(ctx, webRequest{http.MethodGet, f.root.uri, "", "application/dicom"}, nil)
	switch {
	case err != nil || bare.redirects():
		return survey.AccessUnknown
	case bare.guarded():
		return survey.AccessProtected
	case bare.status == f.control.status:
		return survey.AccessAbsent
	}
	q := url.Values{"requestType": {"WADO"}, "contentType": {"application/dicom"}, "studyUID": {impossibleUID()},
		"seriesUID": {impossibleUID()}, "objectUID": {impossibleUID()}}
	r, err := s.askWeb(ctx, webRequest{http.MethodGet, f.root.uri, q.Encode(), "application/dicom"}, nil)
	switch {
	case err == nil && r.gone():
		f.open = append(f.open, r)
		return survey.AccessOpen
	case err == nil && r.guarded():
		return survey.AccessProtected
	}
	return survey.AccessUnknown
}
