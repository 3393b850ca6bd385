package survey

import "time"

// TLS is what handshakes with a port showed.
type TLS struct {
	// Version and CipherSuite are those of the handshake by which the service
	// was reached, the best of both sides: "TLS 1.3", "TLS_AES_128_GCM_SHA256".
	Version     string `json:"version"`
	CipherSuite string `json:"cipher_suite"`
	// ClientCertificate is "required", "not-required" or "unknown".
	ClientCertificate string    `json:"client_certificate"`
	NotBefore         time.Time `json:"not_before,omitzero"`
	NotAfter          time.Time `json:"not_after,omitzero"`
	SelfSigned        bool      `json:"self_signed"`
	KeyType           string    `json:"key_type,omitempty"`
	KeyBits           int       `json:"key_bits,omitempty"`
	// SignatureAlgorithm is by which the certificate is signed, or one of the
	// issuers' certificates sent with it where that is signed by SHA-1, MD5 or
	// MD2: "SHA256-RSA".
	SignatureAlgorithm string `json:"signature_algorithm,omitempty"`
	// NameAsked is the host name, or address, that the certificate was
	// compared with.
	NameAsked string    `json:"name_asked,omitempty"`
	Name      NameMatch `json:"name,omitempty"`
	// NameRequired: the server ended the handshake because the name of the host
	// was not given or is not one of its own (unrecognized_name, RFC 6066 3), so
	// that nothing else is known.
	NameRequired bool `json:"name_required,omitempty"`
	// Offer is what further handshakes showed; null where none were made.
	Offer *TLSOffer `json:"offer,omitempty"`
	// Profile is the TLS profile of DICOM PS3.15 that versions and cipher
	// suites meet.
	Profile TLSProfile `json:"profile,omitempty"`
}

// NameMatch says how the names in a certificate compare with the one asked for.
type NameMatch string

// The results of a comparison of names.
const (
	NameMatches NameMatch = "match"
	NameDiffers NameMatch = "mismatch"
	// NameUnjudged: the target was given by its address, and the certificate
	// names hosts alone.
	NameUnjudged NameMatch = "not-judged"
)

// TLSOffer is what a port answered to ClientHello messages that each offered a
// part of what there is. It is a sample: of each class of cipher suites one is
// named, whichever the peer chose.
type TLSOffer struct {
	// Versions were accepted, VersionsRefused were not, oldest first: "SSL
	// 3.0", "TLS 1.0", …; what is in neither was not asked.
	Versions        []string `json:"versions"`
	VersionsRefused []string `json:"versions_refused"`
	// Suites are the cipher suites accepted, one of each class.
	Suites []TLSSuite `json:"suites"`
	// ClassesRefused are the classes of which no suite was accepted.
	ClassesRefused []SuiteClass `json:"classes_refused"`
	// Handshakes is how many connections that took.
	Handshakes int `json:"handshakes"`
	// Incomplete says why not everything was asked; empty where it was.
	Incomplete string `json:"incomplete,omitempty"`
}

// TLSSuite is a cipher suite of TLS 1.2 or older that a port accepted.
type TLSSuite struct {
	// Name is as IANA registered it.
	Name  string     `json:"name"`
	Class SuiteClass `json:"class"`
	// Version is the protocol version that it was accepted with.
	Version string `json:"version"`
	// KeyExchangeBits is the size of the group of an ephemeral key exchange, in
	// bits; 0 where there is none, or an unknown one.
	KeyExchangeBits int `json:"key_exchange_bits,omitempty"`
	// EncryptThenMAC: the extension of RFC 7366 was agreed on.
	EncryptThenMAC bool `json:"encrypt_then_mac,omitempty"`
}

// SuiteClass is a class of cipher suites, by the worst that is to be said of
// it.
type SuiteClass string

// The classes, worst first; PS3.15 B.12 goes by RFC 9325 4.1 and 4.2.
const (
	// SuiteNull: nothing is encrypted.
	SuiteNull SuiteClass = "null"
	// SuiteAnonymous: the server proves nothing.
	SuiteAnonymous SuiteClass = "anonymous"
	// SuiteExport: 40 or 56 bit, as once required for export.
	SuiteExport SuiteClass = "export"
	SuiteDES    SuiteClass = "des"
	SuiteRC4    SuiteClass = "rc4"
	Suite3DES   SuiteClass = "3des"
	// SuiteStaticRSA: whoever gets the server's key reads all that was
	// recorded.
	SuiteStaticRSA SuiteClass = "static-rsa"
	// SuiteStaticDH: the same, with a Diffie-Hellman key.
	SuiteStaticDH SuiteClass = "static-dh"
	// SuiteSmallCurve: ECDHE over a curve of less than 256 bit.
	SuiteSmallCurve SuiteClass = "small-curve"
	// SuiteDHE: ephemeral Diffie-Hellman over a finite field.
	SuiteDHE SuiteClass = "dhe"
	// SuiteCBC: ECDHE or DHE with a block cipher in CBC mode.
	SuiteCBC SuiteClass = "cbc"
	// SuiteRecommended: ECDHE with authenticated encryption.
	SuiteRecommended SuiteClass = "recommended"
)

// TLSProfile is a TLS profile of DICOM PS3.15 annex B.
type TLSProfile string

// The profiles, best first.
const (
	// ProfileB13: modified BCP 195, RFC 8996 and 9325.
	ProfileB13 TLSProfile = "B.13"
	// ProfileB12: BCP 195, RFC 8996 and 9325.
	ProfileB12 TLSProfile = "B.12"
	// ProfileB10: non-downgrading BCP 195 (RFC 7525); retired.
	ProfileB10 TLSProfile = "B.10"
	// ProfileB9: BCP 195 (RFC 7525), downgrading for old peers; retired.
	ProfileB9 TLSProfile = "B.9"
	// ProfileB3: AES; retired.
	ProfileB3 TLSProfile = "B.3"
	// ProfileB1: basic, 3DES; retired.
	ProfileB1 TLSProfile = "B.1"
	// ProfileNone: none of them.
	ProfileNone TLSProfile = "none"
)
