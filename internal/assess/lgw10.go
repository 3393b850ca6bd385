package assess

import (
	"context"
	"fmt"
	"strings"

	"leadglass/internal/survey"
)

// LGW10 looks at the transport of what the other checks of a web service saw.
var LGW10 = Check{
	ID:       "LG-W10",
	Title:    "Passwords and patients in clear over HTTP",
	Severity: survey.High,
	On:       OnHTTP,
	Means: `A login over plain HTTP keeps out only those who are not on the way: everybody who sees the traffic reads the password
with the first request, and names, findings and images with the answers, and can change both. Whoever has the password once gets in as
its owner.`,
	Tested: `A web service of an archive that is reached without TLS fails the check, whether it demands a login or not: a DICOMweb
service (LG-W01), the product's own interface (LG-W06), DICOM files in a listing (LG-W07), or a page of a known viewer or archive. It passes where
the service is reached over TLS, unless all that the TLS has is a cipher suite without encryption. A web server that showed nothing of an
archive, and one that sends everybody on to HTTPS, is not judged.`,
	Sends:      `Nothing of its own.`,
	References: []string{refTransmit, refBasicAuth, refRFC9325, refPersonAuth, refGDPREncrypt, refNIS2Crypto},
	Run:        runW10,
}

func runW10(ctx context.Context, s *Session) Result {
	what := s.webArchive(ctx)
	t := s.Service.TLS
	switch {
	case what == "":
		return notApplicable("The web server showed nothing of an archive.")
	case t != nil && strings.Contains(t.CipherSuite, "_NULL_"):
		return fail("%s is served over %s, but with a cipher suite that encrypts nothing (%s).", upperFirst(what), t.Version, t.CipherSuite)
	case t != nil:
		return pass("%s is served over %s.", upperFirst(what), t.Version)
	case s.demandsLogin():
		return fail("%s demands a login over plain HTTP: the password, and what is read with it, can be read on the way.", upperFirst(what))
	}
	return fail("%s is served over plain HTTP, without login: what is read there can be read on the way.", upperFirst(what))
}

// webArchive says what of an archive a web service showed; empty where it
// showed nothing.
func (s *Session) webArchive(ctx context.Context) string {
	if s.Allow.DICOMweb && s.Web.Client != nil {
		if f := s.dicomweb(ctx); f.service != nil && (s.Service.SpeaksDICOMweb() || f.service.WADO == survey.AccessOpen) {
			return "the DICOMweb service at " + f.service.Root
		}
	}
	h, p := s.Service.HTTP, s.Service.Product
	switch {
	case h != nil && h.Page != "":
		return "the page " + h.Page
	case p.Confidence == survey.Certain || p.Confidence == survey.Likely:
		return fmt.Sprintf("a web service of %s", p.Name)
	case s.webFacts().files:
		return "a web service with DICOM files"
	}
	return ""
}

// demandsLogin reports whether the page or the DICOMweb service demands one.
func (s *Session) demandsLogin() bool {
	w, h := s.Service.DICOMweb, s.Service.HTTP
	if w != nil && w.QIDO == survey.AccessOpen {
		return false
	}
	return w != nil && w.QIDO == survey.AccessProtected || h != nil && h.AuthRequired
}
