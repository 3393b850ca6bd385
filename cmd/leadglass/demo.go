package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"leadglass/internal/lab"
	"leadglass/internal/pdf"
	"leadglass/internal/publish"
	"leadglass/internal/store"
	"leadglass/internal/trial"
)

type demoCommand struct {
	Fleet string `help:"A fleet file, or the name of one that comes with Leadglass." default:"greenbone-2019"`
	Out   string `help:"The folder for store, scope and report." default:"leadglass-demo" placeholder:"DIR"`
	JSON  bool   `help:"The score and what it took as one JSON object at the end."`
	// FollowUp is a second state of the fleet.
	FollowUp string `help:"Another fleet to survey at the same addresses afterwards, compared with the first: follow-up-2019-11 is that of the study." placeholder:"FLEET"`
}

// Help says what happens, with examples.
func (demoCommand) Help() string {
	return `Starts a fleet of simulated archives in a process of its own, on 127.0.0.0/8,
surveys it over real connections, compares every figure with the truth, and
writes the public report, as PDF too where Chromium is installed. Without --fleet it is the study of 2019 at its full
size: 2,300 archives, 24.3 million study records, every one of which crosses a
socket. The survey goes into leadglass.db in the folder of --out, or into the store
that --store names; LEADGLASS_STORE is not read, because its surveys are real.

Examples:
  leadglass demo
  leadglass demo --follow-up follow-up-2019-11
  leadglass demo --fleet demo
  leadglass demo --fleet my-fleet.yaml --out /tmp/demo --json`
}

// demoResult is the output of --json: the score, and what it took.
type demoResult struct {
	lab.Scores
	Seconds      float64 `json:"seconds"`
	ClientMaxRSS int64   `json:"client_max_rss_bytes"`
	LabMaxRSS    int64   `json:"lab_max_rss_bytes"`
	Report       string  `json:"report"`
	// FollowUp is absent without --follow-up.
	FollowUp *followUpResult `json:"follow_up,omitempty"`
	// PDF is the report as PDF; absent without a Chromium to print it.
	PDF string `json:"pdf,omitempty"`
}

// Run does it all in one go.
func (c *demoCommand) Run(ctx context.Context, a *app) error {
	start := time.Now()
	fleet, err := trial.Open(c.Fleet)
	if err != nil {
		return usage(err)
	}
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return fmt.Errorf("making the folder of the demo: %w", err)
	}
	if !a.ownStore {
		a.Store = filepath.Join(c.Out, "leadglass.db")
	}
	next, err := c.followUp(fleet)
	if err != nil {
		return usage(err)
	}
	process, err := trial.Start(ctx, c.Fleet, c.Out, a.err)
	if err != nil {
		return err
	}
	defer process.Stop()
	if next != nil { // both surveys are of the addresses of both states
		if _, err := trial.WriteScope(fleet, c.Out, next.addresses()...); err != nil {
			return err
		}
	}
	a.note("%s simulated on this machine", plural(len(fleet.Archives), "archive"))

	quiet := *a
	if c.JSON {
		quiet.out = io.Discard
	}
	v, err := surveyFleet(ctx, &quiet, process.Scope, "demo", demoWorkers)
	if err != nil {
		return err
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	scores, err := trial.Score(ctx, db, v.ID, fleet)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	// The archives are simulated, so that no small count needs to be withheld.
	order := reportCommand{Survey: v.ID, Format: []publish.Format{publish.HTML, publish.JSON, publish.CSV}, Edition: publish.EditionPublic, MinCount: new(1), Out: c.Out}
	paths, err := writeReport(ctx, a, order)
	if err != nil {
		return err
	}
	result := demoResult{Scores: scores, Seconds: time.Since(start).Seconds(), ClientMaxRSS: trial.PeakOfSelf(),
		LabMaxRSS: process.Stop(), Report: paths[0]}
	if result.PDF, err = printDemo(ctx, a, order); err != nil {
		return err
	}
	if next != nil {
		if result.FollowUp, err = next.run(ctx, &quiet, c.Out, v.ID); err != nil {
			return err
		}
	}
	return c.print(a, result)
}

// printDemo prints the report as PDF where there is a Chromium, and returns its
// path.
func printDemo(ctx context.Context, a *app, order reportCommand) (string, error) {
	if _, err := pdf.Find(""); err != nil {
		a.note("no PDF: %s", err)
		return "", nil
	}
	order.Format = []publish.Format{publish.PDF}
	paths, err := writeReport(ctx, a, order)
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

// demoWorkers is how many simulated archives are examined side by side: most of
// them wait, as real ones do.
const demoWorkers = 24

func (c *demoCommand) print(a *app, r demoResult) error {
	var err error
	if c.JSON {
		err = json.NewEncoder(a.out).Encode(r)
	} else {
		err = a.printScores(r.Scores)
		a.printf("%.1f s", r.Seconds)
		if r.ClientMaxRSS > 0 && r.LabMaxRSS > 0 {
			a.printf(", %d MB resident at most, simulated fleet %d MB", r.ClientMaxRSS>>20, r.LabMaxRSS>>20)
		}
		a.printf("\nreport: %s\n", r.Report)
		if r.PDF != "" {
			a.printf("as PDF: %s\n", r.PDF)
		}
		if r.FollowUp != nil {
			a.printf("%.1f s for the follow-up and the comparison\ncomparison: %s\n", r.FollowUp.Seconds, r.FollowUp.Comparison)
		}
	}
	if err == nil && (!r.AllRight() || r.FollowUp != nil && !r.FollowUp.AllRight()) {
		return &exitError{code: exitFailed, cause: errors.New("the survey and the truth differ")}
	}
	return err
}
