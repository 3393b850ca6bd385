package assess

import (
	"context"
	"io"
	"net/http"

	"leadglass/internal/survey"
)

// LGW12 asks the product's own interface for a file that cannot exist.
var LGW12 = Check{
	ID:       "LG-W12",
	Title:    "Images can be fetched by the product's own interface",
	Severity: survey.Critical,
	On:       OnHTTP,
	Means: `Anybody with a browser can download the files of the archive, with the names in them, also where it refuses DICOM and
DICOMweb. Where the list is open as well (LG-W11), the whole archive is downloadable.`,
	Tested: `Where a product was found whose record has such an interface, the file of an instance is requested whose identifier was made up at random. Nothing can
come, because no archive has it; a server that demands a login says so before it looks.

| answer | result |
|---|---|
| 404 with the product's error document | fail |
| 404 without it, and the product's list of instances, requested from behind its end, is answered without login: it is set to describe no errors | fail |
| 404 without either: a server before the product that does not let the request pass | pass |
| 401, 403, 407 | pass |
| anything else | unknown |`,
	Sends:      `One GET of the file of an instance whose identifier is made up at random and, where needed, of the list of instances, with the query of the record that makes it empty.`,
	References: []string{refAccess, refPersonAuth, refGDPR, refNIS2Access, refNIST},
	Run:        runW12,
}

func runW12(ctx context.Context, s *Session) Result {
	rest, no := s.withREST(ctx)
	if no != nil {
		return *no
	}
	described := false
	r, err := s.askWeb(ctx, webRequest{http.MethodGet, rest.File(), "", "application/dicom"},
		func(_ webReply, body io.Reader) { described = hasKey(body, rest.ErrorKey) })
	switch {
	case err != nil:
		return unknown("A file that cannot exist was requested of the product's interface without an answer: %s.", err)
	case r.guarded():
		return pass("Files of the product's interface demand a login (status %d).", r.status)
	case r.is(http.StatusNotFound) && described:
		return fail("The product's interface answers without login that a file made up at random does not exist (status %d, with the product's error document).", r.status)
	case r.is(http.StatusMethodNotAllowed):
		return pass("Files of the product's interface are not offered (status %d).", r.status)
	case !r.gone():
		return unknown("The product's interface answered a file made up at random with status %d, which says neither.", r.status)
	}
	control, list, err := s.emptyList(ctx, rest, rest.Instances)
	switch {
	case err != nil:
		return unknown("The product's interface answered a file made up at random with status %d, and its list of instances was requested without an answer: %s.", r.status, err)
	case list:
		return fail("The product's interface answers without login that a file made up at random does not exist (status %d), and lists instances (status %d).", r.status, control.status)
	case control.guarded() || control.gone():
		return pass("Files of the product's interface are not offered (status %d; its list of instances: status %d).", r.status, control.status)
	}
	return unknown("The product's interface answered a file made up at random with status %d and its list of instances with status %d, which says neither.", r.status, control.status)
}
