package main

import (
	"fmt"
	"strings"
	"testing"

	"leadglass/internal/realserver"
)

// TestArchivesOfOneHost: two archives of one host are both counted, two ways
// to one archive count it once, and the order of the ports changes nothing.
func TestArchivesOfOneHost(t *testing.T) {
	t.Parallel()
	orthanc := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(),
		Studies: realserver.Studies(1, 12, 2, realserver.StudyOptions{})})
	dcmtk := realserver.Dcmqrscp(t, realserver.DCMTKOptions{AETitle: "DCM4CHEE",
		Studies: realserver.Studies(2, 5, 3, realserver.StudyOptions{})})
	tunnel := realserver.Stunnel(t, realserver.StunnelOptions{Upstream: orthanc.DICOMAddr(),
		Identity: realserver.Identity(t, realserver.IdentityOptions{})})

	for name, c := range map[string]struct {
		ports           []uint16
		studies, images string
		reason          string
	}{
		"two archives":              {[]uint16{orthanc.DICOMPort, dcmtk.DICOMPort}, "17 exact", "39 exact", "different archives, added up: 12 at port"},
		"the other way round":       {[]uint16{dcmtk.DICOMPort, orthanc.DICOMPort}, "17 exact", "39 exact", "different archives, added up: 5 at port"},
		"TLS beside plaintext":      {[]uint16{orthanc.DICOMPort, tunnel.DICOMPort}, "12 exact", "24 exact", "lead to the same archive"},
		"two archives, three ports": {[]uint16{tunnel.DICOMPort, dcmtk.DICOMPort, orthanc.DICOMPort}, "17 exact", "39 exact", "different archives, added up"},
		"one archive":               {[]uint16{dcmtk.DICOMPort}, "5 exact", "15 exact", ""},
	} {
		ports := strings.Trim(strings.ReplaceAll(fmt.Sprint(c.ports), " ", ", "), "[]")
		for _, http := range []string{"9", fmt.Sprint(orthanc.HTTPPort)} {
			f := leadglass(t, "check", "127.0.0.1", "--scope", file(t, scopeText("127.0.0.1", ports, http)), "--json").want(t, exitDone).finding(t)
			counts(t, f, c.studies, c.images)
			if got := number(f.Counts.ImagesAccessible); got != c.images {
				t.Errorf("%s: images accessible %s, want %s", name, got, c.images)
			}
			if !strings.Contains(f.Counts.Studies.Reason, c.reason) || f.Incomplete != nil {
				t.Errorf("%s: reason %q, want %q; incomplete %v", name, f.Counts.Studies.Reason, c.reason, f.Incomplete)
			}
		}
	}
}
