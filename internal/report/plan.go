package report

import (
	"fmt"
	"strings"

	"leadglass/internal/survey"
)

// plan writes what to change, in order.
func (p *printer) plan(plan *survey.Plan) {
	p.b.WriteString("\n" + p.paint("What to change, in order", bold) + "\n")
	for _, line := range wrap(Plan(plan), p.Width-2) {
		fmt.Fprintf(&p.b, "  %s\n", line)
	}
}

// Plan is a plan as text; lines of files and commands are indented by four spaces.
func Plan(plan *survey.Plan) string {
	var b strings.Builder
	for i, s := range plan.Steps {
		tested := ""
		if s.Run {
			tested = " This step is run on the real server in the tests of this program."
		}
		fmt.Fprintf(&b, "\n%d. %s.\n%s\nHolds for: %s.\nSide effect: %s\nUndo: %s\nTurns green: %s.%s\n", i+1, s.Title, s.Changes, s.HoldsFor, s.SideEffect, s.Undo,
			strings.Join(s.TurnsGreen, ", "), tested)
	}
	if plan.Vendor != "" {
		b.WriteString("\n" + plan.Vendor + "\n")
	}
	b.WriteString("\n`leadglass checks ID` explains a check, `leadglass checks ID --product NAME` its remedy on a product.\n")
	return b.String()
}
