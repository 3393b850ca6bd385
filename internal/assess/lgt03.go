package assess

import (
	"context"
	"fmt"
	"strings"

	"leadglass/internal/survey"
)

// Least key sizes that are not weak (NIST SP 800-131A: 112 bit of strength).
const (
	leastRSABits = 2048
	leastECBits  = 224
)

// LGT03 looks at the certificate of the handshake.
var LGT03 = Check{
	ID:       "LG-T03",
	Title:    "Certificate expired, self-signed, or with a weak key",
	Severity: survey.Medium,
	On:       OnDICOM,
	Means: `A certificate is how a station knows that it talks to the archive and not to somebody in between. An expired
one teaches staff to ignore warnings; a self-signed one proves nothing to a station that was not given it beforehand; a
weak key can be computed.`,
	Tested: `From the TLS handshake: the end of validity against the time of the survey, whether the certificate is signed by
itself, RSA and DSA keys below 2048 bit and elliptic keys below 224 bit. The name in it is not looked at, because stations
are set to addresses as often as to names.`,
	Sends: `Nothing of its own; identification makes the handshake.`,
	Remedies: map[Product]string{
		Orthanc: `issue a certificate from the hospital's own authority with a key of RSA 3072 bit or P-256, and in orthanc.json:
    "DicomTlsCertificate": "/etc/orthanc/orthanc.crt",
    "DicomTlsPrivateKey": "/etc/orthanc/orthanc.key"
and restart. Stations have to trust the authority first.`,
		DCMTKTool: `issue a certificate from the hospital's own authority with a key of RSA 3072 bit or P-256, and start with
    storescp +tls /etc/dcmtk/archive.key /etc/dcmtk/archive.crt +cf /etc/dcmtk/authority.crt 2762
Stations have to trust the authority first.`,
		Any: `issue a certificate from the hospital's own authority with a key of RSA 3072 bit or P-256 and a validity that somebody watches, and install it. Stations have to trust the authority first, otherwise they can no longer connect.`,
	},
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
	var faults []string
	if s.now().After(t.NotAfter) {
		faults = append(faults, "it expired on "+t.NotAfter.UTC().Format("2006-01-02"))
	}
	if t.SelfSigned {
		faults = append(faults, "it is signed by itself")
	}
	if weakKey(t) {
		faults = append(faults, fmt.Sprintf("its key is %s with %d bit", t.KeyType, t.KeyBits))
	}
	if len(faults) == 0 {
		return pass("The certificate is valid until %s, not self-signed, and has a %s key of %d bit.",
			t.NotAfter.UTC().Format("2006-01-02"), t.KeyType, t.KeyBits)
	}
	return fail("Of the certificate: %s.", strings.Join(faults, ", "))
}

func weakKey(t *survey.TLS) bool {
	switch strings.ToUpper(t.KeyType) {
	case "RSA", "DSA":
		return t.KeyBits < leastRSABits
	case "ECDSA", "EC":
		return t.KeyBits < leastECBits
	}
	return false
}
