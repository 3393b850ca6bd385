package examine

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strings"

	"leadglass/internal/survey"
)

// describe is what a report says of the certificates that a server sent, its
// own first.
func (p *prober) describe(certificates []*x509.Certificate) *survey.TLS {
	p.remember(certificates)
	t := &survey.TLS{}
	if len(certificates) == 0 {
		return t
	}
	cert := certificates[0]
	t.NotBefore, t.NotAfter = cert.NotBefore.UTC(), cert.NotAfter.UTC()
	t.SelfSigned = selfSigned(cert)
	t.SignatureAlgorithm = signature(certificates)
	t.NameAsked, t.Name = compareName(cert, p.name, p.gate.Addr())
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

// selfSigned reports whether cert is signed with its own key. Where the
// signature is one that crypto/x509 no longer checks, issuer and subject being
// the same has to do.
func selfSigned(cert *x509.Certificate) bool {
	if weakSignature(cert) {
		return slices.Equal(cert.RawIssuer, cert.RawSubject)
	}
	return cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
}

// signature names the signature of the server's certificate, or the first weak
// one of its issuers. A root's signature of itself proves nothing and is left
// out.
func signature(certificates []*x509.Certificate) string {
	for i, c := range certificates {
		if weakSignature(c) && (i == 0 || !slices.Equal(c.RawIssuer, c.RawSubject)) {
			return c.SignatureAlgorithm.String()
		}
	}
	return certificates[0].SignatureAlgorithm.String()
}

// weakSignature reports whether a certificate is signed by a hash for which
// collisions are known.
func weakSignature(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

// compareName compares the names in a certificate with the host name that the
// user gave or, where there is none, with the address: that is judged only
// where the certificate names addresses, because stations may be set to a name
// that is not known here.
func compareName(cert *x509.Certificate, name string, addr netip.Addr) (asked string, m survey.NameMatch) {
	without := len(cert.DNSNames) == 0 && len(cert.IPAddresses) == 0 && len(cert.URIs) == 0 && len(cert.EmailAddresses) == 0
	common := cert.Subject.CommonName
	if name != "" {
		// Without other names, the common name is what old clients go by (RFC
		// 6125 6.4.4).
		if cert.VerifyHostname(name) == nil || without && strings.EqualFold(common, name) {
			return name, survey.NameMatches
		}
		return name, survey.NameDiffers
	}
	named := cert.IPAddresses
	if ip := net.ParseIP(common); without && ip != nil {
		named = []net.IP{ip}
	}
	same := func(ip net.IP) bool {
		a, ok := netip.AddrFromSlice(ip)
		return ok && a.Unmap() == addr
	}
	switch {
	case len(named) == 0:
		return addr.String(), survey.NameUnjudged
	case slices.ContainsFunc(named, same):
		return addr.String(), survey.NameMatches
	}
	return addr.String(), survey.NameDiffers
}
