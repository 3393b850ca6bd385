package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/lab"
	"leadglass/internal/realserver"
)

// coreControl is in the environment of the program whose memory is searched:
// the search has to find it, or it would find nothing else.
const coreControl = "CORE-CONTROL-5d1e77"

// dumpMemory runs the program in a process of its own, dumps the memory of the
// process when it has returned, and returns the file and what was printed.
func dumpMemory(t *testing.T, args ...string) (core string, out, errors []byte) {
	t.Helper()
	gcore, err := exec.LookPath("gcore")
	if err != nil {
		t.Fatal("gcore is not installed; run `make setup`, which installs Debian's package gdb")
	}
	cmd := exec.CommandContext(t.Context(), staysCommand, args...)
	cmd.Env = append(os.Environ(), "LEADGLASS_CORE_CONTROL="+coreControl)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewReader(stdout); !bytes.HasSuffix(out, []byte(staysMark)); {
		line, err := lines.ReadBytes('\n')
		out = append(out, line...)
		if err != nil {
			_ = cmd.Wait()
			t.Fatalf("the program ended: %v\n%s\n%s", err, out, stderr.Bytes())
		}
	}
	prefix := filepath.Join(t.TempDir(), "core")
	said, err := exec.CommandContext(t.Context(), gcore, "-o", prefix, strconv.Itoa(cmd.Process.Pid)).CombinedOutput()
	if err != nil {
		t.Errorf("gcore: %v\n%s", err, said)
	}
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program: %v", err)
	}
	return prefix + "." + strconv.Itoa(cmd.Process.Pid), out, stderr.Bytes()
}

// hitsInFile finds texts in a file that may be large. What stands around each
// comes with it.
func hitsInFile(t *testing.T, path string, texts []string) map[string][][]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const chunk, margin = 4 << 20, 64 // margin is kept on both sides of a hit
	hits := map[string][][]byte{}
	buffer := make([]byte, chunk)
	for held := 0; ; {
		n, err := io.ReadFull(f, buffer[held:])
		data := buffer[:held+n]
		for _, text := range texts {
			for at := margin; ; at++ {
				i := bytes.Index(data[min(at, len(data)):], []byte(text))
				if i < 0 || at+i > len(data)-margin {
					break
				}
				at += i
				hits[text] = append(hits[text], bytes.Clone(data[at-margin:at+margin]))
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return hits
		}
		if err != nil {
			t.Fatal(err)
		}
		held = copy(buffer, data[len(data)-2*margin:])
	}
}

// TestMemoryHoldsNoPatientValue: when checks and a survey are over, no value of
// a patient attribute is left anywhere in the memory of the process: not in a
// buffer, a stack, or what was freed.
func TestMemoryHoldsNoPatientValue(t *testing.T) {
	t.Parallel()
	nhs := []string{"9434765919", "4010232137", "9990000018", "9990000026"}
	studies := realserver.Studies(5, 12, 2, realserver.StudyOptions{PatientIDs: append([]string{"CANARY-A"}, nhs...)})
	orthanc := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: studies, DICOMweb: true})
	dcmtk := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: realserver.Studies(6, 12, 2, realserver.StudyOptions{SSN: true})})
	_, fleetScope := startFleet(t, "127.0.52.")
	orthancScope := file(t, scopeText("127.0.0.1", strconv.Itoa(int(orthanc.DICOMPort)), strconv.Itoa(int(orthanc.HTTPPort))))

	talkativeScope := file(t, scopeText("127.0.0.1", talkativeArchive(t), talkativeWeb(t, false)+", "+talkativeWeb(t, true)))

	core, out, errors := dumpMemory(t,
		"--log-level=debug", "check", "127.0.0.1", "--scope", talkativeScope, staysThen,
		"--log-level=debug", "check", "127.0.0.1", "--scope", orthancScope, staysThen,
		"--log-level=debug", "check", dcmtk.DICOMAddr(), "--called-ae-title", dcmtk.AETitle, "--json", staysThen,
		"--log-level=debug", "--store="+filepath.Join(t.TempDir(), "survey.db"), "survey", "--scope", fleetScope)
	if !bytes.Contains(out, []byte("LG-D10")) || !bytes.Contains(out, []byte("patient-name")) {
		t.Errorf("nothing was sampled:\n%s", out)
	}
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	values := append(nhs, "CANARY", lab.CanaryMarks()[2], realserver.CanaryBirthDate, "987-65-", "900-00-0")
	known := []string{coreControl, "OFFIS_DCMTK"} // the second came from a peer
	hits := hitsInFile(t, core, append(known, values...))
	for _, text := range known {
		if len(hits[text]) == 0 {
			t.Errorf("%q is not found in memory, and is there", text)
		}
	}
	var found []string
	for _, text := range values {
		for _, around := range hits[text] {
			if !bytes.Contains(program, around[40:96]) { // else it is the program's own text
				found = append(found, fmt.Sprintf("%q: …%q…", text, around))
			}
		}
	}
	if len(found) > 0 {
		t.Errorf("%d patient values in memory:\n%s", len(found), strings.Join(found[:min(len(found), 20)], "\n"))
	}
	printed := searched{"stdout": out, "stderr": errors}
	if found := printed.hits(slices.Concat(marks(), nhs)...); len(found) > 0 {
		t.Errorf("patient values printed:\n%s", strings.Join(found, "\n"))
	}
}
