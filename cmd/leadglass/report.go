package main

import (
	"context"
	"fmt"
	"iter"

	"leadglass/internal/report"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type reportCommand struct {
	Survey   string   `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	Format   []string `help:"html, json, csv." enum:"html,json,csv" default:"html,json"`
	Edition  string   `help:"public: aggregates without addresses; confidential: with addresses, evidence and remedies." enum:"public,confidential" default:"public"`
	MinCount int      `help:"Suppress public counts of fewer archives than this; 1 suppresses nothing." default:"3"`
	Out      string   `help:"The folder to write to." default:"." placeholder:"DIR"`
}

// Help adds examples to --help.
func (reportCommand) Help() string {
	return `Examples:
  leadglass report                                the last survey, public, HTML and JSON
  leadglass report 2026-Q1 --format html,json,csv --out public/
  leadglass report --edition confidential --out for-the-cert/`
}

// Run writes the report's files and prints their paths.
func (c *reportCommand) Run(ctx context.Context, a *app) error {
	if c.MinCount < 1 {
		return usage(fmt.Errorf("--min-count %d: must be 1 or more", c.MinCount))
	}
	paths, err := writeReport(ctx, a.Store, *c)
	for _, p := range paths {
		fmt.Fprintln(a.out, p)
	}
	return err
}

func writeReport(ctx context.Context, dsn string, c reportCommand) ([]string, error) {
	db, err := store.OpenExisting(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	v, err := db.Survey(ctx, c.Survey)
	if err != nil {
		return nil, err
	}
	aggregate, err := aggregate(v, db.Records(ctx, v.ID))
	if err != nil {
		return nil, err
	}
	formats := make([]report.Format, len(c.Format))
	for i, f := range c.Format {
		formats[i] = report.Format(f)
	}
	var files []report.File
	if c.Edition == report.EditionConfidential {
		files, err = report.ConfidentialFiles(report.NewConfidential(aggregate, db.Records(ctx, v.ID)), formats...)
	} else {
		files, err = report.PublicFiles(report.Publish(aggregate, c.MinCount), formats...)
	}
	if err != nil {
		return nil, usage(err)
	}
	return report.WriteFiles(c.Out, files)
}

func aggregate(v survey.Survey, records iter.Seq2[survey.Record, error]) (report.Aggregate, error) {
	agg := report.NewAggregator(v)
	for r, err := range records {
		if err != nil {
			return report.Aggregate{}, err
		}
		agg.Add(r)
	}
	return agg.Aggregate(), nil
}
