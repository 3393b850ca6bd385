package assess

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
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
	Tested: `A study with a UID made up at random is requested beneath the DICOMweb root (WADO-RS). Nothing can come, because no
archive has it; a service that demands a login says so before it looks.

| answer | result |
|---|---|
| 404 or 410, and a made-up resource beneath the root demands a login | fail |
| 404 or 410, the search is open, and a made-up resource beneath the root is answered with another status or in other words | fail |
| 404 or 410, the search is open, and the same study in a form that no service has is answered with 400, 406 or 415 | fail |
| 404 or 410 without such a sign, as servers answer that pass on the search alone | unknown |
| 401, 403, 407 | pass |
| anything else: 200 or 204 for what does not exist, 400, 406, 500 | unknown |

WADO-URI is asked without parameters first. A path that then answers as one that cannot exist does is no service; where it
answers otherwise (PS3.18 9.1 demands 400), the object that cannot exist is requested, and 404 or 410 is a fail. Of bodies of 404 a digest is
compared, of at most 4 KiB; nothing else of them is kept.`,
	Sends: `GET of {root}/studies/{UID made up at random}, at most two GETs of made-up resources beneath the root, one more of the study, and two of the
product's WADO-URI path.`,
	References: []string{refWADO, refWADOURI, refAccess, refPersonAuth, refGDPR, refNIS2Access},
	Run:        runW02,
}

func runW02(ctx context.Context, s *Session) Result {
	if r, no := s.forbidden(); no {
		return r
	}
	f := s.dicomweb(ctx)
	if f.kept && s.wadoURI(ctx, f) == survey.AccessOpen {
		f.found(s.Service, f.root, f.control, survey.AccessProtected)
		f.service.WADO = survey.AccessOpen
		return openWADOURI(f)
	}
	if f.service == nil {
		return f.nowhere()
	}
	access, r := s.wadoRS(ctx, f)
	if access != survey.AccessOpen {
		if u := s.wadoURI(ctx, f); u == survey.AccessOpen {
			access = survey.AccessOpen
			r = openWADOURI(f)
		}
	}
	f.service.WADO = access
	return r
}

func openWADOURI(f *webFacts) Result {
	return fail("WADO-URI at %s answers without login that an object made up at random does not exist.", f.root.WADOURI)
}

// wadoRS asks for a study beneath the root.
func (s *Session) wadoRS(ctx context.Context, f *webFacts) (survey.Access, Result) {
	root := f.root.Path
	study := root + "/studies/" + impossibleUID()
	r, err := s.askSigned(ctx, study, acceptFile)
	switch {
	case err != nil:
		return survey.AccessUnknown, unknown("A study made up at random was requested at %s without an answer: %s.", f.service.Root, err)
	case r.guarded():
		return survey.AccessProtected, pass("Retrieval at %s demands a login (status %d).", f.service.Root, r.status)
	case r.gone():
		return s.beneath(ctx, f, study, r)
	case r.is(http.StatusMethodNotAllowed, http.StatusNotImplemented):
		return survey.AccessAbsent, pass("Retrieval at %s is not offered (status %d).", f.service.Root, r.status)
	}
	return survey.AccessUnknown, unknown("Retrieval at %s answered a study made up at random with status %d, which says neither.", f.service.Root, r.status)
}

// beneath tells whether 404 comes from the retrieval service or from a server
// that knows no such path: by what a made-up resource beneath the root is
// answered, and by what the study is where it is requested in a form that no
// service has.
func (s *Session) beneath(ctx context.Context, f *webFacts, study string, r signedReply) (survey.Access, Result) {
	root := f.root.Path
	open := func(sign string, args ...any) (survey.Access, Result) {
		f.open = append(f.open, r.webReply)
		return survey.AccessOpen, fail("Retrieval at %s answers without login that a study made up at random does not exist (status %d), %s.",
			f.service.Root, r.status, fmt.Sprintf(sign, args...))
	}
	control, err := s.askSigned(ctx, root+"/"+madeUpName(), acceptFile)
	switch {
	case err == nil && control.guarded():
		return open("while other resources there demand one")
	case f.service.QIDO != survey.AccessOpen:
		return survey.AccessUnknown, unknown("Retrieval at %s answered with status %d, which a path without a service answers as well.", f.service.Root, r.status)
	case err == nil && control.status != r.status && control.status < http.StatusInternalServerError && !control.is(http.StatusTooManyRequests):
		return open("and a resource made up beneath the root with status %d", control.status)
	case err == nil && control.status == r.status && control.sign != r.sign:
		// Pages that differ from each other in every case say nothing.
		if again, err := s.askSigned(ctx, root+"/"+madeUpName(), acceptFile); err == nil && again.sign == control.sign {
			return open("in other words than for a resource made up beneath the root")
		}
	}
	other, err := s.askWeb(ctx, webRequest{http.MethodGet, study, "", acceptNothing}, nil)
	switch {
	case err != nil:
		return survey.AccessUnknown, unknown("Retrieval at %s answered with status %d; whether that is the service's was asked without an answer: %s.", f.service.Root, r.status, err)
	case other.is(http.StatusBadRequest, http.StatusNotAcceptable, http.StatusUnsupportedMediaType):
		return open("and a form that no service has with status %d", other.status)
	case other.guarded():
		return survey.AccessProtected, pass("Retrieval at %s demands a login (status %d).", f.service.Root, other.status)
	}
	return survey.AccessUnknown, unknown("Retrieval at %s answered with status %d, as a server does that passes on the search alone.", f.service.Root, r.status)
}

// acceptNothing is a media type that no service has (PS3.18 8.7.8 demands 406).
const acceptNothing = "image/x-leadglass-none"

// madeUpName is a name that no resource has.
func madeUpName() string { return strings.TrimPrefix(impossibleUID(), "2.25.") }

// signedReply is a reply with a digest of its body.
type signedReply struct {
	webReply
	sign uint64
}

// askSigned makes a request. Where the answer is that there is nothing, it
// digests what the body says beside the path that was requested, figures and
// hexadecimal letters, which change from one answer to the next. Nothing else of
// the body is kept.
func (s *Session) askSigned(ctx context.Context, path, accept string) (r signedReply, err error) {
	r.webReply, err = s.askWeb(ctx, webRequest{http.MethodGet, path, "", accept}, func(reply webReply, body io.Reader) {
		if !reply.gone() {
			return // it may be anything, an image too
		}
		text := make([]byte, maxSigned)
		defer clear(text)
		n, _ := io.ReadFull(body, text) // what came before an error counts
		h := fnv.New64a()
		_, _ = io.WriteString(h, reply.media)
		for rest := text[:n]; len(rest) > 0; {
			if after, ok := bytes.CutPrefix(rest, []byte(path)); ok {
				rest = after
				continue
			}
			if c := rest[0]; !strings.ContainsRune("0123456789abcdefABCDEF.", rune(c)) {
				_, _ = h.Write(rest[:1])
			}
			rest = rest[1:]
		}
		r.sign = h.Sum64()
	})
	return r, err
}

// maxSigned is how much of a body is digested, in bytes.
const maxSigned = 4 << 10

// wadoURI asks for an object at the product's WADO-URI path.
func (s *Session) wadoURI(ctx context.Context, f *webFacts) survey.Access {
	if f.root.WADOURI == "" {
		return survey.AccessUnknown
	}
	bare, err := s.askWeb(ctx, webRequest{http.MethodGet, f.root.WADOURI, "", "application/dicom"}, nil)
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
	r, err := s.askWeb(ctx, webRequest{http.MethodGet, f.root.WADOURI, q.Encode(), "application/dicom"}, nil)
	switch {
	case err == nil && r.gone():
		f.open = append(f.open, r)
		return survey.AccessOpen
	case err == nil && r.guarded():
		return survey.AccessProtected
	}
	return survey.AccessUnknown
}
