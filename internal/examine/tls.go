package examine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"leadglass/internal/identify"
	"leadglass/internal/products"
	"leadglass/internal/survey"
	"leadglass/internal/tlsprobe"
)

// dial opens a connection, with a handshake where the port speaks TLS.
func (h *Host) dial(ctx context.Context, o opener) (net.Conn, error) {
	if !o.secure {
		return h.gate.Dial(ctx, o.port)
	}
	conn, err := h.gate.DialTLS(ctx, o.port, new(handshake).config(h.name()))
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// name is the host name that the user gave, which servers choose their
// certificate by; empty where an address was given.
func (h *Host) name() string {
	if len(h.names) == 0 {
		return ""
	}
	if _, err := netip.ParseAddr(h.names[0]); err == nil {
		return ""
	}
	return h.names[0]
}

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
func (h *Host) probeTLS(ctx context.Context, port uint16) (s survey.Service, ok bool) {
	var shown handshake
	conn, err := h.gate.DialTLS(ctx, port, shown.config(h.name()))
	demanded := err != nil && shown.asked // up to TLS 1.2 the handshake itself fails without a certificate
	if err == nil {
		demanded = shown.asked && demandsCertificate(conn)
		_ = conn.Close()
	}
	if wantsName(err) && h.findName(ctx, port) {
		return h.probeTLS(ctx, port) // the host has a name now
	}
	if wantsName(err) {
		s = behindTLS(port, survey.Closed, "TLS refuses clients that do not name the server as it is called")
		s.TLS = &survey.TLS{ClientCertificate: certificateUnknown, NameRequired: true}
		return s, true
	}
	if shown.seen == nil {
		return h.greet(ctx, port, err)
	}
	described := h.describe(shown.seen.PeerCertificates)
	described.Version, described.CipherSuite = tls.VersionName(shown.seen.Version), tls.CipherSuiteName(shown.seen.CipherSuite)
	known := tlsprobe.Options{Version: shown.seen.Version, Suite: shown.seen.CipherSuite}
	switch {
	case demanded:
		described.ClientCertificate = certificateRequired
		s = behindTLS(port, survey.Closed, "the TLS handshake ended without a client certificate")
		if h.url != nil { // the user said that it is HTTP
			s.Protocol = survey.ProtocolHTTP
		}
	case err != nil:
		described.ClientCertificate = certificateUnknown
		s = behindTLS(port, survey.Foreign, "the TLS handshake could not be completed")
	default:
		s = h.inside(ctx, port)
		described.ClientCertificate = demandOf(s, shown.asked)
	}
	s.TLS = described
	if s.Protocol != survey.ProtocolUnknown || described.ClientCertificate == certificateRequired {
		h.offer(ctx, &s, known)
	}
	return s, true
}

// inside finds out what speaks inside TLS.
func (h *Host) inside(ctx context.Context, port uint16) survey.Service {
	if h.url != nil { // the user said that it is HTTP
		if s := h.http(ctx, port, "https"); s.Outcome == survey.Answered {
			return s
		}
	}
	s := identify.DICOM(ctx, port, h.open(opener{port: port, secure: true}, h.Timeouts.Answer), h.identifyOptions())
	if s.Protocol == survey.ProtocolUnknown {
		if web := h.http(ctx, port, "https"); web.Outcome == survey.Answered {
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
	return isAlert(err) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}

// wantsName reports whether a server ended the handshake for the name in it, or
// for want of one (RFC 6066 3, unrecognized_name).
func wantsName(err error) bool {
	return isAlert(err) && strings.Contains(err.Error(), "unrecognized name")
}

// isAlert reports whether the peer ended a TLS connection by an alert.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

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
func (h *Host) greet(ctx context.Context, port uint16, err error) (survey.Service, bool) {
	if err == nil || errors.As(err, new(tls.RecordHeaderError)) || !isAlert(err) && !strings.Contains(err.Error(), "tls: ") {
		return survey.Service{}, false
	}
	g, ok := tlsprobe.Greet(ctx, h.dialer(port), tlsprobe.Options{Name: h.name(), Patience: h.Timeouts.Answer})
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
	s.TLS = h.describe(certificates)
	s.TLS.Version, s.TLS.CipherSuite, s.TLS.ClientCertificate = g.VersionName, g.SuiteName, certificateUnknown
	if !g.CertificateRequested {
		s.TLS.ClientCertificate = certificateNotRequired
	}
	h.offer(ctx, &s, tlsprobe.Options{Version: g.Version, Suite: g.Suite, KeyExchangeBits: g.KeyExchangeBits})
	return s, true
}

// dialer opens plain connections with a port, on which tlsprobe speaks.
func (h *Host) dialer(port uint16) tlsprobe.Dialer {
	return func(ctx context.Context) (net.Conn, error) { return h.gate.Dial(ctx, port) }
}

// offer asks what else a port accepts, beside what is known.
func (h *Host) offer(ctx context.Context, s *survey.Service, known tlsprobe.Options) {
	known.Name, known.Patience = h.name(), h.Timeouts.Answer
	offer := tlsprobe.Ask(ctx, h.dialer(s.Port), known)
	s.TLS.Offer = &offer
}
