package examine_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/netip"
	"testing"

	"leadglass/internal/examine"
	"leadglass/internal/survey"
)

func TestCompareName(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	common := func(name string) x509.Certificate { return x509.Certificate{Subject: pkix.Name{CommonName: name}} }
	names := func(names ...string) x509.Certificate {
		return x509.Certificate{Subject: pkix.Name{CommonName: "pacs.example.org"}, DNSNames: names}
	}
	addresses := func(list ...string) x509.Certificate {
		c := x509.Certificate{DNSNames: []string{"other.example.org"}}
		for _, a := range list {
			c.IPAddresses = append(c.IPAddresses, net.ParseIP(a))
		}
		return c
	}
	for _, test := range []struct {
		what string
		cert x509.Certificate
		name string
		addr netip.Addr
		want survey.NameMatch
	}{
		{"name", names("pacs.example.org"), "pacs.example.org", v4, survey.NameMatches},
		{"name in capitals", names("pacs.example.org"), "PACS.example.org", v4, survey.NameMatches},
		{"wildcard", names("*.example.org"), "pacs.example.org", v4, survey.NameMatches},
		{"common name does not count beside others", names("www.example.org"), "pacs.example.org", v4, survey.NameDiffers},
		{"common name alone", common("pacs.example.org"), "pacs.example.org", v4, survey.NameMatches},
		{"another common name", common("archive"), "pacs.example.org", v4, survey.NameDiffers},
		{"address where a name was given", addresses("192.0.2.7"), "pacs.example.org", v4, survey.NameDiffers},
		{"address", addresses("198.51.100.1", "192.0.2.7"), "", v4, survey.NameMatches},
		{"address v6", addresses("2001:db8::7"), "", v6, survey.NameMatches},
		{"another address", addresses("198.51.100.1"), "", v4, survey.NameDiffers},
		{"names alone", names("pacs.example.org"), "", v4, survey.NameUnjudged},
		{"address as common name", common("192.0.2.7"), "", v4, survey.NameMatches},
		{"another address as common name", common("192.0.2.8"), "", v4, survey.NameDiffers},
		{"no address as common name", common("archive"), "", v4, survey.NameUnjudged},
	} {
		if asked, got := examine.CompareName(&test.cert, test.name, test.addr); got != test.want || asked == "" {
			t.Errorf("%s: %s for %s, want %s", test.what, got, asked, test.want)
		}
	}
}

// TestSignature: a weak issuer is named, a root's signature of itself is not.
func TestSignature(t *testing.T) {
	strong := &x509.Certificate{SignatureAlgorithm: x509.SHA256WithRSA, RawIssuer: []byte("a"), RawSubject: []byte("b")}
	weak := &x509.Certificate{SignatureAlgorithm: x509.SHA1WithRSA, RawIssuer: []byte("c"), RawSubject: []byte("a")}
	root := &x509.Certificate{SignatureAlgorithm: x509.MD5WithRSA, RawIssuer: []byte("c"), RawSubject: []byte("c")}
	for want, chain := range map[string][]*x509.Certificate{
		"SHA256-RSA": {strong, root}, "SHA1-RSA": {strong, weak, root}, "MD5-RSA": {root},
	} {
		if got := examine.Signature(chain); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
