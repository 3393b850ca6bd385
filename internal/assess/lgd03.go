package assess

import (
	"context"
	"strings"

	"leadglass/internal/survey"
)

// LGD03 looks at how identification reached the service.
var LGD03 = Check{
	ID:       "LG-D03",
	Title:    "DICOM in plaintext",
	Severity: survey.High,
	On:       OnDICOM,
	Means: `Names, birth dates, findings and images cross the network readable, and changeable, for everybody on the way.
Neither side knows whom it talks to.`,
	Tested: `A DICOM answer on a connection without TLS fails the check. A service reached over TLS passes, unless
all that it has is a cipher suite without encryption; how good the TLS is otherwise, LG-T02 says.`,
	Sends:      `Nothing of its own. Identification sends an A-ASSOCIATE-RQ without TLS first.`,
	References: []string{refTLSProfile, refRFC9325, refTransmit, refGDPREncrypt, refNIS2Crypto, refNIST},
	Run:        runD03,
}

func runD03(_ context.Context, s *Session) Result {
	switch {
	case s.Service.TLS != nil && strings.Contains(s.Service.TLS.CipherSuite, "_NULL_"):
		return fail("The service was reached over %s, but with a cipher suite that encrypts nothing (%s).",
			s.Service.TLS.Version, s.Service.TLS.CipherSuite)
	case s.Service.TLS != nil:
		return pass("The service was reached over %s.", s.Service.TLS.Version)
	case s.Service.Levels.Speaks:
		return fail("The service answered DICOM on a connection without TLS.")
	}
	return notApplicable("The port did not speak DICOM.")
}
