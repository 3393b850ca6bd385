package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"leadglass/internal/assess"
	"leadglass/internal/campaign"
	"leadglass/internal/survey"
)

var update = flag.Bool("update", false, "rewrite docs/coverage.md from the expectations")

// coveragePage is the page that the expectations are written up on.
const coveragePage = "../../docs/coverage.md"

// expectation is one server, in one set-up, and what a full check of it has to
// find: every check that is not named has to be not applicable.
type expectation struct {
	// product is the column of the page; what sets this case apart.
	product, setup string
	// real is set for real servers, as opposed to the laboratory's.
	real bool
	// start starts the server and returns the arguments of `check`.
	start   func(t *testing.T) []string
	verdict survey.Verdict
	grade   survey.Grade
	// fail, pass and unknown are the checks with that state, as "D01 D03".
	fail, pass, unknown string
}

// ids are the full names of checks written in short.
func ids(short string) []string {
	var all []string
	for _, id := range strings.Fields(short) {
		all = append(all, "LG-"+id)
	}
	return all
}

// states is the state that each check of the catalogue has to have.
func (e expectation) states(t *testing.T) map[string]survey.CheckState {
	t.Helper()
	states := map[string]survey.CheckState{}
	for _, c := range assess.Catalogue() {
		states[c.ID] = survey.NotApplicable
	}
	for state, short := range map[survey.CheckState]string{survey.Fail: e.fail, survey.Pass: e.pass, survey.Unknown: e.unknown} {
		for _, id := range ids(short) {
			if s, ok := states[id]; !ok || s != survey.NotApplicable {
				t.Errorf("the expectation of %s, %s names %s twice, or there is no such check", e.product, e.setup, id)
			}
			states[id] = state
		}
	}
	return states
}

// inShort writes found states as an expectation.
func inShort(found map[string]survey.Check) string {
	by := map[survey.CheckState][]string{}
	for _, c := range assess.Catalogue() {
		if f, ok := found[c.ID]; ok {
			by[f.State] = append(by[f.State], strings.TrimPrefix(c.ID, "LG-"))
		}
	}
	return fmt.Sprintf("fail: %q, pass: %q, unknown: %q", strings.Join(by[survey.Fail], " "),
		strings.Join(by[survey.Pass], " "), strings.Join(by[survey.Unknown], " "))
}

// The most that a full check of one archive may put on the wire.
const (
	mostAssociations = 12
	mostSent         = 200 << 10
)

// TestExpectations makes a full check of every server and compares each
// finding with what was written down, and the traffic with its limits.
func TestExpectations(t *testing.T) {
	for _, e := range expectations() {
		t.Run(strings.ReplaceAll(e.product+" "+e.setup, ",", ""), func(t *testing.T) {
			t.Parallel()
			o := leadglass(t, append([]string{"check", "--json"}, e.start(t)...)...).want(t, exitDone)
			for _, mark := range marks() {
				if strings.Contains(o.all(), mark) {
					t.Errorf("the value of a patient came out: %s", mark)
				}
			}
			f := o.finding(t)
			if f.Verdict != e.verdict || f.Grade != e.grade {
				t.Errorf("verdict %s, grade %s; want %s, %s", f.Verdict, f.Grade, e.verdict, e.grade)
			}
			e.neverWrong(t, f.Services)
			found, wrong := checks(f), false
			for id, want := range e.states(t) {
				got := survey.NotApplicable
				if c, ok := found[id]; ok {
					got = c.State
				}
				if got != want {
					wrong = true
					t.Errorf("%s is %s, want %s: %s", id, got, want, found[id].Evidence)
				}
			}
			if wrong {
				t.Logf("found %s", inShort(found))
			}
			if f.Traffic.Associations > mostAssociations || f.Traffic.BytesSent > mostSent {
				t.Errorf("%d associations, %d bytes sent", f.Traffic.Associations, f.Traffic.BytesSent)
			}
		})
	}
}

// TestCoveragePage compares docs/coverage.md with the expectations.
func TestCoveragePage(t *testing.T) {
	page := coverage(t)
	if *update {
		if err := os.WriteFile(coveragePage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(coveragePage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page {
		t.Error("docs/coverage.md is not what the expectations say; run `go test ./cmd/leadglass -run TestCoveragePage -update`")
	}
}

// coverage writes the page: which check was seen to decide on which product.
func coverage(t *testing.T) string {
	t.Helper()
	all := expectations()
	var b strings.Builder
	b.WriteString("# What is tested on what\n\n" +
		"Made from the expectations of `TestExpectations` in `cmd/leadglass`: each is a server in one set-up, of which a full\n" +
		"check has to find what is written down, check by check. **fail** and **pass** say which answers of a check are\n" +
		"tested on a real server of that product, *fail* and *pass* on the laboratory's persona of it, and a dash that the\n" +
		"check decides nothing there in any set-up that is tested.\n")
	for _, kind := range []bool{true, false} {
		title := "Real servers"
		if !kind {
			title = "Personas of the laboratory"
		}
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		var products []string
		for _, e := range all {
			if e.real == kind && !slices.Contains(products, e.product) {
				products = append(products, e.product)
			}
		}
		fmt.Fprintf(&b, "| check | %s |\n|---|%s\n", strings.Join(products, " | "), strings.Repeat("---|", len(products)))
		for _, c := range assess.Catalogue() {
			row := "| " + c.ID
			for _, p := range products {
				row += " | " + cell(t, all, p, kind, c.ID)
			}
			fmt.Fprintf(&b, "%s |\n", row)
		}
	}
	b.WriteString("\n## The set-ups\n\n| product | set-up | verdict | grade |\n|---|---|---|---|\n")
	for _, e := range all {
		fmt.Fprintf(&b, "| %s%s | %s | %s | %s |\n", e.product, map[bool]string{true: "", false: " (laboratory)"}[e.real], e.setup, e.verdict, e.grade)
	}
	b.WriteString(remedyTable(t))
	b.WriteString("\n## Not tested\n\nProducts that are recognised, but of which neither a real server nor a persona is in the set-ups above:\n" +
		strings.Join(untested(t, all), ", ") + ".\n")
	return b.String()
}

// untested are the products of the fingerprints that no case is of.
func untested(t *testing.T, all []expectation) []string {
	t.Helper()
	table, err := campaign.LoadProducts("")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range table.List().Products {
		if len(p.Signs) > 0 && !slices.ContainsFunc(all, func(e expectation) bool { return e.product == p.Name }) {
			names = append(names, p.Name)
		}
	}
	return names
}

// cell says which answers of a check are tested on a product.
func cell(t *testing.T, all []expectation, product string, kind bool, id string) string {
	t.Helper()
	var answers []string
	for _, state := range []survey.CheckState{survey.Fail, survey.Pass} {
		mark := "*"
		if kind {
			mark = "**"
		}
		for _, e := range all {
			if e.product == product && e.real == kind && e.states(t)[id] == state {
				answers = append(answers, mark+string(state)+mark)
				break
			}
		}
	}
	if len(answers) == 0 {
		return "–"
	}
	return strings.Join(answers, " ")
}
