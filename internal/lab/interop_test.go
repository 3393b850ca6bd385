package lab_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dcmtk runs a client of DCMTK and returns what it says.
func dcmtk(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed; it comes with the Debian package dcmtk", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	return string(out), err
}

// DCMTK's clients understand the laboratory's archives.
func TestDCMTKUnderstandsUs(t *testing.T) {
	for _, persona := range []string{"vendor", "orthanc", "dcm4chee-arc", "dcmqrscp"} {
		t.Run(persona, func(t *testing.T) {
			f, at := one(t, "127.0.8.7", "persona: "+persona+"\nretrieval: both\ncontents: {studies: 25, images_linked: 160}")
			host, port := at.Addr().String(), strconv.Itoa(int(at.Port()))
			if out, err := dcmtk(t, "echoscu", "-v", host, port); err != nil || !strings.Contains(out, "Success") {
				t.Fatalf("echoscu: %v\n%s", err, out)
			}
			out, err := dcmtk(t, "findscu", "-v", "-S", "-k", "0008,0052=STUDY", "-k", "0020,000d", "-k", "0010,0010",
				"-k", "0020,1208", "-k", "0008,0020", host, port)
			if n := strings.Count(out, "Find Response: "); err != nil || n != 25 || !strings.Contains(out, "(Success)") {
				t.Fatalf("findscu: %d responses, %v\n%s", n, err, out)
			}
			if n := strings.Count(out, "CANARY^P"); n != 25 {
				t.Errorf("findscu shows %d marked names, want 25", n)
			}
			out, err = dcmtk(t, "findscu", "-v", "-P", "-k", "0008,0052=PATIENT", "-k", "0010,0020", host, port)
			if n := strings.Count(out, "Find Response: "); err != nil || int64(n) != f.Truth().Archives[0].Patients {
				t.Errorf("findscu at PATIENT level: %d responses, %v", n, err)
			}
			retrieve(t, host, port)
		})
	}
}

// retrieve fetches one study with getscu and tries to move it with movescu.
func retrieve(t *testing.T, host, port string) {
	t.Helper()
	out, err := dcmtk(t, "findscu", "-v", "-S", "-k", "0008,0052=STUDY", "-k", "0020,000d", host, port)
	if err != nil {
		t.Fatalf("findscu: %v", err)
	}
	_, after, ok := strings.Cut(out[strings.Index(out, "Find Response: 3 "):], "(0020,000d) UI [")
	uid, _, _ := strings.Cut(after, "]")
	if !ok || len(uid) != 44 {
		t.Fatalf("no study UID in what findscu shows: %q", uid)
	}
	dir := t.TempDir()
	out, err = dcmtk(t, "getscu", "-v", "-S", "-od", dir, "-k", "0008,0052=STUDY", "-k", "0020,000d="+uid, host, port)
	if err != nil || !strings.Contains(out, "Completed Suboperations") && !strings.Contains(out, "Success") {
		t.Errorf("getscu: %v\n%s", err, out)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatalf("getscu wrote %d files, %v\n%s", len(files), err, out)
	}
	dump, err := dcmtk(t, "dcmdump", filepath.Join(dir, files[0].Name()))
	if err != nil || !strings.Contains(dump, uid) || !strings.Contains(dump, "CANARY") {
		t.Errorf("dcmdump of an image: %v\n%s", err, dump)
	}
	out, err = dcmtk(t, "movescu", "-v", "-S", "-aem", "NOWHERE", "-k", "0008,0052=STUDY", "-k", "0020,000d="+uid, host, port)
	if err == nil && !strings.Contains(out, "Failed") {
		t.Errorf("movescu moved something: %s", out)
	}
}
