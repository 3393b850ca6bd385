package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/disclose"
	"leadglass/internal/disclose/prepare"
	"leadglass/internal/realserver"
	"leadglass/internal/survey"
)

// publicTotals are totals of a public report.
type publicTotals struct {
	Totals struct {
		ArchivesOpen     int64        `json:"archives_open"`
		StudyRecords     survey.Count `json:"study_records"`
		ImagesAccessible survey.Count `json:"images_accessible"`
	} `json:"totals"`
}

// reportOf surveys a scope into a store of its own and returns the totals of
// the public report.
func reportOf(t *testing.T, scope string) publicTotals {
	t.Helper()
	return reportIn(t, filepath.Join(t.TempDir(), "s.db"), scope)
}

// reportIn is reportOf with a store that is kept.
func reportIn(t *testing.T, store, scope string) publicTotals {
	t.Helper()
	dir := t.TempDir()
	leadglass(t, "survey", "--scope", scope, "--store", store).want(t, exitDone)
	leadglass(t, "report", "--store", store, "--format", "json", "--min-count", "1", "--out", dir).want(t, exitDone)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p publicTotals
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestOrthancOpenByREST: an Orthanc that refuses queries by DICOM and serves
// everything by its own interface is open, with its images, everywhere.
func TestOrthancOpenByREST(t *testing.T) {
	t.Parallel()
	target := orthancREST(t)
	f := leadglass(t, append([]string{"check", "--json"}, target...)...).want(t, exitDone).finding(t)
	if f.Verdict != survey.OpenImages || f.Grade != survey.GradeF {
		t.Errorf("verdict %s, grade %s", f.Verdict, f.Grade)
	}
	counts(t, f, "40 exact", "120 exact")
	if got := number(f.Counts.ImagesAccessible); got != "120 exact" {
		t.Errorf("images accessible %s (%s)", got, f.Counts.ImagesAccessible.Source)
	}
	text := leadglass(t, append([]string{"check", "--fail-on", "open"}, target...)...).want(t, exitFailOn).out
	if !strings.Contains(text, "retrieve the images") {
		t.Errorf("the text is\n%s", text)
	}
	p := reportOf(t, target[2])
	if p.Totals.ArchivesOpen != 1 || number(p.Totals.StudyRecords) != "40 exact" || number(p.Totals.ImagesAccessible) != "120 exact" {
		t.Errorf("the report says %+v", p.Totals)
	}
}

// TestRetrievalUndecided: dcmqrscp without C-GET answers C-MOVE in a way that
// says neither yes nor no. Its images are not said to be out of reach.
func TestRetrievalUndecided(t *testing.T) {
	t.Parallel()
	s := realserver.Dcmqrscp(t, realserver.DCMTKOptions{AETitle: "DCM4CHEE", Args: []string{"--disable-get"}, Studies: realserver.Studies(1, 5, 2, realserver.StudyOptions{})})
	target := wholeHost(t, []uint16{s.DICOMPort}, []uint16{2})
	f := leadglass(t, append([]string{"check", "--json"}, target...)...).want(t, exitDone).finding(t)
	states(t, f, survey.Unknown, "LG-D07")
	if c := f.Counts.ImagesAccessible; c.Quality != survey.UnknownQuality || !strings.Contains(c.Reason, "LG-D07") {
		t.Errorf("images accessible %s (%s)", number(c), c.Reason)
	}
	text := leadglass(t, append([]string{"check"}, target...)...).want(t, exitDone).out
	if !strings.Contains(text, "could not be decided (LG-D07)") || !strings.Contains(text, "retrievable unknown") {
		t.Errorf("the text is\n%s", text)
	}
	store := filepath.Join(t.TempDir(), "s.db")
	if p := reportIn(t, store, target[2]); number(p.Totals.ImagesAccessible) != "unknown" {
		t.Errorf("the report says %+v", p.Totals)
	}
	letterSaysUnknown(t, store)
}

// letterSaysUnknown: the parts of a letter say that it is not known how many
// images of the one system are accessible, and nowhere that none is.
func letterSaysUnknown(t *testing.T, store string) {
	t.Helper()
	files := bundleOf(t, store)
	lines, err := csv.NewReader(strings.NewReader(files["systems.csv"])).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines (%v)", len(lines), err)
	}
	at := slices.Index(lines[0], "images_accessible")
	if value, quality := lines[1][at], lines[1][slices.Index(lines[0], "images_accessible_quality")]; value != "" || quality != "unknown" {
		t.Errorf("systems.csv says %q images accessible, %s", value, quality)
	}
	var document struct{ Systems []survey.Finding }
	if err := json.Unmarshal([]byte(files["systems.json"]), &document); err != nil || len(document.Systems) != 1 {
		t.Fatalf("%d systems (%v)", len(document.Systems), err)
	}
	if c := document.Systems[0].Counts.ImagesAccessible; number(c) != "unknown" {
		t.Errorf("systems.json says %s", number(c))
	}
	letter := strings.Join(strings.Fields(files[disclose.LetterName]), " ")
	if !strings.Contains(letter, "refer to: 10.") || strings.Contains(letter, "send images") || strings.Contains(letter, " 0 ") {
		t.Errorf("the letter is\n%s", letter)
	}
	for _, name := range []string{"intelmq.jsonl", "remedies.txt"} {
		if strings.Contains(files[name], `"images_accessible":0`) || strings.Contains(files[name], "images accessible: 0") {
			t.Errorf("%s says\n%s", name, files[name])
		}
	}
}

// bundleOf prepares the disclosure of the last survey in a store to one
// recipient and returns the files of the bundle, decrypted.
func bundleOf(t *testing.T, store string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	key, recipient := ageFile(t, dir, "cert.key")
	recipients := filepath.Join(dir, "recipients.yaml")
	text := "version: 1\nrecipients:\n  - {organisation: CERT, email: cert@cert.example, language: en, prefixes: [127.0.0.0/8], keys: {age: " + recipient + "}}\n"
	if err := os.WriteFile(recipients, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var p prepare.Result
	out := leadglass(t, "--store="+store, "disclose", "prepare", "--recipients", recipients, "--out", filepath.Join(dir, "out"), "--json").want(t, exitDone).out
	if err := json.Unmarshal([]byte(out), &p); err != nil || len(p.Prepared) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return decrypt(t, "age", "--decrypt", "-i", key, p.Prepared[0].File)
}
