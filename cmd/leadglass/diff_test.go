package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/compare"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// The fleet of 127.0.47.0/28 before and after some of its operators acted.
const fleetBefore = `version: 1
name: before
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: fixed, address: 127.0.47.1, port: 11112, country: AT, persona: orthanc, retrieval: get, contents: {studies: 40, images_linked: 400}}
  - {name: gone, address: 127.0.47.2, port: 11112, country: AT, persona: conquest, contents: {studies: 30, images_linked: 300}}
  - {name: opened, address: 127.0.47.4, port: 11112, country: DE, persona: dcm4chee-arc, reject: {result: 1, source: 1, reason: 3}}
  - {name: better, address: 127.0.47.5, port: 11112, country: DE, persona: dcm4chee-arc, retrieval: get, contents: {studies: 50, images_linked: 500}}
  - {name: same, address: 127.0.47.6, count: 2, port: 11112, country: DE, persona: dcm4chee-arc, retrieval: get, contents: {studies: 20, images_linked: 200}}
  - {name: left out, address: 127.0.47.8, port: 11112, country: FR, persona: conquest, contents: {studies: 60, images_linked: 600}}
`

const fleetAfter = `version: 1
name: after
seed: 5
dates: {first: 2015-01-01, last: 2020-12-31}
archives:
  - {name: fixed, address: 127.0.47.1, port: 11112, country: AT, persona: orthanc, query: refused, contents: {studies: 40, images_linked: 400}}
  - {name: new, address: 127.0.47.3, port: 11112, country: AT, persona: conquest, contents: {studies: 70, images_linked: 700}}
  - {name: opened, address: 127.0.47.4, port: 11112, country: DE, persona: dcm4chee-arc, contents: {studies: 80, images_linked: 800}}
  - {name: better, address: 127.0.47.5, port: 11112, country: DE, persona: dcm4chee-arc, contents: {studies: 50, images_linked: 500}}
  - {name: same, address: 127.0.47.6, count: 2, port: 11112, country: DE, persona: dcm4chee-arc, retrieval: get, contents: {studies: 24, images_linked: 240}}
  - {name: beyond, address: 127.0.47.9, port: 11112, country: FR, persona: conquest, contents: {studies: 90, images_linked: 900}}
  - {name: other port, address: 127.0.47.10, port: 4242, country: FR, persona: orthanc, contents: {studies: 100, images_linked: 1000}}
`

// surveyOf runs a fleet while it is surveyed under the scope, and returns the
// ID of the survey.
func surveyOf(t *testing.T, db, fleet, scope, name string) (id string) {
	t.Helper()
	t.Run(name, func(t *testing.T) { // the fleet ends with the subtest
		dir := t.TempDir()
		path := filepath.Join(dir, "fleet.yaml")
		if err := os.WriteFile(path, []byte(fleet), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay, err := os.ReadFile(filepath.Join(filepath.Dir(runFleet(t, path)), "overlay.csv"))
		if err != nil {
			t.Fatal(err)
		}
		scopeFile := filepath.Join(dir, "scope.yaml")
		if err := os.WriteFile(filepath.Join(dir, "overlay.csv"), overlay, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(scopeFile, []byte(scope+"overlay: overlay.csv\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out := leadglass(t, db, "survey", "--scope", scopeFile, "--name", name, "--json").want(t, exitDone).out
		lines := strings.Split(strings.TrimSpace(out), "\n")
		var summary struct{ Survey struct{ ID string } }
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &summary); err != nil {
			t.Fatal(err)
		}
		id = summary.Survey.ID
	})
	return id
}

// TestDiff surveys a fleet before and after, with a scope that is wider in one
// place and narrower in another, and looks at what each archive became, at the
// sums, and at what of it is public.
func TestDiff(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.db")
	db := "--store=" + path
	surveyOf(t, db, fleetBefore, scopeText("127.0.47.0/28", "11112", "8042")+"exclude: [127.0.47.9]\n", "before")
	surveyOf(t, db, fleetAfter, scopeText("127.0.47.0/28", "4242, 11112", "8042")+"exclude: [127.0.47.8]\n", "after")

	text := leadglass(t, db, "diff", "--edition", "confidential", "--json").want(t, exitDone).out
	matches(t, "diff", []byte(text))
	checkChanges(t, text)
	s := searched{}
	// Nothing withheld: a number that later ones may replace.
	s.run(t, db, "diff", "--min-count", "1").want(t, exitDone)
	matches(t, "diff", []byte(s.run(t, db, "diff", "--min-count", "1", "--json").want(t, exitDone).out))
	matches(t, "trend", []byte(s.run(t, db, "trend", "--min-count", "1", "--json").want(t, exitDone).out))
	matches(t, "trend", []byte(s.run(t, db, "trend", "--edition", "confidential", "--json").want(t, exitDone).out))
	public := filepath.Join(dir, "public")
	s.run(t, "--store="+path, "diff", "--format", "html,json", "--min-count", "1", "--out", public).want(t, exitDone)
	s.folder(t, public)
	s.run(t, db, "diff").want(t, exitDone)
	matches(t, "diff", []byte(s.run(t, db, "diff", "before", "after", "--json").want(t, exitDone).out))
	s.run(t, db, "trend").want(t, exitDone)
	oneMinCount(t, db, dir)
	for _, text := range []string{text, leadglass(t, db, "diff", "--json").want(t, exitDone).out, leadglass(t, db, "trend", "--json").want(t, exitDone).out} {
		if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "}\n") {
			t.Errorf("not one line:\n%s", text)
		}
	}

	for name := range s { // the file's own path and the command lines are not output
		if strings.HasPrefix(name, "stderr") {
			delete(s, name)
		}
	}
	if found := s.hits(append(marks(), "127.0.47.")...); len(found) > 0 {
		t.Errorf("the public comparison holds\n%s", strings.Join(found, "\n"))
	}
	secret := searched{"changes": []byte(text)}
	secret.run(t, db, "diff", "--format", "html,json", "--edition", "confidential", "--out", filepath.Join(dir, "secret")).want(t, exitDone)
	secret.folder(t, filepath.Join(dir, "secret"))
	file, err := os.ReadFile(filepath.Join(dir, "secret", "diff.json"))
	if err != nil || !bytes.HasPrefix(file, []byte("{\n  \"")) || !bytes.HasSuffix(file, []byte("}\n  ]\n}\n")) {
		t.Errorf("diff.json is not laid out to be read: %v", err)
	}
	checkChanges(t, string(file))
	if found := secret.hits(marks()...); len(found) > 0 {
		t.Errorf("the confidential comparison holds\n%s", strings.Join(found, "\n"))
	}
	if found := secret.hits("127.0.47.1\"", "127.0.47.1<"); len(found) < 2 {
		t.Errorf("the archive that was fixed is in %d places", len(found))
	}
	besideOneAnother(t, db, filepath.Join(dir, "beside"))
	leadglass(t, db, "diff", "--fail-on", "worse").want(t, exitFailOn)
	leadglass(t, db, "diff", "last", "last", "--fail-on", "worse").want(t, exitDone)
	leadglass(t, db, "diff", "--format", "html", "--edition", "confidential", "--out", public).want(t, exitFailed)
	newCheck(t, path)
}

// checkChanges compares what each archive became with what was done to it.
func checkChanges(t *testing.T, text string) {
	t.Helper()
	var d struct {
		LikeForLike struct {
			Before  int `json:"open_before"`
			Now     int `json:"open_now"`
			Records struct {
				Difference compare.Difference `json:"difference"`
			} `json:"study_records"`
		} `json:"like_for_like"`
		InAll struct {
			Before int `json:"open_before"`
			Now    int `json:"open_now"`
		} `json:"in_all"`
		Countries []struct{ ISO2, Mark string }
		Changes   []compare.Change
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"1": "fixed", "2": "gone", "3": "new", "4": "worse", "5": "better", "6": "unchanged", "7": "unchanged",
		"8": "not-covered-now address", "9": "not-covered-before address", "10": "not-covered-before port",
	}
	for _, c := range d.Changes {
		host := strings.TrimPrefix(c.Target, "127.0.47.")
		if got := strings.TrimSpace(fmt.Sprint(string(c.Kind), " ", string(c.Cause))); got != want[host] {
			t.Errorf("%s is %q, want %q: %+v", c.Target, got, want[host], c)
		}
		delete(want, host)
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v", want)
	}
	// Open like for like: 1, 2, 5, 6, 7, then 3, 4, 5, 6, 7; besides 8, then 9
	// and 10.
	if d.LikeForLike.Before != 5 || d.LikeForLike.Now != 5 || d.InAll.Before != 6 || d.InAll.Now != 7 {
		t.Errorf("open %+v like for like, %+v in all", d.LikeForLike, d.InAll)
	}
	// 6 and 7 share their group's records: 20 and 24 each or together.
	if got := d.LikeForLike.Records.Difference; got.Quality != compare.DifferenceExact || *got.Value != (70+80+50+24)-(40+30+50+20) {
		t.Errorf("records %s", got)
	}
	marks := map[string]string{}
	for _, c := range d.Countries {
		marks[c.ISO2] = c.Mark
	}
	// In AT one is fixed, one is gone and one is new: fewer only without those gone.
	if marks["AT"] != "" || marks["DE"] != "ugly" {
		t.Errorf("marks %v", marks)
	}
}

// oneMinCount: a survey that was published with one --min-count is published
// with no other, by any command.
func oneMinCount(t *testing.T, db, dir string) {
	t.Helper()
	for _, command := range [][]string{{"report", "after", "--out", filepath.Join(dir, "other")}, {"report", "before", "--out", filepath.Join(dir, "other")}, {"diff"}, {"trend"}} {
		for _, least := range []string{"1", "2", "4"} {
			out := leadglass(t, append(append([]string{db}, command...), "--min-count", least)...).want(t, exitUsage)
			if !strings.Contains(out.errors, "was published with --min-count 3") || out.out != "" {
				t.Errorf("%s --min-count %s says %q", command[0], least, out.errors)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "other")); err == nil {
		t.Error("a report that was refused is there")
	}
}

// besideOneAnother: the totals of an earlier survey are as its own report has
// them; and a comparison of which numbers are withheld names the way out.
func besideOneAnother(t *testing.T, db, dir string) {
	t.Helper()
	text := leadglass(t, db, "diff").want(t, exitDone).out
	for _, want := range []string{"withheld", "--edition confidential"} {
		if !strings.Contains(text, want) {
			t.Errorf("the comparison does not say %q:\n%s", want, text)
		}
	}
	for _, edition := range []string{"public", "confidential"} {
		const want = "6 7" // of more archives than one that came and went
		dir := filepath.Join(dir, edition)
		leadglass(t, db, "report", "after", "--earlier", "before", "--edition", edition, "--format", "json", "--out", dir).want(t, exitDone)
		data, err := os.ReadFile(filepath.Join(dir, "report.json"))
		if err != nil {
			t.Fatal(err)
		}
		type headline struct {
			Totals struct {
				Open json.RawMessage `json:"archives_open"`
			} `json:"totals"`
		}
		var r struct {
			headline
			Earlier []headline `json:"earlier_surveys"`
		}
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Earlier) != 1 {
			t.Fatalf("%s: earlier surveys %+v", edition, r.Earlier)
		}
		var before, now bytes.Buffer
		if err := errors.Join(json.Compact(&before, r.Earlier[0].Totals.Open), json.Compact(&now, r.Totals.Open)); err != nil {
			t.Fatal(err)
		}
		if got := before.String() + " " + now.String(); got != want {
			t.Errorf("%s: open archives before and after %s, want %s", edition, got, want)
		}
	}
}

// newCheck: a check that the earlier catalogue did not have makes no archive
// worse.
func newCheck(t *testing.T, path string) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	v, err := db.Survey(ctx, "after")
	if err != nil {
		t.Fatal(err)
	}
	is := func(id string) bool { return id == assess.LGD08.ID }
	older := v
	older.ID, older.Name, older.StartedAt = "", "older catalogue", v.StartedAt.Add(-1)
	coverage := *v.Coverage
	coverage.Checks = slices.DeleteFunc(slices.Clone(coverage.Checks), func(c survey.CoveredCheck) bool { return is(c.ID) })
	older.Coverage = &coverage
	if older, err = db.CreateSurvey(ctx, older); err != nil {
		t.Fatal(err)
	}
	failing := 0
	for r, err := range db.Records(ctx, v.ID) {
		if err != nil {
			t.Fatal(err)
		}
		r.SurveyID = older.ID
		r.Finding.Checks = slices.DeleteFunc(r.Finding.Checks, func(c survey.Check) bool {
			if is(c.ID) && c.State == survey.Fail {
				failing++
			}
			return is(c.ID)
		})
		if err := db.AppendRecords(ctx, []survey.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	text := leadglass(t, "--store="+path, "diff", older.ID, v.ID, "--edition", "confidential", "--json", "--fail-on", "worse").want(t, exitDone).out
	var d compare.Public
	var changes struct{ Changes []compare.Change }
	if err := json.Unmarshal([]byte(text), &changes); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &struct{ Common *compare.Common }{&d.Common}); err != nil {
		t.Fatal(err)
	}
	if failing == 0 || !slices.Equal(d.Common.ChecksOnlyNow, []string{assess.LGD08.ID}) {
		t.Errorf("%d archives fail the new check; only now: %v", failing, d.Common.ChecksOnlyNow)
	}
	for _, c := range changes.Changes {
		if c.Kind != compare.Unchanged || len(c.Failing) > 0 {
			t.Errorf("%+v", c)
		}
	}
}

// TestFactsGiveTheVerdict: the facts that are kept of a finding are enough for
// the rule of verdicts.
func TestFactsGiveTheVerdict(t *testing.T) {
	t.Parallel()
	_, scope := startFleet(t, "127.0.48.")
	dir := t.TempDir()
	db := "--store=" + filepath.Join(dir, "s.db")
	out := leadglass(t, db, "survey", "--scope", scope, "--json").want(t, exitDone).out
	archives := 0
	for line := range strings.Lines(out) {
		var f survey.Finding
		if err := json.Unmarshal([]byte(line), &f); err != nil || f.Schema != survey.FindingSchema {
			continue
		}
		facts := survey.FactsOf(&survey.Record{Finding: f})
		var services []survey.Service
		var failed []survey.Check
		for i := range facts.Services {
			services = append(services, facts.Services[i].Service())
		}
		for _, p := range facts.Checks {
			for _, id := range p.Failed {
				failed = append(failed, survey.Check{ID: id, Port: p.Port, State: survey.Fail})
			}
		}
		if v := survey.VerdictOf(services, failed); v != f.Verdict {
			t.Errorf("%s: %s by its facts, %s by the finding", f.Target.Address, v, f.Verdict)
		}
		if f.Verdict.Speaks() {
			archives++
		}
	}
	if archives < 10 {
		t.Errorf("only %d archives", archives)
	}
}
