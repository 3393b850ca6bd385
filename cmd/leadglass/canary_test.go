package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"leadglass/internal/lab"
	"leadglass/internal/realserver"
)

// marks are the texts that every identifying value of the laboratory and of
// the real servers contains.
func marks() []string {
	return append(lab.CanaryMarks(), realserver.Canary, realserver.CanaryBirthDate)
}

// searched is everything that the program left behind, by where it was.
type searched map[string][]byte

// run runs the program and keeps what it printed, with everything logged.
func (s searched) run(t *testing.T, args ...string) output {
	t.Helper()
	o := leadglass(t, append([]string{"--log-level", "debug"}, args...)...)
	name := strings.Join(args, " ")
	s["stdout of "+name], s["stderr of "+name] = []byte(o.out), []byte(o.errors)
	return o
}

// folder adds every file in dir.
func (s searched) folder(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		s[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readPDF adds the text of every PDF, which is compressed within.
func (s searched) readPDF(t *testing.T) {
	t.Helper()
	for name := range s {
		if filepath.Ext(name) != ".pdf" {
			continue
		}
		text, err := exec.Command("pdftotext", name, "-").Output()
		if err != nil || len(text) < 1000 {
			t.Fatalf("reading %s: %v, %d bytes; run `make setup`", name, err, len(text))
		}
		s[name+" as text"] = text
		if !strings.Contains(name, "public") {
			continue // where nothing is withheld, no number can be one too many
		}
		page := s[strings.TrimSuffix(name, ".pdf")+".html"]
		for _, number := range regexp.MustCompile(`[0-9][0-9,]{2,}`).FindAll(text, -1) {
			if !bytes.Contains(page, number) {
				t.Errorf("%s holds %s, which the page does not", name, number)
			}
		}
	}
}

// hits says where any of the texts is, in any case of its letters.
func (s searched) hits(texts ...string) []string {
	var found []string
	for name, content := range s {
		content = bytes.ToUpper(content)
		for _, text := range texts {
			if i := bytes.Index(content, bytes.ToUpper([]byte(text))); i >= 0 {
				around := content[max(0, i-80):min(len(content), i+80)]
				found = append(found, fmt.Sprintf("%q in %s: …%q…", text, name, around))
			}
		}
	}
	return found
}

// startFleet runs the demo fleet at other addresses until the test ends, and
// returns its file and its scope file.
func startFleet(t *testing.T, prefix string) (fleetFile, scopeFile string) {
	t.Helper()
	fleetFile = filepath.Join(t.TempDir(), "fleet.yaml")
	if err := privateFleet(fleetFile, prefix); err != nil {
		t.Fatal(err)
	}
	return fleetFile, runFleet(t, fleetFile)
}

// TestNoPatientValueLeaves: no value of a patient attribute is in anything
// that the program prints, logs, stores or writes.
func TestNoPatientValueLeaves(t *testing.T) {
	t.Parallel()
	const prefix = "127.0.42."
	fleet, fleetScope := startFleet(t, prefix)
	studies := realserver.Studies(3, 40, 3, realserver.StudyOptions{StudiesPerPatient: 2})
	orthanc := realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: studies, DICOMweb: true})
	orthancScope := file(t, scopeText("127.0.0.1", strconv.Itoa(int(orthanc.DICOMPort)), strconv.Itoa(int(orthanc.HTTPPort))))
	onTheWire(t, orthanc, prefix)

	dir := t.TempDir()
	db := "--store=" + filepath.Join(dir, "survey.db")
	s := searched{}
	surveyed := s.run(t, db, "survey", "--scope", fleetScope, "--name", "fleet", "--json").want(t, exitDone)
	eachFinding(t, surveyed.out)
	score := s.run(t, db, "lab", "score", fleet, "--survey", "fleet", "--json").want(t, exitDone)
	matches(t, "score", []byte(score.out))
	s.run(t, db, "lab", "score", fleet, "--survey", "fleet").want(t, exitDone)
	s.run(t, db, "survey", "--scope", orthancScope, "--name", "orthanc").want(t, exitDone)

	for _, host := range []string{"1", "3", "6", "7", "9", "11"} {
		s.run(t, "check", prefix+host, "--scope", fleetScope).want(t, exitDone)
	}
	s.run(t, "check", prefix+"6", "--scope", fleetScope, "--json").want(t, exitDone).finding(t)
	s.run(t, "check", "127.0.0.1", "--scope", orthancScope).want(t, exitDone)
	s.run(t, "check", "127.0.0.1", "--scope", orthancScope, "--json").want(t, exitDone).finding(t)

	for _, edition := range []string{"public", "confidential"} {
		for _, name := range []string{"fleet", "orthanc"} {
			out := filepath.Join(dir, edition, name)
			s.run(t, db, "report", name, "--edition", edition, "--min-count", "1", "--format", "html,json,csv,pdf", "--out", out).want(t, exitDone)
			text, err := os.ReadFile(filepath.Join(out, "report.json"))
			if err != nil {
				t.Fatal(err)
			}
			matches(t, "report", text)
		}
	}
	s.folder(t, dir)
	s.readPDF(t)
	if len(s["stdout of "+db+" survey --scope "+fleetScope+" --name fleet --json"]) == 0 || len(s) < 40 {
		t.Fatalf("only %d outputs to search", len(s))
	}
	if found := s.hits(marks()...); len(found) > 0 {
		t.Errorf("patient values in %d places:\n%s", len(found), strings.Join(found, "\n"))
	}
	public := searched{}
	for name, content := range s {
		if strings.HasPrefix(name, filepath.Join(dir, "public")) {
			public[name] = content
		}
	}
	if len(public) != 2*5 {
		t.Errorf("%d public outputs to search, want 5 of each survey", len(public))
	}
	found := public.hits(prefix, "127.0.0.1", "lab.invalid")
	for name := range public { // a PDF's own numbers have as many digits as a port; its text is searched beside it
		if strings.HasSuffix(name, ".pdf") {
			delete(public, name)
		}
	}
	if found = append(found, public.hits(strconv.Itoa(int(orthanc.DICOMPort)))...); len(found) > 0 {
		t.Errorf("addresses in %d public places:\n%s", len(found), strings.Join(found, "\n"))
	}
	if len(s.hits(prefix)) == 0 {
		t.Error("the confidential reports hold no address, so that the search shows nothing")
	}
	var identifiers []string
	for _, study := range studies {
		identifiers = append(identifiers, study.UID, study.PatientID, study.AccessionNumber)
	}
	if found := s.hits(identifiers...); len(found) > 0 {
		t.Errorf("identifiers of studies in %d places:\n%s", len(found), strings.Join(found, "\n"))
	}
	// The search finds what is there.
	s["planted"] = []byte("Name: Canary^Anna, " + realserver.CanaryBirthDate)
	if found := s.hits(marks()...); len(found) < 2 {
		t.Errorf("a planted mark is found in %d places", len(found))
	}
}

// onTheWire shows that the marks are there to be leaked: who asks for the
// attributes is given them.
func onTheWire(t *testing.T, orthanc *realserver.Server, prefix string) {
	t.Helper()
	keys := []string{"-v", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName", "-k", "PatientID",
		"-k", "PatientBirthDate", "-k", "AccessionNumber"}
	for title, addr := range map[string][]string{
		"ORTHANC":     {orthanc.Host, strconv.Itoa(int(orthanc.DICOMPort))},
		"CONQUESTSRV": {prefix + "6", "5678"},
	} {
		want := []string{realserver.Canary, realserver.CanaryBirthDate}
		if title != "ORTHANC" {
			want = lab.CanaryMarks()
		}
		out, code := realserver.Tool(t, "findscu", append(append(keys, "-aec", title), addr...)...)
		for _, mark := range want {
			if !(searched{"findscu": []byte(out)}).contains(mark) {
				t.Errorf("%s (findscu ended with %d) does not send %q", title, code, mark)
			}
		}
	}
}

func (s searched) contains(text string) bool { return len(s.hits(text)) > 0 }

// eachFinding checks every line of a survey's output against its schema: a
// finding a line, then the summary.
func eachFinding(t *testing.T, lines string) {
	t.Helper()
	all := strings.Split(strings.TrimSpace(lines), "\n")
	last := len(all) - 1
	for _, line := range all[:last] {
		matches(t, "finding", []byte(line))
	}
	matches(t, "survey", []byte(all[last]))
	var summary struct {
		Schema string `json:"schema"`
		Hosts  int    `json:"hosts"`
	}
	if err := json.Unmarshal([]byte(all[last]), &summary); err != nil || summary.Schema != "leadglass.survey/1" || summary.Hosts != last {
		t.Errorf("summary %s after %d findings (%v)", all[last], last, err)
	}
}
