package lab_test

import (
	"context"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"leadglass/dicom"
	"leadglass/dicom/dimse"
)

// BenchmarkFind counts one archive of five million studies again and again, at
// the other end of a socket: both sides together on the cores there are.
func BenchmarkFind(b *testing.B) {
	const studies = 5_000_000
	_, at := one(b, "127.0.9.1", `
		persona: vendor
		retrieval: get
		contents: {studies: 5000000, images_linked: 180000000}`)
	c := client(b, at)
	keys := counting(date(""), dimse.Key{Tag: dicom.ModalitiesInStudy, VR: dicom.CS},
		dimse.Key{Tag: dicom.InstanceAvailability, VR: dicom.CS})
	b.ReportAllocs()
	var n int64
	for b.Loop() {
		result, err := c.Find(context.Background(), dicom.StudyRootFind, keys, func(m dimse.Match) bool {
			b.SetBytes(int64(len(m.Data)))
			n++
			return true
		})
		if err != nil || result.Pending != studies {
			b.Fatalf("%d responses: %v", result.Pending, err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "responses/s")
}

// resident is the resident memory of this process in MiB, as the kernel counts
// it.
func resident(t testing.TB, field string) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is read from /proc, which this system does not have")
	}
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == field+":" {
			kib, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			return kib >> 10
		}
	}
	t.Fatalf("no %s in /proc/self/status", field)
	return 0
}

// The whole fleet of the study listens in 400 MiB, and still does while many
// archives are being counted. The measuring side is in the same process.
func TestWholeFleetFitsInMemory(t *testing.T) {
	f := builtIn(t, "greenbone-2019")
	run(t, f)
	idle := resident(t, "VmRSS")
	done := make(chan error, 40)
	started := 0
	for _, a := range f.Truth().Archives {
		if a.Verdict != "open-images" || a.Country != "US" || a.Port == 2762 || started == cap(done) {
			continue
		}
		called := "ANYTHING"
		if strings.Contains(a.Name, "default title") {
			called = "DCM4CHEE"
		}
		as, err := associate(t, netip.AddrPortFrom(a.Address, a.Port), called)
		if err != nil {
			t.Fatalf("%s (%s): %v", a.Address, a.Name, err)
		}
		started++
		go func() {
			_, err := dimse.NewClient(as).Find(context.Background(), dicom.StudyRootFind, counting(), func(dimse.Match) bool { return true })
			done <- err
		}()
	}
	for range started {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	peak := resident(t, "VmHWM")
	t.Logf("%d MiB idle, %d MiB at most with %d archives being counted", idle, peak, started)
	if peak > 400 {
		t.Errorf("%d MiB resident, want at most 400", peak)
	}
}
