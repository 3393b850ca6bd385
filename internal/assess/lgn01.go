package assess

import (
	"context"

	"leadglass/internal/survey"
)

// LGN01 looks at the address.
var LGN01 = Check{
	ID:       "LG-N01",
	Title:    "Reachable at a public address",
	Severity: survey.High,
	On:       OnHost,
	Means: `DICOM was made for networks in which everybody is trusted. At an address of the Internet every weakness of the
archive is open to everybody, and machines that look for such ports find it within hours.`,
	Tested: `A port of the target spoke DICOM or DICOMweb, or showed the page of an archive or viewer, at an address that is neither private (RFC 1918, RFC 4193), shared (RFC 6598),
link-local nor loopback, nor reserved for documentation: fail. The survey sees the network from its own position: a firewall
may admit it and nobody else.`,
	Sends:      `Nothing of its own.`,
	References: []string{refAccess, refGDPR, refNIS2Access, refNIST},
	Run:        runN01,
}

func runN01(_ context.Context, s *Session) Result {
	speaks := uint16(0)
	for _, v := range s.Host {
		if v.IsArchive() {
			speaks = v.Port
			break
		}
	}
	switch {
	case !s.Address.IsValid():
		return notApplicable("The target has no address.")
	case speaks == 0:
		return notApplicable("No port of the target speaks DICOM or DICOMweb, or shows the page of an archive.")
	case !survey.Public(s.Address):
		return pass("The address is not one of the public Internet.")
	}
	return fail("Port %d of an archive answers at an address of the public Internet.", speaks)
}
