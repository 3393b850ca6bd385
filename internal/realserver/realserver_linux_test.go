package realserver_test

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"leadglass/internal/realserver"
)

// find runs findscu for the studies of the server and returns the number of
// responses.
func find(t *testing.T, s *realserver.Server) int {
	t.Helper()
	out, code := realserver.Tool(t, "findscu", "-v", "-S", "-aec", s.AETitle,
		"-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID", s.Host, strconv.Itoa(int(s.DICOMPort)))
	if code != 0 {
		t.Fatalf("findscu ended with %d:\n%s", code, out)
	}
	return strings.Count(out, "(Pending)")
}

// echo fails the test unless echoscu gets its answer.
func echo(t *testing.T, s *realserver.Server, args ...string) {
	t.Helper()
	args = append(args, "-aec", s.AETitle, s.Host, strconv.Itoa(int(s.DICOMPort)))
	if out, code := realserver.Tool(t, "echoscu", args...); code != 0 {
		t.Errorf("echoscu ended with %d:\n%s", code, out)
	}
}

func TestOrthanc(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{
		Config:  realserver.OpenOrthanc(),
		Studies: realserver.Studies(1, 40, 3, realserver.StudyOptions{}),
	})
	echo(t, s)
	want := realserver.Statistics{Patients: 40, Studies: 40, Series: 40, Instances: 120}
	if got := s.Statistics(t); got != want {
		t.Errorf("statistics %+v, want %+v", got, want)
	}
	if n := find(t, s); n != 40 {
		t.Errorf("findscu received %d studies, want 40", n)
	}
}

func TestOrthancShape(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{
		Host:   "127.0.0.7",
		Config: map[string]any{"DicomAet": "ARCHIVE", "DicomCheckCalledAet": true},
		Studies: realserver.Studies(2, 6, 4, realserver.StudyOptions{
			SeriesPerStudy: 2, StudiesPerPatient: 3, SSN: true, Minimal: true, NoDate: 1}),
		DICOMweb: true,
	})
	want := realserver.Statistics{Patients: 2, Studies: 6, Series: 12, Instances: 24}
	if got := s.Statistics(t); got != want {
		t.Errorf("statistics %+v, want %+v", got, want)
	}
	echo(t, s)
	if _, code := realserver.Tool(t, "echoscu", "-aec", "OTHER", s.Host, strconv.Itoa(int(s.DICOMPort))); code == 0 {
		t.Error("another called title is accepted")
	}
	answer, err := s.HTTP(t.Context(), http.MethodGet, "/dicom-web/studies?limit=1", nil)
	if err != nil || !bytes.Contains(answer, []byte("0020000D")) {
		t.Errorf("DICOMweb answers %d bytes, error %v", len(answer), err)
	}
}

func TestOrthancWithLogin(t *testing.T) {
	s := realserver.Orthanc(t, realserver.OrthancOptions{
		Config: map[string]any{
			"AuthenticationEnabled": true,
			"RegisteredUsers":       map[string]string{"ann": "secret"},
		},
		Studies: realserver.Studies(3, 1, 1, realserver.StudyOptions{}),
	})
	if got := s.Statistics(t); got.Instances != 1 {
		t.Errorf("statistics %+v, want 1 instance", got)
	}
	resp, err := http.Get("http://" + s.HTTPAddr() + "/statistics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without login: %s", resp.Status)
	}
}

func TestDcmqrscp(t *testing.T) {
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{
		Studies: realserver.Studies(1, 40, 3, realserver.StudyOptions{})})
	echo(t, s)
	if n := find(t, s); n != 40 {
		t.Errorf("findscu received %d studies, want 40", n)
	}
	s.LoadDcmqrscp(t, realserver.Studies(2, 5, 1, realserver.StudyOptions{}))
	if n := find(t, s); n != 45 {
		t.Errorf("findscu received %d studies after five more, want 45", n)
	}
}

func TestStorescp(t *testing.T) {
	s := realserver.Storescp(t, realserver.DCMTKOptions{Host: "127.0.0.9"})
	echo(t, s)
	name := filepath.Join(t.TempDir(), "image.dcm")
	study := realserver.Studies(1, 1, 1, realserver.StudyOptions{})[0]
	if err := os.WriteFile(name, study.File(0), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := realserver.Tool(t, "storescu", s.Host, strconv.Itoa(int(s.DICOMPort)), name); code != 0 {
		t.Errorf("storescu ended with %d:\n%s", code, out)
	}
}

func TestWlmscpfs(t *testing.T) {
	s := realserver.Wlmscpfs(t, realserver.DCMTKOptions{
		AETitle: "WORK", Studies: realserver.Studies(1, 12, 0, realserver.StudyOptions{})})
	echo(t, s)
	out, code := realserver.Tool(t, "findscu", "-v", "-W", "-aec", s.AETitle,
		"-k", "PatientName", "-k", "ScheduledProcedureStepSequence[0].Modality",
		s.Host, strconv.Itoa(int(s.DICOMPort)))
	if n := strings.Count(out, "(Pending)"); code != 0 || n != 12 {
		t.Errorf("findscu ended with %d and received %d entries, want 12:\n%s\nlog:\n%s", code, n, out, s.Log())
	}
}

// TestFilesAreValid has DCMTK read every attribute and complain about none.
func TestFilesAreValid(t *testing.T) {
	studies := realserver.Studies(5, 6, 1, realserver.StudyOptions{})
	for _, study := range studies {
		for kind, content := range map[string][]byte{"image": study.File(0), "worklist": study.Worklist()} {
			name := filepath.Join(t.TempDir(), kind)
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
			out, code := realserver.Tool(t, "dcmdump", "-v", "+L", name)
			if code != 0 || strings.Contains(out, "W: ") || strings.Contains(out, "E: ") {
				t.Fatalf("dcmdump of the %s ended with %d:\n%s", kind, code, out)
			}
			if n := strings.Count(out, realserver.Canary); n < 45 {
				t.Errorf("the %s has %d canaries, want at least 45", kind, n)
			}
		}
	}
}

func TestStudiesAreSpreadAndRepeatable(t *testing.T) {
	const n = 1000
	studies := realserver.Studies(7, n, 2, realserver.StudyOptions{NoDate: 10})
	seen := make(map[string]bool)
	years := make(map[string]int)
	previous := ""
	for i, s := range studies {
		for _, id := range []string{s.UID, s.Images[0].SOPInstanceUID, s.Images[1].SOPInstanceUID, s.Images[0].SeriesUID} {
			if seen[id] || len(id) > 64 || !strings.HasPrefix(id, "2.25.") {
				t.Fatalf("study %d: UID %q is repeated or not valid", i, id)
			}
			seen[id] = true
		}
		if (s.Date == "") != (i >= n-10) || (s.Date != "" && s.Date < previous) {
			t.Fatalf("study %d has the date %q after %q", i, s.Date, previous)
		}
		if s.Date != "" {
			previous = s.Date
			years[s.Date[:4]]++
		}
	}
	for year := 2010; year <= 2024; year++ {
		if got := years[strconv.Itoa(year)]; got < 60 || got > 72 {
			t.Errorf("%d studies in %d, want about 66", got, year)
		}
	}
	again := realserver.Studies(7, n, 2, realserver.StudyOptions{NoDate: 10})
	if !bytes.Equal(studies[3].File(1), again[3].File(1)) {
		t.Error("the same seed gives other files")
	}
	if other := realserver.Studies(8, n, 2, realserver.StudyOptions{}); other[0].UID == studies[0].UID {
		t.Error("another seed gives the same study")
	}
}

// TestServersEnd shows that a server and its port are gone with its test.
func TestServersEnd(t *testing.T) {
	var pid int
	var addr string
	t.Run("inner", func(t *testing.T) {
		s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{})
		pid, addr = s.PID, s.DICOMAddr()
		// An association in progress has a process of its own.
		conn, err := net.Dial("tcp4", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	})
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d after its test: %v", pid, err)
	}
	if conn, err := net.DialTimeout("tcp4", addr, time.Second); err == nil {
		_ = conn.Close()
		t.Errorf("port %s still answers", addr)
	}
}

// BenchmarkLoadOrthanc says how long it takes to start an Orthanc and to fill
// it with 1,000 studies.
func BenchmarkLoadOrthanc(b *testing.B) {
	const n = 1_000
	for b.Loop() {
		s := realserver.Orthanc(b, realserver.OrthancOptions{InMemory: true})
		s.LoadOrthanc(b, realserver.Studies(1, n, 1, realserver.StudyOptions{Minimal: true}))
		if got := s.Statistics(b); got.Studies != n {
			b.Fatalf("%d studies stored, want %d", got.Studies, n)
		}
	}
}

// TestPostgres: what is committed outlives a crash of the server, and each
// database is its own.
func TestPostgres(t *testing.T) {
	s := realserver.Postgres(t)
	first, second := s.Database(t), s.Database(t)
	s.Exec(t, first, "CREATE TABLE kept (n INTEGER); INSERT INTO kept VALUES (42)")
	port := s.Port
	s.Stop()
	if conn, err := net.Dial("tcp4", net.JoinHostPort(s.Host, strconv.Itoa(int(port)))); err == nil {
		_ = conn.Close()
		t.Error("a stopped server takes connections")
	}
	s.Start(t)
	if got := s.Exec(t, first, "SELECT n FROM kept"); got != "42" || s.Port != port {
		t.Errorf("after a crash %q at port %d, was at %d", got, s.Port, port)
	}
	s.Kill()
	s.Start(t)
	if got := s.Exec(t, first, "SELECT n FROM kept"); got != "42" || s.Port != port {
		t.Errorf("after a kill %q at port %d, was at %d", got, s.Port, port)
	}
	if s.KillBackend(t, second, 0.5) {
		t.Error("a connection was ended where there was none")
	}
	if got := s.Exec(t, second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); got != "0" {
		t.Errorf("%s tables in another database", got)
	}
}

// TestStunnel puts TLS before a server that has none, and asks for client
// certificates or not.
func TestStunnel(t *testing.T) {
	id := realserver.Identity(t, realserver.IdentityOptions{})
	archive := realserver.Dcmqrscp(t, realserver.DCMTKOptions{})
	for name, c := range map[string]struct {
		lines []string
		args  []string
		fails bool
	}{
		"anybody":                     {nil, []string{"+tla"}, false},
		"without a certificate":       {[]string{"verifyChain = yes"}, []string{"+tla"}, true},
		"with a certificate":          {[]string{"verifyChain = yes"}, []string{"+tls", id.Key, id.Certificate}, false},
		"TLS 1.2 where 1.3 is wanted": {[]string{"sslVersionMin = TLSv1.3"}, []string{"+tla", "+pz"}, true},
	} {
		s := realserver.Stunnel(t, realserver.StunnelOptions{Upstream: archive.DICOMAddr(), Identity: id, Lines: c.lines})
		args := append(c.args, "+cf", id.Authority, "-aec", archive.AETitle, s.Host, strconv.Itoa(int(s.DICOMPort)))
		if out, code := realserver.Tool(t, "echoscu", args...); (code != 0) != c.fails {
			t.Errorf("%s: echoscu ended with %d:\n%s", name, code, out)
		}
	}
}
