package lab_test

import (
	"testing"

	"net/netip"

	"leadglass/dicom/dimse"
)

// Every open archive of the demonstration fleet tells over the wire what the
// truth says of it.
func TestDemoFleetHoldsItsTruth(t *testing.T) {
	f := builtIn(t, "demo")
	run(t, f)
	for _, a := range f.Truth().Archives {
		if a.Verdict != "open" && a.Verdict != "open-images" || a.Port == 2762 {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			called := "ANYTHING"
			if a.Name == "dcm4chee that answers to its default title" {
				called = "DCM4CHEE"
			}
			as, err := associate(t, netip.AddrPortFrom(a.Address, a.Port), called)
			if err != nil {
				t.Fatal(err)
			}
			got := count(t, dimse.NewClient(as), counting())
			if got.responses != a.Studies || got.images != a.ImagesLinked || got.final != dimse.Success {
				t.Errorf("%d studies, %d images, status %s; want %d, %d, 0000", got.responses, got.images, got.final,
					a.Studies, a.ImagesLinked)
			}
			if int64(len(got.uids)) != a.Studies {
				t.Errorf("%d different UIDs in %d studies", len(got.uids), a.Studies)
			}
		})
	}
}
