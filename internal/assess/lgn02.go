package assess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"leadglass/internal/peer"
	"leadglass/internal/survey"
)

// LGN02 looks for the port of the messages that go with images.
var LGN02 = Check{
	ID:       "LG-N02",
	Title:    "HL7 v2 port beside the archive",
	Severity: survey.Medium,
	On:       OnHost,
	Means: `HL7 version 2 messages tell an archive which patients there are, what was ordered and what was reported. The
transport that carries them (MLLP) knows no login: who can connect can usually send, and so rename patients, merge their
records or put in orders. Beside an archive such a port is mostly the archive's own or its information system's.`,
	Tested: `On a host on which DICOM or DICOMweb was found, a TCP connection to each port that the scope lists as hl7
(2575 where it lists none); one that is accepted fails the check, and is closed at once. Nothing is sent, so the check cannot
say what speaks there: a port that MLLP usually uses accepts connections, no more. On hosts without DICOM, and where a single
port was requested, no other port is tried.`,
	Sends:      `One TCP connection to each of those ports, opened and closed; not one byte on it.`,
	References: []string{refMLLP, refAccess, refIntegrity, refNIS2Access},
	Run:        runN02,
}

func runN02(ctx context.Context, s *Session) Result {
	archive := slices.ContainsFunc(s.Host, func(v survey.Service) bool { return v.Levels.Speaks || v.SpeaksDICOMweb() })
	switch {
	case !archive:
		return notApplicable("No port of the target speaks DICOM or DICOMweb, so no other port was tried.")
	case len(s.HL7) == 0:
		return notApplicable("The scope lists no port for HL7 v2.")
	case s.Accepts == nil:
		return notApplicable("A single port was requested, so no other port was tried.")
	}
	var accepts, not, untried []string
	for _, port := range s.HL7 {
		switch open, err := s.Accepts(ctx, port); {
		case err != nil:
			untried = append(untried, fmt.Sprintf("port %d could not be tried: %s", port, peer.During(ctx, err)))
		case open:
			accepts = append(accepts, fmt.Sprint(port))
		default:
			not = append(not, fmt.Sprint(port))
		}
	}
	switch {
	case len(accepts) > 0:
	case len(untried) > 0:
		return unknown("Whether HL7 v2 is beside it is not known: %s.", strings.Join(untried, "; "))
	default:
		return pass("Of the ports that HL7 v2 MLLP usually uses none accepts connections (tried: %s).", strings.Join(not, ", "))
	}
	return fail("Port %s, which HL7 v2 MLLP usually uses, accepts connections; nothing was sent, so what speaks there is not known.",
		strings.Join(accepts, ", "))
}
