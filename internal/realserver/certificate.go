package realserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// IdentityOptions say what is special about a certificate. The zero value is
// one that nothing is wrong with: of an authority, for 127.0.0.1 and localhost,
// valid now, with an RSA key of 2048 bit.
type IdentityOptions struct {
	// Names and Addresses are those of the certificate; localhost and 127.0.0.1
	// where both are empty.
	Names, Addresses []string
	// Key is "rsa2048", "rsa1024", "p256" or "p224"; rsa2048 when empty.
	Key string
	// NotBefore and NotAfter are an hour ago and in a year where they are zero.
	NotBefore, NotAfter time.Time
	// SelfSigned leaves the authority out.
	SelfSigned bool
	// SHA1 signs by SHA-1.
	SHA1 bool
}

// TLSIdentity is a certificate with its key, in files (PEM).
type TLSIdentity struct {
	Certificate, Key string
	// Both is a file with certificate and key.
	Both string
	// Authority is the certificate of who signed; the certificate itself where
	// it is self-signed.
	Authority string
}

// keys are made once: they take longer than all else.
var keys = map[string]func() (crypto.Signer, error){
	"authority": sync.OnceValues(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	"rsa2048":   sync.OnceValues(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	"rsa1024":   sync.OnceValues(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 1024) }),
	"p256":      sync.OnceValues(func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }),
	"p224":      sync.OnceValues(func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P224(), rand.Reader) }),
}

func key(t testing.TB, kind string) crypto.Signer {
	t.Helper()
	makeKey, ok := keys[kind]
	if !ok {
		t.Fatalf("unknown kind of key %q", kind)
	}
	k, err := makeKey()
	if err != nil {
		t.Fatalf("making a key: %v", err)
	}
	return k
}

// Identity makes a certificate for a TLS server, or for a client.
func Identity(t testing.TB, o IdentityOptions) TLSIdentity {
	t.Helper()
	if o.Key == "" {
		o.Key = "rsa2048"
	}
	if len(o.Names)+len(o.Addresses) == 0 {
		o.Names, o.Addresses = []string{"localhost"}, []string{"127.0.0.1"}
	}
	if o.NotBefore.IsZero() {
		o.NotBefore = time.Now().Add(-time.Hour)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = time.Now().AddDate(1, 0, 0)
	}
	own, authority := key(t, o.Key), key(t, "authority")
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "realserver authority"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(2, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "realserver"},
		NotBefore: o.NotBefore, NotAfter: o.NotAfter, DNSNames: o.Names,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, a := range o.Addresses {
		leaf.IPAddresses = append(leaf.IPAddresses, net.ParseIP(a))
	}
	parent, signer := root, authority
	if o.SelfSigned {
		parent, signer = leaf, own
	}
	if o.SHA1 {
		leaf.SignatureAlgorithm = x509.SHA1WithRSA
	}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, parent, own.Public(), signer)
	if err != nil {
		t.Fatalf("making a certificate: %v", err)
	}
	above := cert
	if !o.SelfSigned {
		if above, err = x509.CreateCertificate(rand.Reader, root, root, authority.Public(), authority); err != nil {
			t.Fatalf("making the certificate of the authority: %v", err)
		}
	}
	return writeIdentity(t, own, cert, above)
}

// writeIdentity writes the files of an identity.
func writeIdentity(t testing.TB, own crypto.Signer, cert, authority []byte) TLSIdentity {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatalf("writing a key: %v", err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	dir := t.TempDir()
	i := TLSIdentity{Certificate: filepath.Join(dir, "own.crt"), Key: filepath.Join(dir, "own.key"),
		Both: filepath.Join(dir, "own.pem"), Authority: filepath.Join(dir, "authority.crt")}
	for path, content := range map[string][]byte{i.Certificate: certPEM, i.Key: keyPEM, i.Both: append(certPEM, keyPEM...),
		i.Authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority})} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatalf("writing an identity: %v", err)
		}
	}
	return i
}

// SmallDH writes the parameters of a Diffie-Hellman group of 1024 bit (the
// second Oakley group, RFC 2409 6.2) and returns the file's name.
func SmallDH(t testing.TB) string {
	t.Helper()
	prime, ok := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A0879"+
		"8E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5"+
		"AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF", 16)
	if !ok {
		t.Fatal("the prime is no number")
	}
	der, err := asn1.Marshal(struct{ P, G *big.Int }{prime, big.NewInt(2)})
	if err != nil {
		t.Fatalf("writing the group: %v", err)
	}
	path := filepath.Join(t.TempDir(), "dh.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: der}), 0o600); err != nil {
		t.Fatalf("writing the group: %v", err)
	}
	return path
}
