package pipeline

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"net"

	"leadglass/internal/identify"
	"leadglass/internal/survey"
)

// dial opens a connection, with a handshake where the port speaks TLS.
func (h *host) dial(ctx context.Context, o opener) (net.Conn, error) {
	if !o.secure {
		return h.gate.Dial(ctx, o.port)
	}
	conn, err := h.gate.DialTLS(ctx, o.port, new(handshake).config())
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// handshake gathers what a peer shows during a TLS handshake, also one that it
// refuses in the end.
type handshake struct {
	seen *tls.ConnectionState
	// asked: the peer asked for a client certificate.
	asked bool
}

// config is that of a client without a certificate. The peer is described, not
// trusted, and old versions of the protocol are there to be found.
func (s *handshake) config() *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS10,
		VerifyConnection: func(c tls.ConnectionState) error {
			s.seen = &c
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			s.asked = true
			return &tls.Certificate{}, nil
		},
	}
}

// The values of survey.TLS.ClientCertificate.
const (
	certificateRequired    = "required"
	certificateNotRequired = "not-required"
)

// probeTLS tries DICOM, and then HTTP, inside TLS. ok is false when the peer
// does not speak TLS.
func (h *host) probeTLS(ctx context.Context, port uint16) (s survey.Service, ok bool) {
	var shown handshake
	conn, err := h.gate.DialTLS(ctx, port, shown.config())
	if err == nil {
		_ = conn.Close()
	}
	if shown.seen == nil {
		return survey.Service{}, false
	}
	described := describe(shown.seen)
	described.ClientCertificate = certificateNotRequired
	if err != nil { // up to TLS 1.2 the handshake itself fails without a certificate
		described.ClientCertificate = certificateRequired
		return survey.Service{Port: port, Protocol: survey.ProtocolUnknown, Outcome: survey.Closed,
			Detail: "the TLS handshake ended without a client certificate", TLS: described,
			CalledAETitle: survey.CalledAETitle{Policy: survey.UnknownTitle}, SOPClasses: []string{}}, true
	}
	if h.url != nil { // the user said that it is HTTP
		if s = h.http(ctx, port, "https"); s.Outcome == survey.Answered {
			s.TLS = described
			return s, true
		}
	}
	secure := opener{port: port, secure: true}
	s = identify.DICOM(ctx, port, h.open(secure, h.Timeouts.Answer), h.identifyOptions())
	if s.Protocol == survey.ProtocolUnknown && !shown.asked {
		if web := h.http(ctx, port, "https"); web.Outcome == survey.Answered {
			s = web
		}
	}
	if shown.asked && s.Protocol == survey.ProtocolUnknown { // TLS 1.3 says so with the first answer
		described.ClientCertificate = certificateRequired
	}
	s.TLS = described
	return s, true
}

// describe is what a report says of a handshake.
func describe(c *tls.ConnectionState) *survey.TLS {
	t := &survey.TLS{Version: tls.VersionName(c.Version), CipherSuite: tls.CipherSuiteName(c.CipherSuite)}
	if len(c.PeerCertificates) == 0 {
		return t
	}
	cert := c.PeerCertificates[0]
	t.NotAfter = cert.NotAfter.UTC()
	t.SelfSigned = selfSigned(cert)
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		t.KeyType, t.KeyBits = "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		t.KeyType, t.KeyBits = "ECDSA", key.Curve.Params().BitSize
	case ed25519.PublicKey:
		t.KeyType, t.KeyBits = "Ed25519", 256
	}
	return t
}

// selfSigned reports whether cert is signed with its own key.
func selfSigned(cert *x509.Certificate) bool {
	return cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
}
