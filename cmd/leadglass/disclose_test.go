package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/disclose"
	"leadglass/internal/disclose/prepare"
	"leadglass/internal/realserver"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/trial"
)

// toldFleet has three open archives in AT, one in US, one in CH, and in US one
// that answers no query. toldLater is the fleet some weeks later: one closed
// its queries, one is as before, one is gone; that in US rejects unknown callers.
const (
	toldFleet = `version: 1
name: told
seed: 7
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: one, address: 127.0.47.11, country: AT, site: Clinic One, persona: orthanc, retrieval: get, contents: {studies: 12, images_linked: 90}}
  - {name: two, address: 127.0.47.12, country: AT, persona: conquest, contents: {studies: 20, images_linked: 90}}
  - {name: three, address: 127.0.47.13, country: AT, persona: dcm4chee-arc, retrieval: get, contents: {studies: 30, images_linked: 90}}
  - {name: four, address: 127.0.47.14, country: US, persona: clearcanvas, retrieval: get, contents: {studies: 40, images_linked: 90}, web: [{port: 8080, page: ohif}]}
  - {name: five, address: 127.0.47.15, country: CH, persona: conquest, contents: {studies: 50, images_linked: 90}}
  - {name: six, address: 127.0.47.16, country: US, persona: orthanc, query: refused, contents: {studies: 60, images_linked: 90}}
`
	toldLater = `version: 1
name: told later
seed: 7
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: one, address: 127.0.47.11, country: AT, site: Clinic One, persona: orthanc, query: refused, contents: {studies: 12, images_linked: 90}}
  - {name: two, address: 127.0.47.12, country: AT, persona: conquest, contents: {studies: 20, images_linked: 90}}
  - {name: four, address: 127.0.47.14, country: US, persona: clearcanvas, calling_title: MODALITY1, contents: {studies: 40, images_linked: 90}, web: [{port: 8080, page: ohif, auth: true}]}
  - {name: five, address: 127.0.47.15, country: CH, persona: conquest, contents: {studies: 50, images_linked: 90}}
`
)

// surveyState runs a fleet, surveys it by a scope file, or by its own where
// none is given, and returns the scope file.
func surveyState(t *testing.T, db, dir, fleetText, scopeFile string) string {
	t.Helper()
	fleetFile := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(fleetFile, []byte(fleetText), 0o600); err != nil {
		t.Fatal(err)
	}
	fleet, err := trial.Open(fleetFile)
	if err != nil {
		t.Fatal(err)
	}
	if scopeFile == "" {
		if scopeFile, err = trial.WriteScope(fleet, dir); err != nil {
			t.Fatal(err)
		}
	}
	running, err := fleet.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leadglass(t, db, "survey", "--scope", scopeFile).want(t, exitDone)
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	return scopeFile
}

// keyRing makes a home of GnuPG with one key, and returns it and the files of
// the public and the secret part.
func keyRing(t *testing.T, dir, address string) (home, public, private string) {
	t.Helper()
	home, err := os.MkdirTemp("", "gpg") // the agent's socket must have a short path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() // its agent
		_ = os.RemoveAll(home)
	})
	public, private = filepath.Join(dir, address+".asc"), filepath.Join(dir, address+".secret.asc")
	for _, args := range [][]string{
		{"--passphrase", "", "--quick-generate-key", address, "future-default", "default", "1y"},
		{"--armor", "--output", public, "--export", address},
		{"--armor", "--output", private, "--export-secret-keys", address},
	} {
		if out, code := realserver.Tool(t, "gpg", append([]string{"--homedir", home, "--batch", "--yes"}, args...)...); code != 0 {
			t.Fatalf("gpg %v: %s", args, out)
		}
	}
	return home, public, private
}

// ageFile makes an age key and returns its file and its recipient.
func ageFile(t *testing.T, dir, name string) (file, recipient string) {
	t.Helper()
	file = filepath.Join(dir, name)
	out, code := realserver.Tool(t, "age-keygen", "-o", file)
	recipient = regexp.MustCompile(`age1[0-9a-z]+`).FindString(out)
	if code != 0 || recipient == "" {
		t.Fatalf("age-keygen: %s", out)
	}
	return file, recipient
}

// unpack are the files of a decrypted bundle.
func unpack(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// decrypt decrypts with a tool into a folder that is searched by nobody.
func decrypt(t *testing.T, tool string, args ...string) map[string]string {
	t.Helper()
	plain := filepath.Join(t.TempDir(), "plain.zip")
	if out, code := realserver.Tool(t, tool, append([]string{"--output", plain}, args...)...); code != 0 {
		t.Fatalf("%s: %s", tool, out)
	}
	defer os.Remove(plain)
	return unpack(t, plain)
}

var toldAddresses = []string{"127.0.47.11", "127.0.47.12", "127.0.47.13", "127.0.47.14", "127.0.47.15", "127.0.47.16"}

// holdsOnly fails the test unless every file names each of the addresses, and
// none names another one of the fleet.
func holdsOnly(t *testing.T, files map[string]string, addresses ...string) {
	t.Helper()
	if len(files) != 5 {
		t.Errorf("a bundle of %d files", len(files))
	}
	for name, text := range files {
		for _, a := range toldAddresses {
			if got, want := strings.Contains(text, a), slices.Contains(addresses, a); got != want {
				t.Errorf("%s names %s: %v, want %v", name, a, got, want)
			}
		}
		if len((searched{name: []byte(text)}).hits(marks()...)) > 0 {
			t.Errorf("%s has values of patients", name)
		}
	}
}

// disclosures is the output of `disclose status --json`.
type disclosures struct {
	Schema      string
	Disclosures []struct {
		Recipient, State, Next string
		Outcomes               map[disclose.Outcome]int
		Keys                   []string
		SignedBy               string `json:"signed_by"`
		Events                 []survey.DisclosureEvent
		Systems                []disclose.Followed
	}
}

func statusOf(t *testing.T, db string) disclosures {
	t.Helper()
	out := leadglass(t, db, "disclose", "status", "--json").want(t, exitDone)
	matches(t, "disclosures", []byte(out.out))
	var d disclosures
	if err := json.Unmarshal([]byte(out.out), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDisclosure goes the whole way: survey, bundles, marks, second survey.
func TestDisclosure(t *testing.T) {
	base := t.TempDir()
	dir := func(name string) string {
		path := filepath.Join(base, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	inputs, keys := dir("inputs"), dir("keys")
	dbFile := filepath.Join(dir("store"), "survey.db")
	db := "--store=" + dbFile
	home, public, private := keyRing(t, keys, "cert@cert.example")
	stranger, _, _ := keyRing(t, keys, "stranger@cert.example")
	ageKey, recipient := ageFile(t, keys, "us.key")
	otherAge, _ := ageFile(t, keys, "other.key")
	t.Setenv("TMPDIR", dir("tmp")) // whatever the program might write there is searched
	scopeFile := surveyState(t, db, inputs, toldFleet, "")

	recipients := filepath.Join(inputs, "recipients.yaml")
	text := fmt.Sprintf(`version: 1
recipients:
  - {organisation: CERT.example, email: cert@cert.example, language: de, countries: [AT], keys: {openpgp: %s}}
  - {organisation: US health, language: en, tlp: AMBER+STRICT, channel: portal, countries: [US], keys: {age: %s}}
`, public, recipient)
	if err := os.WriteFile(recipients, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bundles := filepath.Join(base, "bundles")
	command := []string{db, "disclose", "prepare", "--recipients", recipients, "--out", bundles, "--sign-key", private}
	// Nothing is written by a dry run, and CH has no recipient.
	dry := leadglass(t, append(command, "--dry-run")...).want(t, exitIncomplete)
	if _, err := os.Stat(bundles); err == nil || !strings.Contains(dry.out, "127.0.47.15:5678") || !strings.Contains(dry.out, "CERT.example: 3 systems, TLP:AMBER\n") {
		t.Errorf("dry run: %s (%v)", dry.all(), err)
	}
	out := leadglass(t, append(command, "--json")...).want(t, exitIncomplete)
	matches(t, "disclose-prepare", []byte(out.out))
	var prepared prepare.Result
	if err := json.Unmarshal([]byte(out.out), &prepared); err != nil {
		t.Fatal(err)
	}
	if len(prepared.Prepared) != 2 || len(prepared.NoRecipient) != 1 || prepared.Below != 1 || len(prepared.NotPrepared) != 0 {
		t.Fatalf("prepared %+v", prepared)
	}
	cert, us := prepared.Prepared[0], prepared.Prepared[1]

	bundlesDecrypt(t, cert, us, home, stranger, ageKey, otherAge)
	nothingInPlain(t, base, dbFile)

	leadglass(t, db, "disclose", "mark", "CERT.example", "acknowledged").want(t, exitUsage)
	leadglass(t, db, "disclose", "mark", "nobody", "sent").want(t, exitUsage)
	leadglass(t, db, "disclose", "mark", "cert.EXAMPLE", "sent", "--note", "by hand").want(t, exitDone)
	if twice := leadglass(t, db, "disclose", "mark", "CERT.example", "sent").want(t, exitDone); !strings.Contains(twice.errors, "was marked as sent on") {
		t.Errorf("marked twice: %s", twice.all())
	}
	leadglass(t, db, "disclose", "mark", "CERT.example", "acknowledged", "--note", "ticket 4711", "--date", time.Now().UTC().Format(time.DateOnly)).want(t, exitDone)
	before := statusOf(t, db).Disclosures
	if len(before) != 2 || before[0].State != "acknowledged" || before[0].Outcomes[disclose.NotCovered] != 3 ||
		before[1].State != "prepared" || !strings.Contains(before[1].Next, "send it by portal") || len(before[0].Keys) != 1 || before[0].SignedBy == "" {
		t.Errorf("status before the second survey: %+v", before)
	}
	// Once more: what was sent stays, what was not is replaced.
	again := leadglass(t, command...).want(t, exitIncomplete)
	if !strings.Contains(again.out, "was sent its bundle of this survey on") || strings.Count(again.out, "  file ") != 1 {
		t.Errorf("prepared again: %s", again.all())
	}

	leadglass(t, db, "disclose", "mark", "US health", "sent", "--note", "two\nlines").want(t, exitUsage)
	elsewhere := leadglass(t, append(slices.Clone(command), "--out", filepath.Join(base, "elsewhere"))...).want(t, exitIncomplete)
	if !strings.Contains(elsewhere.errors, filepath.Base(us.File)+" was never marked as sent and is replaced; delete it") {
		t.Errorf("prepared elsewhere: %s", elsewhere.all())
	}
	surveyState(t, db, dir("later"), toldLater, scopeFile)
	fixedIsProved(t, db)
	// The first survey's bundles tell of what the second proves fixed.
	stale := leadglass(t, append([]string{command[0], "disclose", "prepare", prepared.Survey, "--again", "--dry-run"}, command[3:]...)...).want(t, exitIncomplete)
	if n := strings.Count(stale.errors, "a later survey proves 1 of the systems"); n != 2 || !strings.Contains(stale.errors, "127.0.47.11:4242") {
		t.Errorf("%d warnings of what is fixed: %s", n, stale.all())
	}
	// Whom nothing can be sent to is told of before anything is.
	lost := filepath.Join(inputs, "lost.yaml")
	if err := os.WriteFile(lost, []byte(strings.Replace(text, "email: cert@cert.example, ", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	checked := leadglass(t, "disclose", "recipients", "check", lost).want(t, exitUsage)
	prepared2 := leadglass(t, db, "disclose", "prepare", "--recipients", lost, "--dry-run").want(t, exitIncomplete)
	for _, o := range []output{checked, prepared2} {
		if !strings.Contains(o.out, "no address is set") {
			t.Errorf("a recipient by email without an address: %s", o.all())
		}
	}
}

// bundlesDecrypt: each bundle opens with the recipient's key alone, and holds
// that recipient's systems alone.
func bundlesDecrypt(t *testing.T, cert, us prepare.Prepared, home, stranger, ageKey, otherAge string) {
	t.Helper()
	gpg := func(home string) []string {
		return []string{"--homedir", home, "--batch", "--yes", "--decrypt", cert.File}
	}
	files := decrypt(t, "gpg", gpg(home)...)
	holdsOnly(t, files, "127.0.47.11", "127.0.47.12", "127.0.47.13")
	if letter := files[disclose.LetterName]; !strings.HasPrefix(letter, "TLP:AMBER\n") || !strings.Contains(letter, "Sehr geehrte") || !strings.Contains(letter, cert.SignedBy) {
		t.Errorf("the letter to the CERT:\n%s", letter)
	}
	matches(t, "disclosure", []byte(files["systems.json"]))
	files = decrypt(t, "age", "--decrypt", "-i", ageKey, us.File)
	holdsOnly(t, files, "127.0.47.14")
	if letter := files[disclose.LetterName]; !strings.HasPrefix(letter, "TLP:AMBER+STRICT\n") || !strings.Contains(letter, "Dear Sir") {
		t.Errorf("the letter to US:\n%s", letter)
	}
	matches(t, "disclosure", []byte(files["systems.json"]))
	if out, code := realserver.Tool(t, "gpg", gpg(stranger)...); code == 0 {
		t.Errorf("another OpenPGP key decrypts: %s", out)
	}
	if out, code := realserver.Tool(t, "age", "--decrypt", "-i", otherAge, us.File); code == 0 {
		t.Errorf("another age key decrypts: %s", out)
	}
	if cert.SignedBy == "" || us.SignedBy != "" {
		t.Errorf("signed by %q and %q", cert.SignedBy, us.SignedBy)
	}
}

// nothingInPlain searches all files below base for addresses. They may be in
// the inputs of the test and in the records of the store; of the store's
// account of who was told, the keys of the records are all that names one.
func nothingInPlain(t *testing.T, base, dbFile string) {
	t.Helper()
	found := searched{}
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"inputs", "store"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err == nil && strings.Contains(path, "bundles") && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		found[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := slices.Concat(toldAddresses, []string{"127.0.47", "Clinic One", "Sehr geehrte", "open-images", "LG-D04", "letter.txt"})
	if hits := found.hits(texts...); len(hits) > 0 {
		t.Errorf("in plain on disk:\n%s", strings.Join(hits, "\n"))
	}
	bundles := 0
	for path := range found {
		if strings.Contains(path, "bundles") {
			bundles++
		}
	}
	if bundles != 2 {
		t.Errorf("%d files among the bundles, want 2", bundles)
	}
	s, err := store.OpenExisting(t.Context(), dbFile)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Disclosures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var account bytes.Buffer
	if err := json.NewEncoder(&account).Encode(all); err != nil {
		t.Fatal(err)
	}
	if hits := (searched{"store": account.Bytes()}).hits(toldAddresses...); len(hits) > 0 || len(all) != 2 {
		t.Errorf("in the store's account of %d disclosures: %v", len(all), hits)
	}
}

// fixedIsProved: after the second survey one system of each recipient is
// fixed, one is as before, and the one that is gone is not called fixed.
func fixedIsProved(t *testing.T, db string) {
	t.Helper()
	outcomes := map[string]disclose.Outcome{}
	for _, d := range statusOf(t, db).Disclosures {
		for _, s := range d.Systems {
			outcomes[s.Address] = s.Outcome
			if s.Survey == "" {
				t.Errorf("no survey says what became of %s", s.Address)
			}
		}
	}
	for address, want := range map[string]disclose.Outcome{"127.0.47.11": disclose.Fixed, "127.0.47.12": disclose.StillOpen,
		"127.0.47.13": disclose.Gone, "127.0.47.14": disclose.Fixed} {
		if outcomes[address] != want {
			t.Errorf("%s is %q, want %q", address, outcomes[address], want)
		}
	}
	text := leadglass(t, db, "disclose", "status", "CERT.example", "--systems").want(t, exitDone).out
	for _, want := range []string{"answer by    20", "1 fixed, 1 still open, 1 gone", "acknowledged", "ticket 4711", "ask the recipient about what is not fixed", "127.0.47.11:4242"} {
		if !strings.Contains(text, want) {
			t.Errorf("the status does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "127.0.47.14") {
		t.Errorf("systems of another recipient in the status of one:\n%s", text)
	}
}

// TestWhereLooked: a survey covered what it kept of itself, and nothing where
// it kept nothing.
func TestWhereLooked(t *testing.T) {
	inside, outside := addrIn(t, "192.0.2.9"), addrIn(t, "198.51.100.9")
	v := survey.Survey{ID: "x", Coverage: &survey.Coverage{Ports: []uint16{80, 104},
		Ranges: []survey.AddressRange{{From: addrIn(t, "192.0.2.0"), To: addrIn(t, "192.0.2.255")}}}}
	covers := disclose.Looked(v)
	if !covers(inside, 104) || !covers(inside, 80) || !covers(inside, 0) || covers(inside, 11112) || covers(outside, 104) {
		t.Error("coverage is not what the survey kept")
	}
	v.Coverage = nil
	if disclose.Looked(v)(inside, 104) {
		t.Error("a survey that kept nothing covers something")
	}
}

func addrIn(t *testing.T, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
