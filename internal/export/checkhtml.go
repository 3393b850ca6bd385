package export

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"leadglass/internal/plain"
	"leadglass/internal/survey"
)

//go:embed check.html.tmpl
var checkPage string

// checkedTarget is a target on the page.
type checkedTarget struct {
	Name, Verdict, Grade, Text, At string
	Checks                         []checkedLine
}

type checkedLine struct {
	ID, Title, State, Severity, Place, Evidence, Remedy string
}

// writeCheckHTML writes one page that needs nothing else.
func writeCheckHTML(w io.Writer, version string, findings []*survey.Finding) error {
	t, err := template.New("check").Parse(checkPage)
	if err != nil {
		return fmt.Errorf("reading the page: %w", err)
	}
	var targets []checkedTarget
	for _, f := range findings {
		one := checkedTarget{Name: targetName(f), Verdict: string(f.Verdict), Grade: string(f.Grade), At: f.StartedAt.UTC().Format(time.RFC3339)}
		if f.Verdict.Speaks() {
			one.Text = plain.Line(description(&Item{Finding: f}))
		}
		for _, c := range judged(f) {
			one.Checks = append(one.Checks, checkedLine{c.ID, plain.Line(c.Title), string(c.State), string(c.Severity), place(f, c.Port), plain.Line(c.Evidence), plain.Text(c.Remedy)})
		}
		targets = append(targets, one)
	}
	if err := t.Execute(w, map[string]any{"Targets": targets, "Version": version}); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
