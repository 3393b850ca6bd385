package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"leadglass/internal/campaign"
	"leadglass/internal/lab"
	"leadglass/internal/scope"
	"leadglass/internal/store"
	"leadglass/internal/survey"
	"leadglass/internal/trial"
	"leadglass/lab/fleets"
)

type labCommand struct {
	Run   labRunCommand   `cmd:"" help:"Start a fleet on 127.0.0.0/8 and print the scope file that surveys it."`
	Truth labTruthCommand `cmd:"" help:"Print the ground truth of a fleet as JSON."`
	Score labScoreCommand `cmd:"" help:"Compare a survey with the truth, figure by figure."`
}

type labRunCommand struct {
	Fleet string `arg:"" help:"A fleet file, or the name of one that comes with Leadglass."`
	Dir   string `help:"Where to write scope.yaml and overlay.csv." default:"." placeholder:"DIR"`
	JSON  bool   `help:"One line of JSON with the paths on stdout when all archives listen."`
}

// Help adds examples to --help.
func (labRunCommand) Help() string {
	return `The fleet runs until it is interrupted. These come with Leadglass:
  ` + strings.Join(fleets.Names(), ", ") + `

Examples:
  leadglass lab run demo --dir /tmp/lab &
  leadglass survey --scope /tmp/lab/scope.yaml
  leadglass lab score demo`
}

// Run starts the fleet and waits for the interrupt.
func (c *labRunCommand) Run(ctx context.Context, a *app) error {
	fleet, err := trial.Open(c.Fleet)
	if err != nil {
		return usage(err)
	}
	path, err := trial.WriteScope(fleet, c.Dir)
	if err != nil {
		return err
	}
	running, err := fleet.Run(ctx)
	if err != nil {
		return err
	}
	defer running.Close()
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(map[string]any{"archives": len(fleet.Archives), "scope": path})
	} else {
		err = a.printf("%s listen; survey them with\n  leadglass survey --scope %s\n",
			plural(len(fleet.Archives), "archive"), path)
	}
	if err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	<-ctx.Done()
	return nil
}

type labTruthCommand struct {
	Fleet string `arg:"" help:"A fleet file, or the name of one that comes with Leadglass."`
}

// Help adds examples to --help.
func (labTruthCommand) Help() string {
	return `Examples:
  leadglass lab truth demo
  leadglass lab truth my-fleet.yaml`
}

// Run prints the truth.
func (c *labTruthCommand) Run(a *app) error {
	fleet, err := trial.Open(c.Fleet)
	if err != nil {
		return usage(err)
	}
	return json.NewEncoder(a.out).Encode(fleet.Truth())
}

type labScoreCommand struct {
	Fleet  string `arg:"" help:"A fleet file, or the name of one that comes with Leadglass."`
	Survey string `help:"The survey's ID or name; default: the last one." placeholder:"ID"`
	JSON   bool   `help:"Every figure as JSON on stdout."`
}

// Help adds examples to --help.
func (labScoreCommand) Help() string {
	return `Ends with exit code 1 when any figure differs.

Examples:
  leadglass lab score demo                        the last survey
  leadglass lab score demo --survey 2026-Q1 --json`
}

// Run compares the survey with the truth; any difference ends with exit code 1.
func (c *labScoreCommand) Run(ctx context.Context, a *app) error {
	fleet, err := trial.Open(c.Fleet)
	if err != nil {
		return usage(err)
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	scores, err := trial.Score(ctx, db, c.Survey, fleet)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(scores)
	} else {
		err = a.printScores(scores)
	}
	if err == nil && !scores.AllRight() {
		err = &exitError{code: exitFailed}
	}
	return err
}

// printScores prints the totals, and every other figure that is off.
func (a *app) printScores(s lab.Scores) error {
	a.printf("%-34s %15s %15s %8s\n", "figure", "truth", "measured", "error")
	for _, f := range s.Figures {
		if !strings.Contains(f.Name, ".") || f.Error != 0 {
			a.printf("%-34s %15s %15s %8s\n", f.Name, grouped(f.Truth), grouped(f.Measured), grouped(f.Error))
		}
	}
	for _, w := range s.Wrong {
		a.printf("%s: %s\n", w.Address, strings.Join(w.Wrong, "; "))
	}
	err := a.printf("%s compared, %s wrong\n", plural(len(s.Figures), "figure"), plural(s.ArchivesWrong, "archive"))
	return err
}

// surveyFleet surveys a fleet that runs, by its own scope file.
func surveyFleet(ctx context.Context, a *app, scopeFile string, name string, workers int) (survey.Survey, error) {
	s, err := scope.Load(scopeFile)
	if err != nil {
		return survey.Survey{}, err
	}
	return runSurvey(ctx, a, s, campaign.Options{Name: name, Simulated: true, Examiners: workers}, false)
}
