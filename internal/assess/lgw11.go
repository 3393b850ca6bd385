package assess

import (
	"context"
	"io"
	"net/http"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// LGW11 asks the product's own interface for a list of studies that is empty.
var LGW11 = Check{
	ID:       "LG-W11",
	Title:    "Studies are listed by the product's own interface",
	Severity: survey.Critical,
	On:       OnHTTP,
	Means: `Anybody with a browser can list the studies of the archive and read their patients' names, birth dates and IDs, also
where the archive refuses DICOM and DICOMweb. It is the product's way of what LG-D04 says of DICOM.`,
	Tested: `Where a product was found whose record has such an interface, its list of studies is requested from a position far behind its end, so
that the answer of an archive is an empty list. Of the body two bytes are read.

| answer | result |
|---|---|
| 200 with a list in JSON, where a path that cannot exist is answered otherwise | fail |
| 401, 403, 407 | pass |
| 404, 410, 405, a page | pass: the list is not offered |
| anything else | unknown |`,
	Sends:      `One GET of the list of studies, with the query of the record that makes it empty.`,
	References: []string{refAccess, refPersonAuth, refGDPR, refNIS2Access, refNIST},
	Run:        runW11,
}

func runW11(ctx context.Context, s *Session) Result {
	rest, no := s.withREST(ctx)
	if no != nil {
		return *no
	}
	r, list, err := s.emptyList(ctx, rest, rest.Studies)
	switch {
	case err != nil:
		return unknown("The product's list of studies was requested without an answer: %s.", err)
	case list:
		s.web.open = append(s.web.open, r)
		return fail("The product's list of studies was answered without login (status %d); it was requested from behind its end.", r.status)
	case r.guarded():
		return pass("The product's list of studies demands a login (status %d).", r.status)
	case r.gone() || r.is(http.StatusMethodNotAllowed) || r.is(http.StatusOK) && r.media == "text/html":
		return pass("The product's list of studies is not offered (status %d).", r.status)
	}
	return unknown("The product's list of studies was answered with status %d, which says neither.", r.status)
}

// emptyList requests one of the lists of a product's interface from behind its
// end, and reports whether a list came.
func (s *Session) emptyList(ctx context.Context, rest products.REST, path string) (r webReply, list bool, err error) {
	r, err = s.askWeb(ctx, webRequest{http.MethodGet, path, rest.PastTheEnd, "application/json"}, func(_ webReply, body io.Reader) {
		var first [2]byte
		_, err := io.ReadFull(body, first[:])
		list = err == nil && first[0] == '['
		clear(first[:])
	})
	control := s.web.control
	list = list && r.is(http.StatusOK) && !(control.is(http.StatusOK) && control.media == r.media)
	return r, list, err
}

// withREST returns the interface of the product's own that lists studies and
// serves files, or else the result of the checks of it.
func (s *Session) withREST(ctx context.Context) (products.REST, *Result) {
	if s.Service.HTTP == nil {
		r := notApplicable("There is no page.")
		return products.REST{}, &r
	}
	if r, no := s.forbidden(); no {
		return products.REST{}, &r
	}
	rest, ok := s.Products.RESTOf(s.place(ctx))
	if !ok {
		r := notApplicable("No product with such an interface was found.")
		return products.REST{}, &r
	}
	return rest, nil
}
