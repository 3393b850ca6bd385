package assess

import (
	"context"
	"strconv"
	"strings"

	"leadglass/internal/survey"
)

// LGT01 compares the DICOM ports of a host.
var LGT01 = Check{
	ID:       "LG-T01",
	Title:    "Plaintext DICOM port beside the TLS port",
	Severity: survey.Medium,
	On:       OnHost,
	Means: `TLS protects nobody who is still let in beside it: stations stay on the old port, and whoever is turned away
on the new one takes the other.`,
	Tested: `A host with DICOM over TLS on one port and DICOM without it on another fails. Beside a port that turns
away clients without a certificate before it can be asked the result is unknown: it may speak DICOM or anything else. A host without DICOM over TLS is the business of LG-D03.`,
	Sends:      `Nothing of its own; what identification saw on each port is compared.`,
	References: []string{refTLSProfile, refRFC9325, refTransmit, refNIS2Crypto},
	Run:        runT01,
}

func runT01(_ context.Context, s *Session) Result {
	var over, plain, behind []uint16
	for _, v := range s.Host {
		switch {
		case v.Protocol == survey.ProtocolHTTP:
		case v.TLS != nil && v.Levels.Speaks:
			over = append(over, v.Port)
		case v.CertificateRequired():
			behind = append(behind, v.Port)
		case v.TLS == nil && v.Levels.Speaks:
			plain = append(plain, v.Port)
		}
	}
	switch {
	case len(over) == 0 && len(plain) > 0 && len(behind) > 0:
		return unknown("DICOM without TLS is spoken on %s; what is behind %s, where TLS demands a client certificate, could not be seen.",
			ports(plain), ports(behind))
	case len(over) == 0:
		return notApplicable("No port of the host speaks DICOM over TLS.")
	case len(plain) == 0:
		return pass("DICOM over TLS is spoken on %s, without it on none.", ports(over))
	}
	return fail("DICOM over TLS is spoken on %s, but without it on %s.", ports(over), ports(plain))
}

// ports names ports: "port 104", "ports 104, 11112".
func ports(list []uint16) string {
	var names []string
	for _, p := range list {
		names = append(names, strconv.Itoa(int(p)))
	}
	if len(names) == 1 {
		return "port " + names[0]
	}
	return "ports " + strings.Join(names, ", ")
}
