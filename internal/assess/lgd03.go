package assess

import (
	"context"

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
	Tested: `A DICOM answer on a connection without TLS fails the check. A service reached over TLS passes; how good that
TLS is, other checks say.`,
	Sends:      `Nothing of its own. Identification sends an A-ASSOCIATE-RQ without TLS first.`,
	Remedies:   encrypt(),
	References: []string{refTLSProfile, refRFC9325, refTransmit, refGDPREncrypt, refNIS2Crypto, refNIST},
	Run:        runD03,
}

func runD03(_ context.Context, s *Session) Result {
	switch {
	case s.Service.TLS != nil:
		return pass("The service was reached over %s.", s.Service.TLS.Version)
	case s.Service.Levels.Speaks:
		return fail("The service answered DICOM on a connection without TLS.")
	}
	return notApplicable("The port did not speak DICOM.")
}
