package examine

import (
	"crypto/x509"
	"net/netip"

	"leadglass/internal/survey"
)

// CompareName compares the names in a certificate with the one asked for, for
// tests.
func CompareName(cert *x509.Certificate, name string, addr netip.Addr) (string, survey.NameMatch) {
	return compareName(cert, name, addr)
}

// Signature names what a chain of certificates is signed by, for tests.
func Signature(chain []*x509.Certificate) string { return signature(chain) }

// FewDates is fewDates, for tests.
func FewDates(c *survey.Counts) (string, bool) { return fewDates(c) }
