package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// asProgram runs the program in a process of its own, which trusts the
// certificate and nothing else.
func asProgram(t *testing.T, trusted []byte, args ...string) output {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted}), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Args[0] = "leadglass"
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+ca, "SSL_CERT_DIR=/nonexistent")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return output{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// storeWith makes a store with one survey of these findings, by address.
func storeWith(t *testing.T, findings map[string]survey.Finding) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := db.CreateSurvey(t.Context(), survey.Survey{Name: "stored", StartedAt: time.Now(), State: survey.StateFinished})
	if err != nil {
		t.Fatal(err)
	}
	var records []survey.Record
	for addr, f := range findings {
		f.Schema, f.Target = survey.FindingSchema, survey.Target{Host: addr, Address: addr}
		f.Services, f.Checks, f.Counts = []survey.Service{}, []survey.Check{}, survey.NotCounted("test")
		records = append(records, survey.Record{SurveyID: v.ID, Finding: f})
	}
	if err := db.AppendRecords(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// owners are the owners in the last survey of a store, by address.
func owners(t *testing.T, path string) (map[string]*survey.Owner, survey.Survey) {
	t.Helper()
	db, err := store.OpenExisting(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v, err := db.Survey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*survey.Owner{}
	for r, err := range db.Records(t.Context(), v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		all[r.Finding.Target.Address] = r.Finding.Owner
	}
	return all, v
}

func TestContactsRDAP(t *testing.T) {
	var asked atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		addr, ok := strings.CutPrefix(r.URL.Path, "/mirror/ip/")
		switch {
		case !ok:
			w.WriteHeader(http.StatusInternalServerError)
		case addr == "193.0.22.12":
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = io.WriteString(w, `{"objectClassName":"ip network","handle":"NET-1","startAddress":"193.0.22.0","endAddress":"193.0.22.255","country":"NL",
				"entities":[{"objectClassName":"entity","roles":["abuse"],"vcardArray":["vcard",[["fn",{},"text","Canary Person"],["email",{},"text","abuse@net.example"]]]}]}`)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	path := storeWith(t, map[string]survey.Finding{
		"193.0.22.9":  {Verdict: survey.Open, Owner: &survey.Owner{Country: "DE", Source: "embedded"}},
		"193.0.22.10": {Verdict: survey.OpenImages, Owner: &survey.Owner{Site: "S", Contact: "it@site.example", ContactSource: "overlay", Source: "overlay"}},
		"193.0.22.11": {Verdict: survey.Protected},
		"193.0.22.12": {Verdict: survey.Identified, Viewer: survey.ViewerOpenHTTP},
		"10.0.0.9":    {Verdict: survey.Open},
	})
	args := []string{"--store", path, "contacts", "rdap", "--server", s.URL + "/mirror", "--rate", "10"}
	trusted := s.Certificate().Raw
	if o := asProgram(t, trusted, append(args, "--dry-run")...).want(t, exitDone); asked.Load() != 0 || !strings.Contains(o.out, "4 addresses, 3 of them public") {
		t.Errorf("a dry run asked %d times and said %s", asked.Load(), o.out)
	}
	var got campaign.ContactsResult
	o := asProgram(t, trusted, append(args, "--json")...).want(t, exitDone)
	if err := json.Unmarshal([]byte(o.out), &got); err != nil {
		t.Fatalf("%v in %s", err, o.out)
	}
	if got.Addresses != 4 || got.Special != 1 || got.Asked != 3 || got.Failed != 0 || got.Contacts != 2 || got.Traffic.Requests != 3 || asked.Load() != 3 {
		t.Errorf("%+v, asked %d times", got, asked.Load())
	}
	all, v := owners(t, path)
	if len(v.Sources) != 1 || v.Sources[0].Kind != survey.SourceRDAP {
		t.Errorf("sources %+v", v.Sources)
	}
	if o := all["193.0.22.9"]; o.Country != "DE" || o.Contact != "abuse@net.example" || o.ContactSource != "rdap" || o.Registration.Handle != "NET-1" {
		t.Errorf("%+v", o)
	}
	if o := all["193.0.22.10"]; o.Contact != "it@site.example" || o.ContactSource != "overlay" || o.Registration.Email != "abuse@net.example" {
		t.Errorf("%+v", o)
	}
	if o := all["193.0.22.12"]; o == nil || o.Contact != "" || o.Registration == nil || o.Registration.Registry != "" {
		t.Errorf("%+v", o)
	}
	if all["193.0.22.11"] != nil || all["10.0.0.9"] != nil {
		t.Errorf("owners of archives that nobody asked about: %+v, %+v", all["193.0.22.11"], all["10.0.0.9"])
	}
	if o := asProgram(t, trusted, args...).want(t, exitDone); asked.Load() != 3 || !strings.Contains(o.out, "known already 3") {
		t.Errorf("the second run asked again: %d; %s", asked.Load(), o.out)
	}
	asProgram(t, trusted, append(args, "--all")...).want(t, exitDone)
	if all, _ := owners(t, path); asked.Load() != 4 || all["193.0.22.11"].Contact != "abuse@net.example" {
		t.Errorf("with --all asked %d times, owner %+v", asked.Load(), all["193.0.22.11"])
	}
	public, confidential := t.TempDir(), t.TempDir()
	leadglass(t, "--store", path, "report", "--format", "html,json,csv", "--min-count", "1", "--out", public).want(t, exitDone)
	leadglass(t, "--store", path, "report", "--format", "csv", "--edition", "confidential", "--out", confidential).want(t, exitDone)
	if n := occurrences(t, public, "net.example") + occurrences(t, public, "NET-1"); n != 0 {
		t.Errorf("the public report names contacts %d times", n)
	}
	if occurrences(t, confidential, "abuse@net.example") == 0 || occurrences(t, confidential, "Canary") != 0 {
		t.Error("the confidential report has no contact, or a person")
	}
}

// TestContactsRDAPFails: without an answer nothing is made up.
func TestContactsRDAPFails(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	path := storeWith(t, map[string]survey.Finding{"193.0.22.9": {Verdict: survey.Open}})
	args := []string{"--store", path, "contacts", "rdap", "--server", s.URL}
	o := asProgram(t, s.Certificate().Raw, args...).want(t, exitIncomplete)
	if !strings.Contains(o.out, "1 x 127.0.0.1: the registry asks for fewer requests; run again later") {
		t.Errorf("said %s", o.out)
	}
	if !strings.Contains(asProgram(t, s.Certificate().Raw, append(args, "--dry-run")...).want(t, exitDone).out, "would take 1s or more") {
		t.Error("a dry run does not say how long it takes")
	}
	if all, v := owners(t, path); all["193.0.22.9"] != nil || v.Sources != nil {
		t.Errorf("owner %+v, sources %+v", all["193.0.22.9"], v.Sources)
	}
	for want, flags := range map[string][]string{
		"--rate 11":        {"--rate", "11"},
		"--rate 0: must":   {"--rate", "0"},
		"such as https://": {"--server", "http://127.0.0.1/"},
		`survey "x"`:       {"x"},
	} {
		if o := leadglass(t, append([]string{"--store", path, "contacts", "rdap"}, flags...)...); o.code == exitDone || !strings.Contains(o.errors, want) {
			t.Errorf("%v: code %d, %s", flags, o.code, o.errors)
		}
	}
}

// TestContactsRDAPRunning: the findings of a survey that is running are left
// alone.
func TestContactsRDAPRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.CreateSurvey(t.Context(), survey.Survey{Name: "running", StartedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if o := leadglass(t, "--store", path, "contacts", "rdap", "--dry-run").want(t, exitUsage); !strings.Contains(o.errors, "is running, or was killed") {
		t.Errorf("said %s", o.errors)
	}
}

// occurrences counts text in the files of a folder.
func occurrences(t *testing.T, dir, text string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(data), text)
	}
	return n
}
