package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leadglass/internal/cases"
	"leadglass/internal/disclose"
)

// casesOf are the cases of a store, by address.
func casesOf(t *testing.T, db string, flags ...string) map[string]cases.Case {
	t.Helper()
	byAddress := map[string]cases.Case{}
	for line := range strings.Lines(leadglass(t, append([]string{db, "cases", "list", "--json"}, flags...)...).want(t, exitDone).out) {
		matches(t, "case", []byte(line))
		var c cases.Case
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		byAddress[c.Address] = c
	}
	return byAddress
}

// TestCases surveys a fleet before and after, and as it was before once more.
func TestCases(t *testing.T) {
	db := "--store=" + filepath.Join(t.TempDir(), "s.db")
	scope := scopeText("127.0.47.0/28", "4242, 11112", "8042")
	var ids []string
	for i, fleet := range []string{fleetBefore, fleetAfter, fleetBefore} {
		ids = append(ids, surveyOf(t, db, fleet, scope, []string{"one", "two", "three"}[i]))
	}
	states := map[string]cases.State{}
	all := casesOf(t, db)
	for address, c := range all {
		states[address] = c.State
	}
	for address, want := range map[string]cases.State{"127.0.47.1": cases.Reopened, "127.0.47.2": cases.Open, "127.0.47.3": cases.Gone, "127.0.47.4": cases.Fixed,
		"127.0.47.5": cases.Open, "127.0.47.6": cases.Open, "127.0.47.10": cases.Gone} {
		if states[address] != want {
			t.Errorf("%s is %q, want %q: %+v", address, states[address], want, all[address])
		}
	}
	one := all["127.0.47.1"]
	if one.Reopened != 1 || len(one.Episodes) != 2 || one.Episodes[0].OpenedBy != ids[0] || one.Episodes[0].FixedBy != ids[1] || one.Episodes[1].OpenedBy != ids[2] || one.Country != "AT" {
		t.Errorf("%+v", one)
	}
	grown := all["127.0.47.6"].StudyRecords // by a fifth in the second survey
	if peak, _ := grown.Peak.Int(); peak <= 0 || *grown.Now.Value <= 0 || peak <= *grown.Now.Value {
		t.Errorf("%v now, %v at the peak", grown.Now, grown.Peak)
	}
	marksOfCases(t, db)
	if got := casesOf(t, db, "--state", "accepted", "--country", "at"); len(got) != 1 || got["127.0.47.2"].Mark == nil {
		t.Errorf("accepted ones of Austria: %+v", got)
	}
	list := leadglass(t, db, "cases", "list").want(t, exitDone)
	if !strings.Contains(list.errors, "accepted ones, false positives and test installations not counted") || !strings.Contains(list.errors, "1 accepted") || !strings.Contains(list.out, "127.0.47.1 ") {
		t.Errorf("%s%s", list.out, list.errors)
	}
	rows, err := csv.NewReader(strings.NewReader(leadglass(t, db, "cases", "list", "--csv").want(t, exitDone).out)).ReadAll()
	if err != nil || len(rows) != len(all)+1 {
		t.Errorf("%d lines of CSV for %d cases (%v)", len(rows), len(all), err)
	}
}

// marksOfCases accepts one system and marks another, and is refused what does not fit.
func marksOfCases(t *testing.T, db string) {
	t.Helper()
	const later = "2999-12-31"
	for _, refused := range []struct {
		args []string
		want string
	}{
		{[]string{"127.0.47.2", "accepted", "--by", "Kim", "--note", "x"}, "--until is missing"},
		{[]string{"127.0.47.2", "accepted", "--by", "Kim", "--note", "x", "--until", "2020-01-01"}, "has passed"},
		{[]string{"127.0.47.2", "accepted", "--by", "Kim", "--until", later}, "--note is missing"},
		{[]string{"127.0.47.2", "not-ours", "--note", "x"}, "--by is missing"},
		{[]string{"127.0.47.2", "not-ours", "--note", "x", "--by", "Kim", "--until", later}, "--until goes with"},
		{[]string{"127.0.47.4", "accepted", "--by", "Kim", "--note", "x", "--until", later}, "is fixed"},
		{[]string{"127.0.47.2", "fixed", "--by", "Kim"}, "must be one of"},
		{[]string{"127.0.47.2", "--by", "Kim"}, "nothing to mark"},
		{[]string{"127.0.47.2", "--by", "Kim", "--tag", "a b"}, "is not a tag"},
		{[]string{"127.0.47.99", "--by", "Kim", "--note", "x"}, "not found"},
	} {
		if r := leadglass(t, append([]string{db, "cases", "mark"}, refused.args...)...).want(t, exitUsage); !strings.Contains(r.errors, refused.want) {
			t.Errorf("%v: %s, want %q", refused.args, r.errors, refused.want)
		}
	}
	leadglass(t, db, "cases", "mark", "127.0.47.2", "accepted", "--until", later, "--note", "replaced soon", "--by", "Kim", "--tag", "radiology").want(t, exitDone)
	matches(t, "case", []byte(leadglass(t, db, "cases", "mark", "127.0.47.5", "false-positive", "--note", "a teaching set", "--by", "Kim", "--json").want(t, exitDone).out))
	shown := leadglass(t, db, "cases", "show", "127.0.47.2").want(t, exitDone).out
	for _, want := range []string{"accepted until     " + later, "replaced soon", "radiology", "by Kim", "gone"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	matches(t, "case", []byte(leadglass(t, db, "cases", "show", "::ffff:127.0.47.2", "--json").want(t, exitDone).out))
}

// TestRecheck rechecks a system after it was repaired: the case and the next report
// say so each in its own way, and no figure of a survey changes.
func TestRecheck(t *testing.T) {
	dir := t.TempDir()
	db := "--store=" + filepath.Join(dir, "s.db")
	scope := scopeText("127.0.47.0/28", "11112", "8042")
	path := filepath.Join(dir, "before.yaml")
	if err := os.WriteFile(path, []byte(fleetBefore), 0o600); err != nil {
		t.Fatal(err)
	}
	scopeFile := file(t, scope)
	t.Run("survey", func(t *testing.T) {
		runFleet(t, path)
		leadglass(t, db, "survey", "--scope", scopeFile, "--name", "one").want(t, exitDone)
	})
	_, recipient := ageFile(t, dir, "us.key")
	recipients := file(t, "version: 1\nrecipients:\n  - {organisation: CERT, language: en, channel: portal, prefixes: [127.0.47.0/28], keys: {age: "+recipient+"}}\n")
	leadglass(t, db, "disclose", "prepare", "--recipients", recipients, "--out", filepath.Join(dir, "bundles")).want(t, exitDone)
	leadglass(t, db, "disclose", "mark", "CERT", "sent").want(t, exitDone)
	after := filepath.Join(dir, "after.yaml")
	if err := os.WriteFile(after, []byte(fleetAfter), 0o600); err != nil {
		t.Fatal(err)
	}
	figures := func() string { return leadglass(t, db, "survey", "show", "--json").want(t, exitDone).out }
	before := figures()
	runFleet(t, after)
	out := leadglass(t, db, "recheck", "127.0.47.1", "--by", "Kim", "--json").want(t, exitDone).out
	matches(t, "recheck", []byte(out))
	if !strings.Contains(out, `"state":"fixed"`) {
		t.Errorf("a repaired system: %s", out)
	}
	if text := leadglass(t, db, "recheck", "127.0.47.2", "127.0.47.6", "--scope", scopeFile).want(t, exitDone).out; !strings.Contains(text, "127.0.47.2: gone") || !strings.Contains(text, "127.0.47.6: notified") {
		t.Errorf("a silent and an open system: %s", text)
	}
	if now := figures(); now != before {
		t.Errorf("the survey's figures were\n%s, and are\n%s", before, now)
	}
	outcomes := map[string]disclose.Outcome{}
	for _, f := range statusOf(t, db).Disclosures[0].Systems {
		outcomes[f.Address] = f.Outcome
	}
	if outcomes["127.0.47.1"] != disclose.Fixed || outcomes["127.0.47.2"] != disclose.Gone || outcomes["127.0.47.6"] != disclose.StillOpen || outcomes["127.0.47.7"] != disclose.NotCovered {
		t.Errorf("disclose status says %v", outcomes)
	}
	shown := leadglass(t, db, "cases", "show", "127.0.47.1").want(t, exitDone).out
	if !strings.Contains(shown, "recheck-") || !strings.Contains(shown, "by Kim") {
		t.Errorf("the timeline has no recheck:\n%s", shown)
	}
	for args, want := range map[string]string{"127.0.47.9": "has a record of", "pacs.example": "is not an address", "198.51.100.1": "has a record of"} {
		if r := leadglass(t, db, "recheck", args).want(t, exitUsage); !strings.Contains(r.errors, want) {
			t.Errorf("%s: %s, want %q", args, r.errors, want)
		}
	}
	// The scope file with an exclusion that is new is another text; its exclude files may grow.
	other := file(t, strings.Replace(scope, "Command line test", "Another", 1))
	if r := leadglass(t, db, "recheck", "127.0.47.6", "--scope", other).want(t, exitUsage); !strings.Contains(r.errors, "its scope is not the text of") {
		t.Errorf("another scope: %s", r.errors)
	}
}
