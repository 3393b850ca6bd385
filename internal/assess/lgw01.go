package assess

import (
	"context"
	"fmt"
	"strings"

	"leadglass/internal/survey"
)

// LGW01 asks for one study by QIDO-RS and reads nothing but status and headers.
var LGW01 = Check{
	ID:       "LG-W01",
	Title:    "Study search by DICOMweb answered (QIDO-RS)",
	Severity: survey.Critical,
	On:       OnHTTP,
	Means: `Anybody with a browser can list the studies of the archive, with the names, birth dates and IDs of the patients: a
search returns them whether they were requested or not. It is for DICOMweb what LG-D04 is for DICOM.`,
	Tested: `One study is requested at the DICOMweb roots of the product, then at those that are the most common (docs/products.md, dicomweb_roots), at most twelve, and no more as soon as
one answers. A root that the user named comes first, then those that the public configuration of a viewer names (qidoRoot, wadoRoot) for the same host and port.
A path that cannot exist is requested before, so that servers which answer everything alike are not taken for DICOMweb. A search that is declined with 406, 415 or 400 is
sent again with other media types, those of the standard and of before 2017.

| answer | result |
|---|---|
| 200 or 206 with DICOM JSON, DICOM XML, or JSON that begins as a list of data sets; 204 | fail |
| 401, 403, 407 | pass |
| 404, 410, a page, a redirect elsewhere, the same as the path that cannot exist | no DICOMweb service there |
| anything else (400, 413, 500, 503) | asked once more, for the studies of today; where that says neither, unknown |

Where TLS demands a client certificate, nothing is asked: the service counts as protected if the user named its root, and as not found otherwise.
Where every path demands a login, the service counts as protected if the user named its root. That is no sign of such a service otherwise, and
for a product that may have one the check passes: nothing is answered without the login. Of the body of the answer nothing is read but, of plain JSON, what comes before the first value, which is the first tag: other interfaces have
lists at such a path too. The connection is closed then.`,
	Sends: `GET of a path made up at random and of at most twelve roots, each with /studies?limit=1, and of one with &StudyDate= and today's date where the first answer says neither. The checks of one HTTP port send
at most 32 requests, those of a host 80; where a viewer was found, at most two are for its configuration.`,
	References: []string{refQIDO, refAccess, refPersonAuth, refGDPR, refNIS2Access, refNIST},
	Run:        runW01,
}

func runW01(ctx context.Context, s *Session) Result {
	if r, no := s.forbidden(); no {
		return r
	}
	f := s.dicomweb(ctx)
	if f.service == nil {
		return f.nowhere()
	}
	switch f.service.QIDO {
	case survey.AccessOpen:
		elsewhere := ""
		if given := strings.TrimRight(s.Web.Root, "/"); given != "" && s.given().Path != f.root.Path {
			elsewhere = fmt.Sprintf(" At %s, which was named, there is none.", given)
		}
		return fail("A search for one study at %s was answered without login (status %d).%s", f.service.Root, f.search.status, elsewhere)
	case survey.AccessProtected:
		return pass("A search at %s demands a login (status %d).", f.service.Root, f.search.status)
	case survey.AccessAbsent:
		return pass("A search at %s is not offered (status %d).", f.service.Root, f.search.status)
	}
	return unknown("A search at %s was answered with status %d, which says neither.", f.service.Root, f.search.status)
}
