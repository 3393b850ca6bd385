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
	On:       OnDICOM,
	Means: `TLS without client certificates hides what is said from those on the way, not from those who ask: any caller
still gets in. Only the client's certificate says who calls.`,
	Tested: `A handshake without a client certificate, and an A-ASSOCIATE-RQ over it: any DICOM answer fails the check. In
TLS 1.3 the demand for a certificate shows only after the handshake, when the server ends the connection.`,
	Sends: `Nothing of its own; identification makes the handshake and sends the A-ASSOCIATE-RQ.`,
	Remedies: and(encrypt(), map[Product]string{
		Orthanc: `in orthanc.json:
    "DicomTlsRemoteCertificateRequired": true,
    "DicomTlsTrustedCertificates": "/etc/orthanc/trusted.crt"
and restart. Stations whose certificate is not in trusted.crt can no longer connect.`,
		DCMTKTool: `start it with --require-peer-cert (the default) and without --verify-peer-cert or --ignore-peer-cert:
    storescp +tls /etc/dcmtk/archive.key /etc/dcmtk/archive.crt +cf /etc/dcmtk/stations.crt --require-peer-cert 2762
Stations without a certificate can no longer connect.`,
		Dcm4chee: `on the TLS connection of the device:
    dcmTLSNeedClientAuth: TRUE
and reload the configuration. Stations whose certificate the archive's trust store does not know can no longer connect.`,
	}),
	References: []string{refTLSProfile, refPersonAuth, refNIS2Access},
	Run:        runT04,
}

func runT04(_ context.Context, s *Session) Result {
	t := s.Service.TLS
	if t == nil {
		return notApplicable("The service was not reached over TLS.")
	}
	switch t.ClientCertificate {
	case "required":
		return pass("A client without a certificate was turned away.")
	case "not-required":
		return fail("DICOM was answered over TLS to a client without a certificate.")
	}
	return unknown("It could not be told whether a client certificate is required.")
}
