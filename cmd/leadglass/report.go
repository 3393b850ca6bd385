package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"leadglass/internal/documents"
	"leadglass/internal/publish"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type reportCommand struct {
	Survey   string           `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	Format   []publish.Format `help:"${report_formats}." enum:"${report_formats}" default:"html,json"`
	Edition  string           `help:"public: aggregates without addresses; confidential: with addresses, evidence and remedies." enum:"public,confidential" default:"public"`
	MinCount *int             `help:"Suppress public counts of fewer archives than this; 1 suppresses nothing. A survey has one: default is that of its first public document, or 3." placeholder:"3"`
	Earlier  []string         `help:"Surveys whose totals are shown for comparison, by ID or name." placeholder:"SURVEY"`
	Study    string           `name:"study-2019" help:"always or never show the figures of the study of 2019 beside; auto: where the survey is of several countries, or simulated." enum:"auto,always,never" default:"auto"`
	Out      string           `help:"The folder to write to." default:"." placeholder:"DIR"`
	Browser  string           `help:"The Chromium that prints the PDF; default: the one that is installed." env:"LEADGLASS_BROWSER" placeholder:"PATH"`
}

// Help adds examples to --help.
func (reportCommand) Help() string {
	return `Examples:
  leadglass report                                the last survey, public, HTML and JSON
  leadglass report 2026-Q1 --format html,json,csv,pdf --out public/
  leadglass report --earlier 2025-Q4,2026-Q1      with their totals beside
  leadglass report --edition confidential --out for-the-cert/

A PDF is the HTML page as Chromium prints it, kept from reaching anything. Run
as root, Chromium has no sandbox; as anybody else it keeps it.`
}

// Run writes the report's files and prints their paths.
func (c *reportCommand) Run(ctx context.Context, a *app) error {
	collectLater()
	paths, err := writeReport(ctx, a, *c)
	for _, p := range paths {
		fmt.Fprintln(a.out, p)
	}
	if err == nil {
		for _, p := range publish.Stale(c.Out, paths) {
			a.note("note: %s is of an earlier report, which may be of another survey", p)
		}
	}
	return err
}

// collectLater collects garbage less often: a report holds little at a time and
// leaves much behind. It costs some 30 MB. A GOGC in the environment is left as
// it is.
func collectLater() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(600)
	}
}

func writeReport(ctx context.Context, a *app, c reportCommand) (paths []string, err error) {
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	v, err := db.Survey(ctx, c.Survey)
	if err != nil {
		return nil, err
	}
	if v.State != survey.StateFinished {
		a.note("note: survey %s is not finished; the report says so (`leadglass survey --resume` continues it)", v.ID)
	}
	o := documents.ReportOptions{Formats: c.Format, Edition: c.Edition, MinCount: c.MinCount, Earlier: c.Earlier, Dir: c.Out, Browser: c.Browser}
	if c.Study == "always" || c.Study == "never" {
		o.Study2019 = new(c.Study == "always")
	}
	return documents.WriteReport(ctx, db, v, o)
}
