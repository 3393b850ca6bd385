package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"leadglass/internal/compare"
	"leadglass/internal/disclose"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/lab/fleets"
)

// TestInvariants surveys every fleet that shows what archives do, and holds all
// that is said of it to each other: findings, report, comparison and letters
// judge alike, and no number is surer than those that it is made of.
func TestInvariants(t *testing.T) {
	t.Parallel()
	for name, move := range map[string][2]string{"demo": {"127.0.1.", "127.61.1."}, "quirks": {"127.0.2.", "127.61.2."},
		"identities": {"127.0.3.", "127.61.3."}, "suspects": {"127.7", "127.17"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope := movedFleet(t, name, move[0], move[1])
			db := filepath.Join(t.TempDir(), "s.db")
			leadglass(t, "--store="+db, "survey", "--scope", scope).want(t, exitDone)
			all := findings(t, db)
			if len(all) < 10 {
				t.Fatalf("%d findings", len(all))
			}
			for i := range all {
				honest(t, &all[i])
				stillOpen(t, &all[i])
			}
			totalsAre(t, db, all)
			nothingChanged(t, db, all)
			lettersSay(t, db, all)
			unfinished(t, scope)
		})
	}
}

// movedFleet runs a fleet at other addresses and returns the scope that gives
// each host a second.
func movedFleet(t *testing.T, name, from, to string) (scope string) {
	t.Helper()
	text, err := fleets.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	scope = runFleet(t, file(t, strings.ReplaceAll(string(text), from, to)))
	written, err := os.ReadFile(scope)
	if err != nil {
		t.Fatal(err)
	}
	limited := regexp.MustCompile(`limits: \{.*\}`).ReplaceAllString(string(written),
		"limits: {associations_per_host: 1, per_host_time: 1s, per_host_bytes: 64MiB}")
	if err := os.WriteFile(scope, []byte(limited), 0o600); err != nil {
		t.Fatal(err)
	}
	return scope
}

// openOf are the findings that a report counts as open archives.
func openOf(all []survey.Finding) (open []*survey.Finding) {
	for i := range all {
		if f := &all[i]; f.SameArchiveAs == nil && f.Verdict.FreelyAccessible() {
			open = append(open, f)
		}
	}
	return open
}

// reportTotals are the totals of the public report with all numbers.
func reportTotals(t *testing.T, db string) (totals struct {
	Archives         int64
	ArchivesOpen     int64        `json:"archives_open"`
	StudyRecords     survey.Count `json:"study_records"`
	ImagesLinked     survey.Count `json:"images_linked"`
	ImagesAccessible survey.Count `json:"images_accessible"`
}) {
	t.Helper()
	dir := t.TempDir()
	leadglass(t, "--store="+db, "report", "--format", "json", "--min-count", "1", "--out", dir).want(t, exitDone)
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	document := struct{ Totals any }{&totals}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return totals
}

// totalsAre: the report's archives and sums are those of the findings, and a sum
// is exact where all its parts are.
func totalsAre(t *testing.T, db string, all []survey.Finding) {
	t.Helper()
	totals, open, speaks := reportTotals(t, db), openOf(all), int64(0)
	for i := range all {
		if all[i].SameArchiveAs == nil && all[i].Verdict.Speaks() {
			speaks++
		}
	}
	if totals.Archives != speaks || totals.ArchivesOpen != int64(len(open)) || len(open) == 0 {
		t.Errorf("the report says %d archives, %d open; the findings %d and %d", totals.Archives, totals.ArchivesOpen, speaks, len(open))
	}
	for name, figure := range map[string]struct {
		of   func(*survey.Counts) survey.Count
		said survey.Count
	}{
		"study records":     {func(c *survey.Counts) survey.Count { return c.Studies }, totals.StudyRecords},
		"images linked":     {func(c *survey.Counts) survey.Count { return c.ImagesLinked }, totals.ImagesLinked},
		"images accessible": {func(c *survey.Counts) survey.Count { return c.ImagesAccessible }, totals.ImagesAccessible},
	} {
		var parts []survey.Count
		for _, f := range open {
			parts = append(parts, figure.of(&f.Counts))
		}
		if sum := parts[0].Plus(parts[1:]...); sum.String() != figure.said.String() || sum.Quality != figure.said.Quality {
			t.Errorf("%s: the report says %s (%s), the findings %s (%s)", name, figure.said, figure.said.Quality, sum, sum.Quality)
		}
	}
}

// stillOpen: a system that is as it was is still open to those who were informed
// of it, when it was open, whatever kind it is.
func stillOpen(t *testing.T, f *survey.Finding) {
	t.Helper()
	if !f.Exposed() {
		return
	}
	if o := disclose.Judge(f, []survey.Finding{*f}, func(uint16) bool { return true }); o != disclose.StillOpen {
		t.Errorf("%s is %s and by its disclosure %s", f.Target.Address, f.Verdict, o)
	}
}

// nothingChanged: compared with itself, a survey shows no change.
func nothingChanged(t *testing.T, db string, all []survey.Finding) {
	t.Helper()
	id := lastSurvey(t, db)
	var d struct{ Changes []compare.Change }
	out := leadglass(t, "--store="+db, "diff", id, id, "--edition", "confidential", "--json").want(t, exitDone).out
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	open := int64(0)
	for _, c := range d.Changes {
		if c.Kind != compare.Unchanged {
			t.Errorf("%s is %s between a survey and itself", c.Target, c.Kind)
			continue
		}
		open++
	}
	if least := int64(len(openOf(all))); open < least {
		t.Errorf("the comparison has %d unchanged systems, of %d open archives", open, least)
	}
}

// lettersSay: a letter is about the systems that are exposed and no others, with
// the verdicts and numbers of their findings.
func lettersSay(t *testing.T, db string, all []survey.Finding) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(bundleOf(t, db)["systems.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(lines[0], name) }
	said := map[string][]string{}
	for _, line := range lines[1:] {
		said[line[at("ip")]] = line
	}
	for i := range all {
		f := &all[i]
		line, named := said[f.Target.Address]
		if due := (disclose.Rule{Least: survey.Open}).Choose(f) == disclose.Told; due != named {
			t.Errorf("%s is %s, exposed %t, and in the letter: %t", f.Target.Address, f.Verdict, f.Exposed(), named)
		}
		if !named {
			continue
		}
		value, quality := line[at("images_accessible")], line[at("images_accessible_quality")]
		if line[at("verdict")] != string(f.Verdict) || f.Verdict.FreelyAccessible() && quality != string(f.Counts.ImagesAccessible.Quality) ||
			value == "" && quality == string(survey.Exact) {
			t.Errorf("%s is %s with %s images accessible; the letter says %q", f.Target.Address, f.Verdict, number(f.Counts.ImagesAccessible), line)
		}
	}
}

// unfinished interrupts a survey of the scope: no total of its report is exact.
func unfinished(t *testing.T, scope string) {
	t.Helper()
	db := filepath.Join(t.TempDir(), "half.db")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stdout, stderr := interrupter{interrupt: cancel}, buffer{}
	if code := run(ctx, []string{"--store=" + db, "survey", "--scope", scope, "--json", "--concurrency", "2"}, &stdout, &stderr); code != exitIncomplete {
		t.Fatalf("interrupted: exit code %d: %s", code, stderr.String())
	}
	totals := reportTotals(t, db)
	for name, c := range map[string]survey.Count{"study records": totals.StudyRecords, "images linked": totals.ImagesLinked, "images accessible": totals.ImagesAccessible} {
		if c.Quality == survey.Exact {
			t.Errorf("%s of an interrupted survey: %s, exact", name, c)
		}
	}
}

// lastSurvey is the ID of the last survey in a store.
func lastSurvey(t *testing.T, path string) string {
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
	return v.ID
}
