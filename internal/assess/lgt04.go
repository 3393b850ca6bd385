package assess

import (
	"context"

	"leadglass/internal/survey"
)

// LGT04 looks at whether TLS demanded a certificate of us.
var LGT04 = Check{
	ID:       "LG-T04",
	Title:    "Client certificate not required",
	Severity: survey.Medium,
	On:       OnTLS,
	Means: `TLS without client certificates hides what is said from those on the way, not from those who ask: any caller
still gets in. Only the client's certificate says who calls.`,
	Tested: `A handshake without a client certificate, and over it an A-ASSOCIATE-RQ or, on a web port, a request: any answer of
the archive fails the check. Up to TLS 1.2 a server that demands a certificate ends the handshake. In TLS 1.3 it says so after the
handshake, and up to 2 s are waited for that before anything is sent; a server that says nothing is asked. nginx lets the handshake pass
and answers requests with status 400. A web service that demands a login does not need the certificate.`,
	Sends:      `Nothing of its own; identification makes the handshake and sends the A-ASSOCIATE-RQ or the request.`,
	References: []string{refTLSProfile, refPersonAuth, refNIS2Access},
	Run:        runT04,
}

func runT04(ctx context.Context, s *Session) Result {
	t := s.Service.TLS
	switch {
	case t == nil:
		return notApplicable("The service was not reached over TLS.")
	case t.ClientCertificate == "required":
		return pass("A client without a certificate was turned away.")
	case t.ClientCertificate != "not-required":
		return unknown("Whether a client certificate is required is undecided.")
	}
	switch {
	case s.Service.Protocol == survey.ProtocolHTTP:
		return s.webWithoutCertificate(ctx)
	case s.Service.Protocol == survey.ProtocolDICOM:
		return fail("DICOM was answered over TLS to a client without a certificate.")
	}
	return fail("The server asked the client for no certificate.")
}

// webWithoutCertificate judges a web service that answered without a client
// certificate.
func (s *Session) webWithoutCertificate(ctx context.Context) Result {
	h := s.Service.HTTP
	if h == nil || h.AuthRequired {
		return notApplicable("The web service demands a login instead of a client certificate.")
	}
	c := s.Service.Product.Confidence
	archive := h.Page != "" || c != "" && c != survey.UnknownConf
	if !archive && s.Allow.DICOMweb && s.Web.Client != nil {
		f := s.dicomweb(ctx)
		archive = f.service != nil
		if archive && f.service.QIDO == survey.AccessProtected {
			return notApplicable("The web service demands a login instead of a client certificate.")
		}
	}
	if !archive {
		return notApplicable("The web server showed nothing of an archive.")
	}
	return fail("A request was answered over TLS (status %d) to a client without a certificate or login.", h.Status)
}
