package assess

import (
	"context"

	"leadglass/internal/survey"
)

// LGW09 looks at the headers of the answers that the other checks got.
var LGW09 = Check{
	ID:       "LG-W09",
	Title:    "Any web page may read the open data (CORS)",
	Severity: survey.High,
	On:       OnHTTP,
	Means: `Every web page that somebody in the house opens can read the archive through that person's browser and send it away,
also where the archive cannot be reached from outside.`,
	Tested: `The requests of LG-W01, LG-W02 and LG-W06 say that they come from a page of https://leadglass.invalid. An answer that
gives data without login and permits that origin, or any (Access-Control-Allow-Origin: *): fail. Without open data there is nothing to
read, and the check does not apply.`,
	Sends:      `Nothing of its own.`,
	References: []string{refCORS, refAccess, refGDPR},
	Run:        runW09,
}

func runW09(ctx context.Context, s *Session) Result {
	if r, no := s.forbidden(); no {
		return r
	}
	f := s.dicomweb(ctx)
	if len(f.open) == 0 {
		return notApplicable("No request was given data without login.")
	}
	for _, r := range f.open {
		switch r.origin {
		case anyOrigin:
			return fail("Data that is open may be read by any web page (Access-Control-Allow-Origin: *).")
		case sameOrigin:
			return fail("Data that is open may be read by any web page: the origin of the request is permitted, whichever it is.")
		}
	}
	return pass("The answers with data do not permit other origins.")
}
