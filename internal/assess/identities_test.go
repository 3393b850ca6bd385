package assess_test

import (
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/realserver"
)

// present lists the classes of identifying attributes that were present, and
// fails the test where a class was sampled other than want times.
func present(t *testing.T, a assess.Assessment, want int) []string {
	t.Helper()
	var out []string
	for _, c := range a.Classes {
		if c.Sampled != want {
			t.Errorf("%s sampled %d times, want %d", c.Class, c.Sampled, want)
		}
		if c.Present {
			out = append(out, c.Class)
		}
	}
	slices.Sort(out)
	return out
}

func TestDebugReal(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: studies(12)})
	a, by := identify(t, s.DICOMAddr()).run(t)
	t.Log(present(t, a, 8), by["LG-D10"].Evidence, by["LG-D11"].Evidence, a.Traffic)
	d := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: studies(12)})
	a, by = identify(t, d.DICOMAddr(), d.AETitle).run(t)
	t.Log(strings.Join(present(t, a, 8), " "), by["LG-D10"].Evidence, by["LG-D11"].Evidence, a.Traffic)
}
