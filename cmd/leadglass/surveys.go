package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"leadglass/internal/campaign"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

// surveyCommands is `survey` with what there is to do about surveys in the
// store; without the name of one of them it begins or continues a survey.
type surveyCommands struct {
	Run    surveyCommand       `cmd:"" default:"withargs" help:"Survey a scope into the store; also without the word run."`
	List   surveyListCommand   `cmd:"" help:"List the surveys in the store, the newest first."`
	Show   surveyShowCommand   `cmd:"" help:"Show a survey's status."`
	Cancel surveyCancelCommand `cmd:"" help:"Cancel a survey for good, also one that runs on another machine."`
}

// Help says how a survey is begun.
func (surveyCommands) Help() string {
	return "`leadglass survey --scope FILE` begins a survey; `leadglass survey run --help` lists its\nflags." + `

Examples:
  leadglass survey --scope mandate.yaml --name 2026-Q1
  leadglass survey --scope mandate.yaml --resume
  leadglass survey list
  leadglass survey cancel 2026-Q1`
}

type surveyListCommand struct {
	JSON bool `help:"JSON Lines on stdout: one object a survey."`
}

// Help adds examples to --help.
func (surveyListCommand) Help() string {
	return `Examples:
  leadglass survey list
  leadglass survey list --json | jq -r 'select(.status == "running") | .survey.id'`
}

// Run lists the surveys.
func (c *surveyListCommand) Run(ctx context.Context, a *app) error {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := db.Surveys(ctx)
	if err != nil {
		return err
	}
	if !c.JSON {
		a.printf("%-21s %-11s %-16s %12s %8s  %s\n", "survey", "status", "started (UTC)", "records", "open", "name")
	}
	for _, v := range all {
		s, err := campaign.StatusOf(ctx, db, v)
		if err != nil {
			return err
		}
		if c.JSON {
			err = json.NewEncoder(a.out).Encode(s)
		} else {
			err = a.printf("%-21s %-11s %-16s %12s %8s  %s\n", v.ID, s.Status, v.StartedAt.Format("2006-01-02 15:04"),
				grouped(s.Records), grouped(s.Open()), v.Name)
		}
		if err != nil {
			return fmt.Errorf("printing the surveys: %w", err)
		}
	}
	return nil
}

type surveyShowCommand struct {
	Survey string `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	JSON   bool   `help:"One JSON object on stdout."`
}

// Help adds examples to --help.
func (surveyShowCommand) Help() string {
	return `Statuses: running; silent (its process has not been seen for 30 s: it was
killed, or cannot reach the store); interrupted; cancelling; cancelled; finished.
Silent and interrupted ones are continued by --resume.

Examples:
  leadglass survey show
  leadglass survey show 2026-Q1 --json`
}

// Run shows the survey.
func (c *surveyShowCommand) Run(ctx context.Context, a *app) error {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.Survey(ctx, c.Survey)
	if err != nil {
		return err
	}
	s, err := campaign.StatusOf(ctx, db, v)
	if err != nil {
		return err
	}
	return a.printStatus(s, c.JSON)
}

func (a *app) printStatus(s campaign.Status, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(a.out).Encode(s)
	}
	v := &s.Survey
	lines := []struct{ name, value string }{
		{"survey", v.ID}, {"name", v.Name}, {"status", string(s.Status)},
		{"authority", strings.TrimSpace(v.Authority.Organisation + " " + v.Authority.Reference)},
		{"started", moment(v.StartedAt)}, {"last at work", moment(s.SeenAt)}, {"cancelled", moment(s.CancelledAt)}, {"finished", moment(v.FinishedAt)},
		{"addresses", grouped(v.Addresses)}, {"records", grouped(s.Records)},
	}
	if s.Workers > 0 {
		lines = append(lines, struct{ name, value string }{"workers", grouped(int64(s.Workers))})
	}
	if s.Waiting > 0 {
		lines = append(lines, struct{ name, value string }{"to be examined", grouped(s.Waiting)})
	}
	for _, verdict := range survey.Verdicts {
		if n := s.Verdicts[verdict]; n > 0 {
			lines = append(lines, struct{ name, value string }{"  " + string(verdict), grouped(n)})
		}
	}
	for _, line := range lines {
		if line.value == "" {
			continue
		}
		if err := a.printf("%-14s %s\n", line.name, line.value); err != nil {
			return fmt.Errorf("printing the survey: %w", err)
		}
	}
	return nil
}

// moment is a time to the second in UTC; "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

type surveyCancelCommand struct {
	Survey string        `arg:"" help:"The survey's ID or name."`
	Wait   time.Duration `help:"How long to wait until its process has stopped." default:"30s" placeholder:"TIME"`
	JSON   bool          `help:"Print the survey's status then as one JSON object on stdout."`
}

// Help adds examples to --help.
func (surveyCancelCommand) Help() string {
	return `The process that works on the survey looks into the store every few seconds,
ends what it has open and stops. What was finished is kept and can be reported.
A cancelled survey is not continued by --resume; to pause one, interrupt its
process (Ctrl-C or SIGTERM).

Ends with exit code 3 when the process has not stopped in time.

Examples:
  leadglass survey cancel 2026-Q1
  leadglass --store postgres://survey@db.example/leadglass survey cancel 20261124T101500Z-1f3a`
}

// Run cancels the survey.
func (c *surveyCancelCommand) Run(ctx context.Context, a *app) error {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := campaign.Cancel(ctx, db, c.Survey, c.Wait)
	if err != nil {
		return err
	}
	if err := a.printStatus(s, c.JSON); err != nil {
		return err
	}
	if s.Status == survey.StatusCancelling {
		return &exitError{code: exitIncomplete, cause: fmt.Errorf(
			"survey %s is cancelled, but its process has not stopped in %s; `leadglass survey show %s` says when it has", s.Survey.ID, c.Wait, s.Survey.ID)}
	}
	return nil
}
