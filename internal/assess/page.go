package assess

import (
	"fmt"
	"strings"

	"leadglass/internal/products"
	"leadglass/internal/survey"
)

// Page returns the page of the check, in Markdown, as in docs/checks and as
// `check --explain` prints it, with the remedies of table.
func (c Check) Page(table *products.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", c.ID, c.Title)
	fmt.Fprintf(&b, "Severity %s. Made %s.\n", c.Severity, map[Subject]string{
		OnDICOM: "on each DICOM port", OnHTTP: "on each HTTP port", OnTLS: "on each DICOM and each HTTP port", OnHost: "once for each host"}[c.On])
	for _, part := range []struct{ title, text string }{
		{"What it means", c.Means}, {"How it is tested", c.Tested}, {"What is sent", c.Sends},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", part.title, wrap(part.text))
	}
	if known := c.known(); known != "" {
		fmt.Fprintf(&b, "\n## What is known of products\n\n%s", known)
	}
	b.WriteString("\n## How to fix it\n")
	remedies := table.CheckRemedies(c.ID)
	for _, name := range table.Remedied() {
		title := name
		if name == products.AnyProduct {
			title = "Any product"
		}
		for i, r := range remedies[name] {
			if i == 0 {
				fmt.Fprintf(&b, "\n### %s\n", title)
			}
			fmt.Fprintf(&b, "\n%s\n", markdown(r.Text()))
		}
	}
	b.WriteString("\n## References\n\n")
	for _, r := range c.References {
		fmt.Fprintf(&b, "- %s\n", r)
	}
	return b.String()
}

// known lists what the built-in records of products hold that matters to the
// check, in Markdown; empty where they hold nothing.
func (c Check) known() string {
	table, err := products.Builtin()
	if err != nil {
		return "" // its test fails
	}
	var b strings.Builder
	for _, f := range table.FactsFor(c.ID) {
		fmt.Fprintf(&b, "- **%s** %s (%s; %s)\n", f.Name, f.Text, f.Source.Source, f.Checked)
	}
	return b.String()
}

// Index returns the page that lists the catalogue and the rule of grades.
func Index() string {
	var b strings.Builder
	b.WriteString("# The checks\n\nEvery check is read-only and bounded. Results are pass, fail, unknown (with the reason) or not\napplicable. The pages and this list are made from the catalogue in `internal/assess`; `leadglass checks`\nprints it.\n\n")
	b.WriteString("| check | fails when | severity |\n|---|---|---|\n")
	for _, c := range Catalogue() {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", c.ID, c.ID, c.Title, c.Severity)
	}
	b.WriteString("\n" + rulesHead)
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Gives, r.Value, r.When)
	}
	b.WriteString(routesTable)
	for _, r := range survey.Routes() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Route, r.Use, strings.Join(r.Checks, ", "))
	}
	return b.String()
}

// Rule is a row of the table of verdicts and grades, for people.
type Rule struct{ Gives, Value, When string }

// Rules returns the rules by which verdicts and grades are given, each list in
// order: the first row that applies.
func Rules() []Rule {
	var rows []Rule
	for _, r := range survey.VerdictRules() {
		rows = append(rows, Rule{"verdict", string(r.Verdict), r.When})
	}
	for _, r := range GradeRules() {
		grade := string(r.Grade)
		if grade == "" {
			grade = "none"
		}
		rows = append(rows, Rule{"grade", grade, r.When})
	}
	return rows
}

// rulesHead stands before the rows of verdicts and grades.
const rulesHead = `## Verdicts and grades

The first row that applies gives the verdict on each service, and the most open one is that of the target; the first
row that applies to the target gives its grade. Taking away a weakness, or adding TLS or client certificates, never
makes the grade worse. Verdict and grade hold for callers where the test was made from (tested_from): a service that
answers only its own machine looks from there as one that answers everybody.

| gives | which | when |
|---|---|---|
`

// routesTable says what routes are, before the rows of the table.
const routesTable = `
## Routes

A route is open where one of its checks fails, closed where one passes, and undecided where one is unknown and none
fails. Undecided is never read as closed: images accessible are then unknown, and a sum with them is a lower bound.

Two ports lead to the same archive where they are of the same product. Where a product is not known, an open retrieval
route of another port leaves retrieval undecided. Routes that show pages or files are said beside the verdict, and
letters go out for them too. Reports, comparisons, letters and --fail-on all ask this one rule (package
internal/survey).

| route | leads to | checks |
|---|---|---|
`

// markdown sets the configuration lines of a remedy apart.
func markdown(text string) string {
	var b strings.Builder
	code := false
	for i, line := range strings.Split(text, "\n") {
		isCode := strings.HasPrefix(line, "    ")
		if isCode != code && i > 0 {
			b.WriteString("\n")
		}
		code = isCode
		switch {
		case isCode:
			b.WriteString(line + "\n")
		default:
			b.WriteString(wrap(line) + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// lineWidth is the width of paragraphs on pages.
const lineWidth = 110

// wrap sets paragraphs to lineWidth and leaves tables alone.
func wrap(text string) string {
	var paragraphs []string
	for _, p := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(p, "|") {
			paragraphs = append(paragraphs, p)
			continue
		}
		var b strings.Builder
		n := 0
		for _, word := range strings.Fields(p) {
			switch {
			case n > 0 && n+1+len(word) > lineWidth:
				b.WriteByte('\n')
				n = 0
			case n > 0:
				b.WriteByte(' ')
				n++
			}
			b.WriteString(word)
			n += len(word)
		}
		paragraphs = append(paragraphs, b.String())
	}
	return strings.Join(paragraphs, "\n\n")
}
