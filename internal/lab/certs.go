package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"
)

// authority is the laboratory's certificate authority. It makes its keys when
// the first port asks for one; nothing is kept beyond the process.
type authority struct {
	seed   uint64
	serial int64
	cert   *x509.Certificate
	key    crypto.Signer
	// leaf, weak and basic are the keys of all certificates; making one for each
	// port would take longer than everything else.
	leaf, weak, basic crypto.Signer
}

func newAuthority(seed uint64) *authority { return &authority{seed: seed} }

// config returns the TLS configuration of a port, nil for none.
func (c *authority) config(addr netip.Addr, mode TLSMode, kind CertKind) (*tls.Config, error) {
	if !mode.on() {
		return nil, nil
	}
	if c.cert == nil {
		if err := c.make(); err != nil {
			return nil, err
		}
	}
	cert, err := c.issue(addr, mode, kind)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	switch mode {
	case LegacyTLS:
		cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case BasicTLS:
		cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS12
		cfg.CipherSuites = []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	case MutualTLS:
		cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		cfg.ClientCAs.AddCert(c.cert)
	}
	return cfg, nil
}

func (c *authority) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the key of the authority: %w", err)
	}
	leaf, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	c.key, c.leaf = key, leaf
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Leadglass laboratory authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("making the certificate of the authority: %w", err)
	}
	c.cert, err = x509.ParseCertificate(der)
	return err
}

// issue makes the certificate of a port.
func (c *authority) issue(addr netip.Addr, mode TLSMode, kind CertKind) (tls.Certificate, error) {
	c.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(c.serial + 1), Subject: pkix.Name{CommonName: "pacs.lab.invalid"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IPAddresses: []net.IP{addr.AsSlice()},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	parent, signer, key := c.cert, c.key, c.leaf
	if mode == BasicTLS { // its key exchange is by RSA
		var err error
		if key, err = rsaKey(&c.basic, 2048); err != nil {
			return tls.Certificate{}, err
		}
	}
	switch kind {
	case ExpiredCert:
		template.NotBefore, template.NotAfter = time.Now().AddDate(-3, 0, 0), time.Now().AddDate(-1, 0, 0)
	case WrongNameCert:
		template.IPAddresses, template.DNSNames = nil, []string{"elsewhere.lab.invalid"}
	case SelfSignedCert:
		parent, signer = template, key
	case WeakCert:
		var err error
		if key, err = rsaKey(&c.weak, 1024); err != nil {
			return tls.Certificate{}, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// rsaKey makes an RSA key where there is none yet. One of 1,024 bit is weaker
// than PS3.15 B.12 asks for.
func rsaKey(kept *crypto.Signer, bits int) (crypto.Signer, error) {
	if *kept != nil {
		return *kept, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, fmt.Errorf("making an RSA key of %d bit: %w", bits, err)
	}
	*kept = key
	return key, nil
}
