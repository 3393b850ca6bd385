package webcount_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"leadglass/internal/census/webcount"
	"leadglass/internal/realserver"
)

// The environment of the child process: the archive to count, and what must
// not be in its memory afterwards, hidden so that it is not there to begin
// with.
const (
	memoryTarget  = "LEADGLASS_TEST_TARGET"
	memoryNeedles = "LEADGLASS_TEST_NEEDLES"
	memoryHidden  = 0x5A
)

func hide(text string) []byte {
	b := []byte(text)
	for i := range b {
		b[i] ^= memoryHidden
	}
	return b
}

// TestMemory counts a real Orthanc through QIDO-RS in a process of its own,
// which then searches all of its memory for the names, IDs and UIDs that went
// through it.
func TestMemory(t *testing.T) {
	if target := os.Getenv(memoryTarget); target != "" {
		countAndSearch(t, target, strings.Split(os.Getenv(memoryNeedles), ","))
		return
	}
	studies := realserver.Studies(9, 300, 1, realserver.StudyOptions{})
	s := realserver.Orthanc(t, realserver.OrthancOptions{DICOMweb: true, InMemory: true, Studies: studies})
	var needles []string
	for _, study := range studies {
		for _, text := range []string{study.PatientName, study.PatientID, study.UID, study.AccessionNumber} {
			needles = append(needles, hex.EncodeToString(hide(text)))
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestMemory$", "-test.v")
	cmd.Env = append(os.Environ(), memoryTarget+"="+s.HTTPAddr(), memoryNeedles+"="+strings.Join(needles, ","))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "nothing is left of 300 studies") {
		t.Errorf("%v: %.3000s", err, out)
	}
}

// hide4 hides the first four bytes of b.
func hide4(b []byte) [4]byte {
	return [4]byte{b[0] ^ memoryHidden, b[1] ^ memoryHidden, b[2] ^ memoryHidden, b[3] ^ memoryHidden}
}

func countAndSearch(t *testing.T, target string, encoded []string) {
	hidden := map[string]bool{}
	for _, e := range encoded {
		b, err := hex.DecodeString(e)
		if err != nil {
			t.Fatal(err)
		}
		hidden[string(b)] = true
	}
	at, err := netip.ParseAddrPort(target)
	if err != nil {
		t.Fatal(err)
	}
	r := webcount.QIDO(t.Context(), throughGate(t, &realserver.Server{Host: at.Addr().String(), HTTPPort: at.Port()}))
	if n, _ := r.Counts.Studies.Int(); n != 300 {
		t.Fatalf("%v studies (%s)", r.Counts.Studies, r.Counts.Studies.Reason)
	}
	if found := inMemory(t, hidden); found != 0 {
		t.Errorf("%d values of patients are left in memory", found)
	}
	var planted []byte
	for h := range hidden {
		planted = append(planted, hide(h)...)
		break
	}
	if inMemory(t, hidden) == 0 {
		t.Error("the search does not find what is there")
	}
	clear(planted)
	if !t.Failed() {
		fmt.Printf("nothing is left of %v studies\n", r.Counts.Studies)
	}
}

// inMemory searches the writable memory of this process. The texts begin with
// one of few prefixes, by which a place is looked at more closely.
func inMemory(t *testing.T, hidden map[string]bool) (found int) {
	t.Helper()
	const longest = 128
	prefixes := map[[4]byte]bool{}
	for h := range hidden {
		prefixes[[4]byte([]byte(h)[:4])] = true
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	chunk := make([]byte, 1<<20)
	window := make([]byte, longest)
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var mode string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); n != 3 || !strings.HasPrefix(mode, "rw") {
			continue
		}
		for at := from; at < to; at += int64(len(chunk)) - longest {
			n, _ := memory.ReadAt(chunk[:min(int64(len(chunk)), to-at)], at)
			for i := 0; i+4 <= n; i++ {
				if !prefixes[hide4(chunk[i:])] {
					continue
				}
				end := min(longest, n-i)
				for l := range end {
					window[l] = chunk[i+l] ^ memoryHidden // what is looked for is nowhere in clear
				}
				for l := 4; l <= end; l++ {
					if hidden[string(window[:l])] {
						found++
					}
				}
			}
		}
	}
	return found
}
