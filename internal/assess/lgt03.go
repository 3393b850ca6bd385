package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"leadglass/internal/survey"
)

// Least key sizes that are not weak: RFC 9325 4.5 for RSA, PS3.15 B.13 for
// both.
const (
	leastRSABits = 2048
	leastECBits  = 256
)

// LGT03 looks at the certificate of the handshake.
var LGT03 = Check{
	ID:       "LG-T03",
	Title:    "Certificate expired, self-signed, for another name, or weak",
	Severity: survey.Medium,
	On:       OnTLS,
	Means: `A certificate is how a station knows that it talks to the archive and not to somebody in between. An expired
one teaches staff to ignore warnings; one for another name, or signed by itself, proves nothing to a station that was not given it
beforehand; a weak key can be computed, and a certificate signed by SHA-1 or MD5 forged.`,
	Tested: `From the TLS handshake, each fault is said:

| looked at | fault |
|---|---|
| validity, against the time of the survey | expired, or not yet valid |
| signature | by its own key; by SHA-1, MD5 or MD2, also of an issuer's certificate that is sent with it |
| key | RSA below 2048 bit, elliptic below 256 bit |
| names | none fits the host name that was given |

Where the target was given by its address, the names are judged only if the certificate names addresses: stations may be set to a name
that is not known here. Without any other name the common name counts. The sizes of the key exchange are the business of LG-T02. Whether
the stations trust the issuer cannot be seen from outside.`,
	Sends:      `Nothing of its own; identification makes the handshake, with the host name in it where one was given.`,
	References: []string{refTLSProfile, refRFC9325, refPersonAuth, refNIS2Crypto},
	Run:        runT03,
}

func runT03(_ context.Context, s *Session) Result {
	t := s.Service.TLS
	if t == nil {
		return notApplicable("The service was not reached over TLS.")
	}
	if t.NotAfter.IsZero() {
		return unknown("The handshake showed no certificate.")
	}
	if faults := certificateFaults(t, s.now()); len(faults) > 0 {
		return fail("Of the certificate: %s.", strings.Join(faults, ", "))
	}
	name := "names " + t.NameAsked
	if t.Name != survey.NameMatches {
		name = "has names that could not be judged by the address alone"
	}
	return pass("The certificate is valid until %s, not self-signed, signed by %s, %s, and has a %s key of %d bit.",
		day(t.NotAfter), t.SignatureAlgorithm, name, t.KeyType, t.KeyBits)
}

// certificateFaults are what is wrong with a certificate, in words.
func certificateFaults(t *survey.TLS, now time.Time) []string {
	var faults []string
	if now.After(t.NotAfter) {
		faults = append(faults, "it expired on "+day(t.NotAfter))
	}
	if now.Before(t.NotBefore) {
		faults = append(faults, "it is not valid before "+day(t.NotBefore))
	}
	if t.SelfSigned {
		faults = append(faults, "it is signed by itself")
	}
	if t.Name == survey.NameDiffers {
		faults = append(faults, "it is not for "+t.NameAsked)
	}
	if weakKey(t) {
		faults = append(faults, fmt.Sprintf("its key is %s with %d bit", t.KeyType, t.KeyBits))
	}
	if weakSignature(t.SignatureAlgorithm) {
		faults = append(faults, "it is signed by "+t.SignatureAlgorithm)
	}
	return faults
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// weakSignature reports whether a signature is by a hash for which collisions
// are known. The names are those of crypto/x509: "SHA1-RSA", "ECDSA-SHA1".
func weakSignature(name string) bool {
	return slices.ContainsFunc([]string{"SHA1", "MD5", "MD2"}, func(hash string) bool { return strings.Contains(name, hash) })
}

func weakKey(t *survey.TLS) bool {
	switch strings.ToUpper(t.KeyType) {
	case "RSA":
		return t.KeyBits < leastRSABits
	case "ECDSA", "EC":
		return t.KeyBits < leastECBits
	}
	return false
}
