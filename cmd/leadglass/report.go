package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
	"slices"

	"leadglass/internal/pdf"
	"leadglass/internal/publish"
	"leadglass/internal/report"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type reportCommand struct {
	Survey   string   `arg:"" optional:"" help:"The survey's ID or name; default: the last one."`
	Format   []string `help:"html, json, csv, pdf." enum:"html,json,csv,pdf" default:"html,json"`
	Edition  string   `help:"public: aggregates without addresses; confidential: with addresses, evidence and remedies." enum:"public,confidential" default:"public"`
	MinCount *int     `help:"Suppress public counts of fewer archives than this; 1 suppresses nothing. A survey has one: default is that of its first public document, or 3." placeholder:"3"`
	Earlier  []string `help:"Surveys whose totals are shown for comparison, by ID or name." placeholder:"SURVEY"`
	Study    string   `name:"study-2019" help:"always or never show the figures of the study of 2019 beside; auto: where the survey is of several countries, or simulated." enum:"auto,always,never" default:"auto"`
	Out      string   `help:"The folder to write to." default:"." placeholder:"DIR"`
	Browser  string   `help:"The Chromium that prints the PDF; default: the one that is installed." env:"LEADGLASS_BROWSER" placeholder:"PATH"`
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
	if err := checkMinCount(c.MinCount); err != nil {
		return err
	}
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

// collectLater has the garbage collected seldom: a report holds little at a
// time and leaves much behind, so that it would be collected without end. It
// costs some 30 MB. A GOGC in the environment is left as it is.
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
	files, done, err := c.files(ctx, db, v)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	var formats []publish.Format
	for _, f := range c.Format {
		if f != string(publish.PDF) {
			formats = append(formats, publish.Format(f))
		}
	}
	list, err := files(formats...)
	if err != nil {
		return nil, usage(err)
	}
	if slices.Contains(c.Format, string(publish.PDF)) {
		browser, err := pdf.Find(c.Browser)
		if err != nil {
			return nil, err
		}
		page, err := files(publish.HTML)
		if err != nil {
			return nil, usage(err)
		}
		list = append(list, publish.Printed(page[0], func(page func(io.Writer) error, w io.Writer) error {
			return pdf.Print(ctx, browser, c.Out, page, w)
		}))
	}
	return publish.WriteFiles(c.Out, list)
}

// files makes the report of v, and returns what lists its files of the formats,
// and what gives back the room that they take on disk until they are written.
func (c *reportCommand) files(ctx context.Context, db *store.Store, v survey.Survey) (list func(...publish.Format) ([]publish.File, error), done func() error, err error) {
	before, err := namedSurveys(ctx, db, c.Earlier)
	if err != nil {
		return nil, nil, fmt.Errorf("--earlier: %w", err)
	}
	if c.Edition == publish.EditionConfidential {
		formats := make([]publish.Format, len(c.Format))
		for i, f := range c.Format {
			formats[i] = publish.Format(f)
		}
		r, err := report.Collect(v, db.Records(ctx, v.ID), c.Out, formats...)
		if err != nil {
			return nil, nil, err
		}
		for _, b := range before {
			agg, err := aggregate(b, db.Records(ctx, b.ID))
			if err != nil {
				return nil, nil, errors.Join(err, r.Close())
			}
			r.Follow(report.Publish(agg, 1))
		}
		c.study(r.Study2019)
		return func(formats ...publish.Format) ([]publish.File, error) {
			return report.ConfidentialFiles(r, formats...)
		}, r.Close, nil
	}
	surveys := append([]survey.Survey{v}, before...)
	least, err := publishMinCount(ctx, db, c.MinCount, surveys...)
	if err != nil {
		return nil, nil, err
	}
	reports, err := publicReports(ctx, db, least, surveys...)
	if err != nil {
		return nil, nil, err
	}
	r := reports[0]
	r.Follow(reports[1:]...)
	c.study(r.Study2019)
	return func(formats ...publish.Format) ([]publish.File, error) {
		return report.PublicFiles(r, formats...)
	}, func() error { return nil }, nil
}

// study has a report show the figures of 2019, or not, where that is asked for.
func (c *reportCommand) study(show func(bool)) {
	if c.Study == "always" || c.Study == "never" {
		show(c.Study == "always")
	}
}

// namedSurveys are the surveys of these IDs or names.
func namedSurveys(ctx context.Context, db *store.Store, names []string) ([]survey.Survey, error) {
	var list []survey.Survey
	for _, name := range names {
		v, err := db.Survey(ctx, name)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
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
