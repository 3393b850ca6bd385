package examine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"time"

	"leadglass/internal/identify"
	"leadglass/internal/peer"
	"leadglass/internal/products"
	"leadglass/internal/survey"
	"leadglass/internal/tlsprobe"
)

// handshake gathers what a peer shows during a TLS handshake, also one that it
// refuses in the end.
type handshake struct {
	seen *tls.ConnectionState
	// asked: the peer asked for a client certificate.
	asked bool
}

// config is that of a client without a certificate. The peer is described, not
// trusted, and old versions and suites are there to be found.
func (s *handshake) config(name string) *tls.Config {
	c := &tls.Config{
		InsecureSkipVerify: true,
		ServerName:         name,
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
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range list {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
	}
	return c
}

// The values of survey.TLS.ClientCertificate.
const (
	certificateRequired    = "required"
	certificateNotRequired = "not-required"
	certificateUnknown     = "unknown"
)

// certificateWait is how long a server may take to say that it wants a client
// certificate, after a handshake that went without one.
const certificateWait = 2 * time.Second

// probeTLS tries DICOM, and then HTTP, inside TLS, and describes the TLS of
// what it finds. ok is false when the peer does not speak TLS.
func (p *prober) probeTLS(ctx context.Context, port uint16) (s survey.Service, ok bool) {
	var shown handshake
	conn, err := p.gate.DialTLS(ctx, port, shown.config(p.name))
	demanded := err != nil && shown.asked // up to TLS 1.2 the handshake itself fails without a certificate
	if err == nil {
		demanded = shown.asked && demandsCertificate(conn)
		_ = conn.Close()
	}
	if wantsName(err) && p.findName(ctx, port) {
		return p.probeTLS(ctx, port) // the host has a name now
	}
	if wantsName(err) && p.findName(ctx, port) {
		return p.probeTLS(ctx, port) // the host has a name now
	}
	if wantsName(err) {
		s = behindTLS(port, survey.Closed, "TLS refuses clients that do not name the server as it is called")
		s.TLS = &survey.TLS{ClientCertificate: certificateUnknown, NameRequired: true}
		return s, true
	}
	if shown.seen == nil {
		return p.greet(ctx, port, err)
	}
	described := p.describe(shown.seen.PeerCertificates)
	described.Version, described.CipherSuite = tls.VersionName(shown.seen.Version), tls.CipherSuiteName(shown.seen.CipherSuite)
	known := tlsprobe.Options{Version: shown.seen.Version, Suite: shown.seen.CipherSuite}
	switch {
	case demanded:
		described.ClientCertificate = certificateRequired
		s = behindTLS(port, survey.Closed, "the TLS handshake ended without a client certificate")
		if p.url != nil { // the user said that it is HTTP
			s.Protocol = survey.ProtocolHTTP
		}
	case err != nil:
		described.ClientCertificate = certificateUnknown
		s = behindTLS(port, survey.Foreign, "the TLS handshake could not be completed")
	default:
		s = p.inside(ctx, port)
		described.ClientCertificate = demandOf(s, shown.asked)
	}
	s.TLS = described
	if s.Protocol != survey.ProtocolUnknown || described.ClientCertificate == certificateRequired {
		p.offer(ctx, &s, known)
	}
	return s, true
}

// inside finds out what speaks inside TLS.
func (p *prober) inside(ctx context.Context, port uint16) survey.Service {
	if p.url != nil { // the user said that it is HTTP
		if s := p.http(ctx, port, "https"); s.Outcome == survey.Answered {
			return s
		}
	}
	s := identify.DICOM(ctx, port, p.open(port, true, p.timeouts.Answer), p.identifyOptions())
	if s.Protocol == survey.ProtocolUnknown {
		if web := p.http(ctx, port, "https"); web.Outcome == survey.Answered {
			return web
		}
	}
	return s
}

// demandsCertificate reports whether the server of a fresh connection ends it
// for want of a client certificate. In TLS 1.3 that comes after the handshake
// (RFC 8446 4.4.2.4); a server that is content waits for us to speak.
func demandsCertificate(conn *tls.Conn) bool {
	if conn.ConnectionState().Version < tls.VersionTLS13 {
		return false
	}
	if err := conn.SetReadDeadline(time.Now().Add(certificateWait)); err != nil {
		return false
	}
	var one [1]byte
	_, err := conn.Read(one[:])
	if err == nil {
		return false
	}
	end := peer.Of(err).Kind
	return end == peer.Alert || end == peer.Closed
}

// wantsName reports whether a server ended the handshake for the name in it, or
// for want of one (RFC 6066 3, unrecognized_name).
func wantsName(err error) bool {
	return err != nil && peer.Of(err) == peer.End{Kind: peer.Alert, Detail: "unrecognized name"}
}

// isAlert reports whether the peer ended a TLS connection by an alert.
func isAlert(err error) bool { return err != nil && peer.Of(err).Kind == peer.Alert }

// demandOf says whether a server wants a client certificate, by what it
// answered without one; asked says whether it asked for one. nginx does so and
// then answers requests with status 400 (its ssl_verify_client).
func demandOf(s survey.Service, asked bool) string {
	switch {
	case !asked:
		return certificateNotRequired
	case s.Protocol == survey.ProtocolHTTP && s.HTTP != nil && s.HTTP.Status == http.StatusBadRequest,
		s.Protocol == survey.ProtocolUnknown && strings.HasPrefix(s.Detail, "tls: "):
		return certificateRequired
	case s.Protocol == survey.ProtocolUnknown:
		return certificateUnknown
	}
	return certificateNotRequired
}

// behindTLS is a service of which nothing is known but its TLS.
func behindTLS(port uint16, o survey.Outcome, detail string) survey.Service {
	return survey.Service{Port: port, Protocol: survey.ProtocolUnknown, Outcome: o, Detail: detail,
		Product: products.Unknown(), CalledAETitle: survey.CalledAETitle{Policy: survey.UnknownTitle}, SOPClasses: []string{}}
}

// greet describes a port that answers as TLS does and has nothing in common
// with crypto/tls: only NULL or DHE suites, or SSL 3.0.
func (p *prober) greet(ctx context.Context, port uint16, err error) (survey.Service, bool) {
	if err == nil || errors.As(err, new(tls.RecordHeaderError)) || !isAlert(err) && !strings.Contains(err.Error(), "tls: ") {
		return survey.Service{}, false
	}
	g, ok := tlsprobe.Greet(ctx, p.dialer(port), tlsprobe.Options{Name: p.name, Patience: p.timeouts.Answer})
	if !ok {
		return survey.Service{}, false
	}
	var certificates []*x509.Certificate
	for _, der := range g.Certificates {
		if c, err := x509.ParseCertificate(der); err == nil {
			certificates = append(certificates, c)
		}
	}
	s := behindTLS(port, survey.Foreign, "TLS, but only with what this program does not speak")
	s.TLS = p.describe(certificates)
	s.TLS.Version, s.TLS.CipherSuite, s.TLS.ClientCertificate = g.VersionName, g.SuiteName, certificateUnknown
	if !g.CertificateRequested {
		s.TLS.ClientCertificate = certificateNotRequired
	}
	p.offer(ctx, &s, tlsprobe.Options{Version: g.Version, Suite: g.Suite, KeyExchangeBits: g.KeyExchangeBits})
	return s, true
}

// offer asks what else a port accepts, beside what is known.
func (p *prober) offer(ctx context.Context, s *survey.Service, known tlsprobe.Options) {
	known.Name, known.Patience = p.name, p.timeouts.Answer
	offer := tlsprobe.Ask(ctx, p.dialer(s.Port), known)
	s.TLS.Offer = &offer
}
