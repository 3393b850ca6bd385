package assess

import (
	"context"
	"io"
	"net/http"
	"strings"

	"leadglass/internal/survey"
)

// LGW07 looks whether the start page lists DICOM files.
var LGW07 = Check{
	ID:       "LG-W07",
	Title:    "Directory listing with DICOM files",
	Severity: survey.Critical,
	On:       OnHTTP,
	Means: `The files of the archive lie in the open, and search engines find them: images with the names and IDs of the patients
inside, and often in the names of the files.`,
	Tested: `The start page is read, up to 256 KiB, and judged as it passes: it is a listing where it is built as web servers
build one (a title as "Index of /", "Directory listing for", "Files within"; the frames of IIS and of Go), or where hardly any link leads elsewhere than to DICOM files. Links are
counted whose names end as those of DICOM files do (.dcm, .dicom, .ima, DICOMDIR), and those whose name is a UID, with a modality before it or not. Names as writers of DICOM
media give them (IM000001) are no proof: the check is unknown where there are no others. No listing is followed, no file is opened, and no name is kept. Other files without an
ending are not recognised, so a pass is no proof.`,
	Sends:      `One GET of the start page, where identification found none of a known product there.`,
	References: []string{refCWE548, refAccess, refGDPR, refNIS2Access},
	Run:        runW07,
}

func runW07(ctx context.Context, s *Session) Result {
	h := s.Service.HTTP
	switch {
	case h == nil:
		return notApplicable("There is no page.")
	case h.AuthRequired:
		return pass("The start page demands a login (status %d).", h.Status)
	case h.Page != "" || h.Status != http.StatusOK:
		return pass("The start page is no listing (status %d).", h.Status)
	}
	if r, no := s.forbidden(); no {
		return r
	}
	var l listing
	r, err := s.askWeb(ctx, webRequest{http.MethodGet, "/", "", "text/html"}, func(_ webReply, body io.Reader) { l.read(io.LimitReader(body, maxListing)) })
	switch {
	case err != nil:
		return unknown("The start page was requested without an answer: %s.", err)
	case !r.is(http.StatusOK) || !strings.Contains(r.media, "html"), !l.listed():
		return pass("The start page is no listing (status %d).", r.status)
	case l.files+l.uids == 0 && l.media > 0:
		return unknown("The start page is a listing; links to files that are named as on a DICOM medium, which other files may be too: %d.", l.media)
	case l.files+l.uids == 0:
		return pass("The start page is a listing without files that are DICOM by their names.")
	}
	s.webFacts().files = true
	return fail("The start page is a listing; links to files that are DICOM by their names: %d.", l.files+l.uids)
}
