package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"leadglass/internal/compare"
	"leadglass/internal/publish"
	"leadglass/internal/store"
	"leadglass/internal/survey"
)

type diffCommand struct {
	Old      string   `arg:"" optional:"" help:"The earlier survey: its ID, its name, previous or last; default: previous."`
	New      string   `arg:"" optional:"" help:"The later survey; default: last."`
	JSON     bool     `help:"The comparison as one JSON object, on one line of stdout."`
	Format   []string `help:"html, json: write diff.html, diff.json instead of a text on stdout." enum:"html,json" default:""`
	Edition  string   `help:"public: aggregates without addresses; confidential: with the archives." enum:"public,confidential" default:"public"`
	MinCount *int     `help:"Suppress public counts of fewer archives than this; 1 suppresses nothing. A survey has one: default is that of its first public document, or 3." placeholder:"3"`
	Out      string   `help:"The folder to write files to." default:"." placeholder:"DIR"`
	FailOn   string   `help:"End with exit code 4 if anything is worse than before, like for like: worse." enum:"worse," default:"" placeholder:"worse"`
}

// Help says what is compared, with examples.
func (diffCommand) Help() string {
	return `Compares like for like: what only one of the surveys looked at (another scope,
other ports, a new check) is reported apart from what has changed, and an archive
that was not looked at again is not called fixed. docs/diff.md says how.

Surveys are named by ID or name; "last" is the newest, "previous" the one before
it. Where two surveys have the same name, the name means the newest of them.

Examples:
  leadglass diff                                  the last two surveys
  leadglass diff 2026-Q1 2026-Q2
  leadglass diff previous last --edition confidential
  leadglass diff --format html,json --out public/
  leadglass diff --fail-on worse                  for a script`
}

// Run prints or writes the comparison.
func (c *diffCommand) Run(ctx context.Context, a *app) error {
	if err := checkMinCount(c.MinCount); err != nil {
		return err
	}
	if c.JSON && len(c.Format) > 0 {
		return usage(errors.New("--json prints, --format writes files: leave one of them out"))
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := openDiff(ctx, db, c.Old, c.New)
	if err != nil {
		return err
	}
	if d.frame.Before.StartedAt.After(d.frame.Now.StartedAt) {
		a.note("note: %s is older than %s; the comparison goes backwards", d.frame.Now.ID, d.frame.Before.ID)
	}
	r, changes := compare.Confidential(d.sum), d.changes(ctx)
	if c.Edition != publish.EditionConfidential {
		least, reports, err := publishedReports(ctx, db, c.MinCount, d.frame.Before, d.frame.Now)
		if err != nil {
			return err
		}
		r, changes = compare.Publish(d.sum, least, reports...), nil
	}
	if err := c.write(a, r, changes); err != nil {
		return err
	}
	if c.FailOn != "" && d.sum.Worse() {
		return errFailOn
	}
	return nil
}

func (c *diffCommand) write(a *app, r compare.Public, changes iter.Seq2[compare.Change, error]) error {
	switch {
	case c.JSON:
		return compare.WriteLine(a.out, r, changes)
	case len(c.Format) == 0:
		return compare.WriteText(a.out, r, changes)
	}
	formats := make([]publish.Format, len(c.Format))
	for i, f := range c.Format {
		formats[i] = publish.Format(f)
	}
	files, err := compare.Files(r, changes, formats...)
	if err != nil {
		return usage(err)
	}
	paths, err := publish.WriteFiles(c.Out, files)
	for _, p := range paths {
		fmt.Fprintln(a.out, p)
	}
	return err
}

// diff is two surveys of a store, compared.
type diff struct {
	db    *store.Store
	frame *compare.Frame
	sum   *compare.Comparison
}

// openDiff compares two surveys of a store; empty names are the last two.
func openDiff(ctx context.Context, db *store.Store, before, now string) (*diff, error) {
	if before == "" {
		before = "previous"
	}
	if now == "" {
		now = "last"
	}
	var found [2]survey.Survey
	for i, name := range []string{before, now} {
		var err error
		if found[i], err = namedSurvey(ctx, db, name); err != nil {
			return nil, err
		}
	}
	return compareSurveys(ctx, db, found[0], found[1])
}

// compareSurveys compares two surveys of a store.
func compareSurveys(ctx context.Context, db *store.Store, before, now survey.Survey) (*diff, error) {
	frame, err := compare.NewFrame(before, now, survey.VerdictOf)
	if err != nil {
		return nil, err
	}
	d := &diff{db: db, frame: frame, sum: compare.NewComparison(frame)}
	for c, err := range d.changes(ctx) {
		if err != nil {
			return nil, err
		}
		d.sum.Add(c)
	}
	return d, nil
}

// changes streams the comparison target by target.
func (d *diff) changes(ctx context.Context) iter.Seq2[compare.Change, error] {
	return d.frame.Changes(d.db.Facts(ctx, d.frame.Before.ID), d.db.Facts(ctx, d.frame.Now.ID))
}

// namedSurvey is the survey of an ID or a name, or the last or the previous
// one.
func namedSurvey(ctx context.Context, db *store.Store, name string) (survey.Survey, error) {
	back := slices.Index([]string{"last", "previous"}, name)
	if back < 0 {
		return db.Survey(ctx, name)
	}
	all, err := db.Surveys(ctx)
	switch {
	case err != nil:
		return survey.Survey{}, err
	case len(all) <= back:
		return survey.Survey{}, fmt.Errorf("the store %s holds %s, so that there is no %s one; run `leadglass survey` again after a while, or name another store with --store FILE",
			db.Name(), plural(len(all), "survey"), name)
	}
	return all[back], nil
}
