package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/lab"
	"leadglass/internal/realserver"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// rules are the rules that gave a finding its signs.
func rules(f survey.Finding) string {
	var list []string
	for _, s := range f.Suspicion.Signs {
		list = append(list, s.Rule)
	}
	return strings.Join(list, " ")
}

// TestRealServersAreNotSuspected: real archives give no sign of behaviour, and
// their contents alone mark none; animals in a real archive are seen.
func TestRealServersAreNotSuspected(t *testing.T) {
	t.Parallel()
	few := realserver.Studies(5, 12, 2, realserver.StudyOptions{To: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)})
	recent := realserver.Studies(7, 40, 3, realserver.StudyOptions{To: time.Now()})
	animals := realserver.Studies(6, 12, 2, realserver.StudyOptions{Animals: true, To: time.Now()})
	open := func(studies []realserver.Study) string {
		return realserver.Orthanc(t, realserver.OrthancOptions{Config: realserver.OpenOrthanc(), Studies: studies, InMemory: true}).DICOMAddr()
	}
	dcmqrscp := realserver.Dcmqrscp(t, realserver.DCMTKOptions{Studies: few})
	worklist := realserver.Wlmscpfs(t, realserver.DCMTKOptions{})
	promiscuous := realserver.Storescp(t, realserver.DCMTKOptions{Args: []string{"-pm"}})
	for _, test := range []struct {
		name, addr, title string
		signs             string
		animals           bool
	}{
		{"Orthanc", open(recent), "", "", false},
		{"Orthanc with few old studies", open(few), "", "few-old-studies", false},
		{"Orthanc with animals", open(animals), "", "species breed", true},
		{"Orthanc as it comes", realserver.Orthanc(t, realserver.OrthancOptions{InMemory: true}).DICOMAddr(), "", "", false},
		{"dcmqrscp with few old studies", dcmqrscp.DICOMAddr(), dcmqrscp.AETitle, "few-old-studies", false},
		{"wlmscpfs", worklist.DICOMAddr(), worklist.AETitle, "", false},
		{"storescp", realserver.Storescp(t, realserver.DCMTKOptions{}).DICOMAddr(), "", "", false},
		{"storescp that takes everything", promiscuous.DICOMAddr(), "", "", false},
	} {
		args := []string{"check", test.addr, "--json"}
		if test.title != "" {
			args = append(args, "--called-ae-title", test.title)
		}
		f := leadglass(t, args...).want(t, exitDone).finding(t)
		if !f.Services[0].Levels.Associates {
			t.Errorf("%s: no association: %+v", test.name, f.Services[0])
		}
		if s := f.Suspicion; rules(f) != test.signs || s.Honeypot || s.TestData || s.Veterinary != test.animals {
			t.Errorf("%s: suspicion %+v, want the signs %q", test.name, s, test.signs)
		}
		if f.Traffic.Associations > 12 {
			t.Errorf("%s: %d associations", test.name, f.Traffic.Associations)
		}
		if text, err := json.Marshal(f); err != nil || bytes.Contains(text, []byte(realserver.Canary)) {
			t.Errorf("%s: a value of a patient is in the finding (%v)", test.name, err)
		}
	}
}

// suspectsFleet writes the fleet of suspects with other addresses.
func suspectsFleet(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../lab/fleets/suspects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte("127.7"), []byte("127.8")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSuspects surveys the fleet of suspects, in one go and with an interrupt:
// every mark is right, both times, and the report says the totals without them.
func TestSuspects(t *testing.T) {
	t.Parallel()
	fleet := suspectsFleet(t)
	scopeFile := runFleet(t, fleet)
	dir := t.TempDir()
	db := "--store=" + filepath.Join(dir, "whole.db")
	leadglass(t, db, "survey", "--scope", scopeFile).want(t, exitDone)
	scored := leadglass(t, db, "lab", "score", fleet, "--json")
	var scores lab.Scores
	if err := json.Unmarshal([]byte(scored.out), &scores); err != nil || !scores.AllRight() {
		t.Fatalf("%v: %+v", err, scores.Wrong)
	}
	for _, f := range scores.Figures {
		if f.Name == "honeypots" && f.Truth != 15 || f.Name == "test_data" && f.Truth != 9 || f.Name == "veterinary" && f.Truth != 2 {
			t.Errorf("%+v", f)
		}
	}
	totalsWithout(t, db, dir)
	without(t, findings(t, filepath.Join(dir, "whole.db")))

	// The same with an interrupt: what repeats is known when all is done.
	halves := "--store=" + filepath.Join(dir, "halves.db")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stdout, stderr := interrupter{interrupt: cancel}, buffer{}
	if code := run(ctx, []string{halves, "survey", "--scope", scopeFile, "--json", "--concurrency", "8"}, &stdout, &stderr); code != exitIncomplete {
		t.Fatalf("interrupted: exit code %d: %s", code, stderr.String())
	}
	leadglass(t, halves, "survey", "--scope", scopeFile, "--resume").want(t, exitDone)
	whole, resumed := suspicions(t, dir+"/whole.db"), suspicions(t, dir+"/halves.db")
	if len(whole) != 58 || !slices.Equal(whole, resumed) {
		t.Errorf("suspicions of %d and %d hosts differ:\n%s\n%s", len(whole), len(resumed), strings.Join(whole, "\n"), strings.Join(resumed, "\n"))
	}
}

// totalsWithout compares the report's totals without suspects with the sum
// over the hosts that have no mark.
func totalsWithout(t *testing.T, db, dir string) {
	t.Helper()
	leadglass(t, db, "report", "--min-count", "1", "--format", "json", "--out", dir).want(t, exitDone)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	matches(t, "report", text)
	var r struct {
		Totals struct {
			StudyRecords survey.Count `json:"study_records"`
		}
		Suspects struct {
			Honeypot, Veterinary int64
			TestData             int64 `json:"test_data"`
			Without              struct {
				ArchivesOpen int64        `json:"archives_open"`
				StudyRecords survey.Count `json:"study_records"`
			} `json:"totals_without"`
		}
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var all, without, open int64
	for _, f := range findings(t, filepath.Join(dir, "whole.db")) {
		n, _ := f.Counts.Studies.Int()
		all += n
		if !f.Suspicion.Any() && f.Verdict.FreelyAccessible() {
			without += n
			open++
		}
	}
	got, _ := r.Totals.StudyRecords.Int()
	rest, _ := r.Suspects.Without.StudyRecords.Int()
	if got != all || rest != without || r.Suspects.Without.ArchivesOpen != open || open != 29 {
		t.Errorf("the report has %d studies and without suspects %d in %d archives; want %d, %d, %d",
			got, rest, r.Suspects.Without.ArchivesOpen, all, without, open)
	}
	if r.Suspects.Honeypot != 15 || r.Suspects.TestData != 9 || r.Suspects.Veterinary != 2 {
		t.Errorf("suspects %+v", r.Suspects)
	}
}

// without looks at the archives of the fleet that show no study and no image,
// and answer a retrieval as if there were some: neither is open.
func without(t *testing.T, all []survey.Finding) {
	t.Helper()
	seen := 0
	for i := range all {
		f := &all[i]
		says, ours := map[string]string{
			"127.80.2.7": "made-up one", // C-MOVE: B000 to any destination
			"127.80.2.8": "", "127.80.2.9": "",
		}[f.Target.Address]
		if !ours {
			continue
		}
		seen++
		d07 := checks(*f)["LG-D07"]
		if f.Verdict != survey.Identified || f.Counts.Studies.Value != nil || f.Exposed() || says != "" && d07.State != survey.Unknown || !strings.Contains(d07.Evidence, says) {
			t.Errorf("%s: %s, studies %s; LG-D07 %s: %s", f.Target.Address, f.Verdict, number(f.Counts.Studies), d07.State, d07.Evidence)
		}
	}
	if seen != 3 {
		t.Errorf("%d findings of archives without studies, want 3", seen)
	}
}

// findings are those of the only survey in a store.
func findings(t *testing.T, path string) []survey.Finding {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	v, err := db.Survey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var list []survey.Finding
	for r, err := range db.Records(t.Context(), v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r.Finding)
	}
	return list
}

// suspicions are what a stored survey suspects, host by host.
func suspicions(t *testing.T, path string) []string {
	t.Helper()
	var list []string
	for _, f := range findings(t, path) {
		text, err := json.Marshal(f.Suspicion)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f.Target.Address+" "+string(text))
	}
	return list
}

// TestDemoServer: an archive that is named as a public demonstration server is
// marked; the same archive under its address is not.
func TestDemoServer(t *testing.T) {
	t.Parallel()
	const addr = "127.0.47.1"
	_, scopeFile := startArchive(t, addr)
	s, err := scope.Load(scopeFile)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{out: &buffer{}, err: &buffer{}}
	eng, err := campaign.NewEngine(s, campaign.EngineOptions{Log: a.log})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"": false, "www.dicomserver.co.uk": true} {
		r, err := eng.Check(t.Context(), survey.Candidate{Host: host, Address: netip.MustParseAddr(addr), Port: 11112})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Finding.Suspicion; got.DemoServer != want || got.TestData != want || got.Honeypot {
			t.Errorf("named %q: %+v", host, got)
		}
	}
}

// TestNoSampleNoSpecies: where the authority allows no sample, the species of
// patients is not asked for: not one association is opened for it.
func TestNoSampleNoSpecies(t *testing.T) {
	t.Parallel()
	const addr = "127.0.47.2"
	fleet := strings.Replace(oneArchive, "persona: orthanc,", "persona: orthanc, veterinary: true,", 1)
	scopeFile := runFleet(t, file(t, strings.Replace(fleet, "%s", addr, 1)))
	text, err := os.ReadFile(scopeFile)
	if err != nil {
		t.Fatal(err)
	}
	count := func(want bool, sample string) int64 {
		path := filepath.Join(filepath.Dir(scopeFile), sample+".yaml")
		if err := os.WriteFile(path, bytes.Replace(text, []byte("sample: true"), []byte("sample: "+sample), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		f := leadglass(t, "check", addr, "--scope", path, "--json").want(t, exitDone).finding(t)
		if f.Suspicion.Veterinary != want {
			t.Errorf("sample: %s: %+v", sample, f.Suspicion)
		}
		return f.Traffic.Associations
	}
	with, without := count(true, "true"), count(false, "false")
	if with <= without {
		t.Errorf("%d associations with a sample, %d without", with, without)
	}
}

// TestHoneypotThatReturnsFiles: DICOMHawk that announces pynetdicom, with ten
// files of this year, is known by the whole data sets that it answers with, and
// is not called pynetdicom's own archive.
func TestHoneypotThatReturnsFiles(t *testing.T) {
	t.Parallel()
	targets := persona(41, "persona: dicomhawk-pynetdicom, retrieval: both, quirks: {pixel_bytes: 100000}, contents: {studies: 10, images_linked: 10, dates: {first: 2026-10-29, last: 2026-10-30}}")(t)
	f := leadglass(t, append([]string{"check", "--json"}, targets...)...).want(t, exitIncomplete).finding(t)
	if !f.Suspicion.Honeypot || len(f.Suspicion.Reasons) == 0 {
		t.Errorf("suspicion %+v", f.Suspicion)
	}
	if name := f.Services[0].Product.Name; name == "pynetdicom qrscp" {
		t.Errorf("product %q", name)
	}
}
