package assess

import (
	"context"

	"leadglass/internal/survey"
)

// LGW05 looks at the start page's fingerprint and transport.
var LGW05 = Check{
	ID:       "LG-W05",
	Title:    "Viewer or administration page without login over plain HTTP",
	Severity: survey.High,
	On:       OnHTTP,
	Means: `What LG-W04 says, and besides everything that is looked at there crosses the network readable and changeable
for everybody on the way. The study of 2019 counted 39 such viewers.`,
	Tested:     `As LG-W04, on a port that speaks HTTP without TLS.`,
	Sends:      `Nothing of its own; identification sends one GET for the start page.`,
	References: []string{refTransmit, refRFC9325, refAccess, refGDPREncrypt, refNIS2Crypto},
	Run:        runW05,
}

func runW05(ctx context.Context, s *Session) Result {
	open := runW04(ctx, s)
	switch {
	case open.State != survey.Fail:
		return Result{open.State, open.Evidence}
	case s.Service.TLS != nil:
		return pass("The page is served over %s.", s.Service.TLS.Version)
	}
	return fail("%s is %s, without login and over plain HTTP%s.", placeOf(s.Service.HTTP), pageName(s.Service.HTTP.Page), statusOf(s.Service.HTTP))
}
