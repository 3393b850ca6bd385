package assess

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// acceptFile is what retrieval accepts. No transfer syntax is preferred, so that
// no server has to convert anything.
const acceptFile = `multipart/related; type="application/dicom"; transfer-syntax=*`

// webFacts is what the checks of an HTTP service have seen so far.
type webFacts struct {
	client *http.Client
	left   *int // of the host; may be nil
	made   int

	// looked is true once the roots were tried; service is then what was
	// found, nil where nothing was, and why says why not, or how the search
	// answered.
	looked  bool
	root    products.Root
	service *survey.DICOMweb
	search  webReply
	why     string
	// failed: requests went without an answer, so that nothing can be told.
	failed bool
	// kept: every path demands a login, of a product that may have a DICOMweb service.
	kept bool
	// control is the answer to a path that cannot exist, accept what searches
	// accept.
	control webReply
	accept  string
	// files: the start page lists DICOM files.
	files bool
	// open are the answers that gave data without login.
	open []webReply
}

func (s *Session) webFacts() *webFacts {
	if s.web == nil {
		s.web = &webFacts{left: s.Web.Left}
		s.web.client = s.webClient(s.web)
	}
	return s.web
}

// take counts a request and reports whether it may be made.
func (f *webFacts) take() bool {
	if f.made >= MaxWebRequests || f.left != nil && *f.left <= 0 {
		return false
	}
	f.made++
	if f.left != nil {
		*f.left--
	}
	return true
}

// forbidden is the result of the checks that ask HTTP services where the
// scope does not permit it or nothing can be asked.
func (s *Session) forbidden() (Result, bool) {
	switch {
	case !s.Allow.DICOMweb:
		return unknown("The scope does not permit to ask for it (allow: dicomweb)."), true
	case s.Web.Client == nil:
		return unknown("It was not asked."), true
	case s.Service.CertificateRequired() && s.Web.Root != "":
		s.turnedAway()
		return pass("A client without a certificate was turned away."), true
	}
	return Result{}, false
}

// turnedAway notes the DICOMweb service whose root the user named, where TLS
// lets nobody ask it who has no certificate.
func (s *Session) turnedAway() {
	f := s.webFacts()
	if f.looked {
		return
	}
	f.looked = true
	w := s.given()
	if known := s.known(); w.Path == "" && len(known) > 0 {
		w = known[0]
	}
	f.found(s.Service, w, webReply{}, survey.AccessProtected)
	f.service.WADO, f.service.STOW = survey.AccessProtected, survey.AccessProtected
}

// nowhere is the result of the DICOMweb checks where no service was found.
func (f *webFacts) nowhere() Result {
	switch {
	case f.failed:
		return unknown("Whether there is a DICOMweb service is undecided: %s.", f.why)
	case f.kept:
		return pass("Every path demands a login (status %d), so that nothing of DICOMweb is answered without one; whether there is such a service is not known.", f.control.status)
	}
	return notApplicable("No DICOMweb service was found: %s.", f.why)
}

// dicomweb looks for the DICOMweb service, once.
func (s *Session) dicomweb(ctx context.Context) *webFacts {
	f := s.webFacts()
	if f.looked {
		return f
	}
	f.looked = true
	if err := s.control(ctx, f); err != nil {
		f.failed, f.why = true, err.Error()
		return f
	}
	roots, named := s.roots(ctx)
	var asked []string
	for i, w := range roots {
		r, err := s.searchAt(ctx, w)
		if err != nil {
			f.failed, f.why = true, err.Error()
			continue
		}
		asked = append(asked, fmt.Sprintf("%s (status %d)", cmp.Or(w.Path, "/"), r.status))
		if access, there := judgeSearch(r, f.control); there && (w.Path != "" || i < named || access == survey.AccessOpen) {
			if access == survey.AccessUnknown {
				r, access = s.searchLess(ctx, w, r)
			}
			f.found(s.Service, w, r, access)
			return f
		}
	}
	if len(roots) == 0 {
		f.why = "no root is known at which it could be"
		return f
	}
	switch w := roots[0]; {
	case f.failed:
	case f.control.guarded() && s.Web.Root != "":
		f.found(s.Service, w, f.control, survey.AccessProtected)
	case f.control.guarded() && own(w, s.Service):
		// A login for every path is no sign of what is behind it.
		f.kept, f.root = true, w
	default:
		f.why = "requested " + strings.Join(asked, ", ")
	}
	return f
}

// found notes a DICOMweb service.
func (f *webFacts) found(s *survey.Service, w products.Root, r webReply, search survey.Access) {
	f.root, f.search, f.failed = w, r, false
	f.service = &survey.DICOMweb{Root: cmp.Or(w.Path, "/"), QIDO: search, WADO: survey.AccessUnknown, STOW: survey.AccessUnknown}
	s.DICOMweb = f.service
	if search == survey.AccessOpen {
		f.open = append(f.open, r)
	}
}

// judgeSearch says what the answer to a search tells, by comparison with the
// answer to a path that cannot exist: servers of single page applications
// answer everything with their page, guarded ones everything with 401. there
// is true when a search service is at the path.
func judgeSearch(r, control webReply) (access survey.Access, there bool) {
	same := r.status == control.status
	switch {
	case r.is(http.StatusOK, http.StatusPartialContent):
		return survey.AccessOpen, r.dicomList() && !(same && control.dicomList())
	case r.is(http.StatusNoContent): // nothing to list (PS3.18 10.6.3.1)
		return survey.AccessOpen, !same
	case r.guarded():
		return survey.AccessProtected, !same && !control.guarded()
	case r.gone(), r.redirects():
		return survey.AccessAbsent, false
	case r.is(http.StatusMethodNotAllowed):
		return survey.AccessAbsent, !same
	}
	return survey.AccessUnknown, !same
}

// impossibleUID is a UID that no object has: made up now, at random (PS3.5
// B.2, a UUID below 2.25).
func impossibleUID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return "2.25." + new(big.Int).SetBytes(b[:]).String()
}
