package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"leadglass/internal/compare"
	"leadglass/internal/documents"
	"leadglass/internal/publish"
	"leadglass/internal/store"
)

type diffCommand struct {
	Old      string           `arg:"" optional:"" help:"The earlier survey: its ID, its name, previous or last; default: previous."`
	New      string           `arg:"" optional:"" help:"The later survey; default: last."`
	JSON     bool             `help:"The comparison as one JSON object, on one line of stdout."`
	Format   []publish.Format `help:"${diff_formats}: write diff.html, diff.json instead of a text on stdout." enum:"${diff_formats}" default:""`
	Edition  string           `help:"public: aggregates without addresses; confidential: with the archives." enum:"public,confidential" default:"public"`
	MinCount *int             `help:"Suppress public counts of fewer archives than this; 1 suppresses nothing. A survey has one: default is that of its first public document, or 3." placeholder:"3"`
	Out      string           `help:"The folder to write files to." default:"." placeholder:"DIR"`
	FailOn   string           `help:"End with exit code 4 if anything is worse than before, like for like: worse." enum:"worse," default:"" placeholder:"worse"`
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
	if c.JSON && len(c.Format) > 0 {
		return usage(errors.New("--json prints, --format writes files: leave one of them out"))
	}
	db, err := store.OpenExisting(ctx, a.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := documents.Compare(ctx, db, c.Old, c.New)
	if err != nil {
		return err
	}
	if d.Before.StartedAt.After(d.Now.StartedAt) {
		a.note("note: %s is older than %s; the comparison goes backwards", d.Now.ID, d.Before.ID)
	}
	r, changes := compare.Confidential(d.Sum), d.Changes(ctx)
	if c.Edition != publish.EditionConfidential {
		changes = nil
		if r, err = d.Public(ctx, c.MinCount); err != nil {
			return err
		}
	}
	if err := c.write(a, r, changes); err != nil {
		return err
	}
	if c.FailOn != "" && d.Sum.Worse() {
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
	files, err := compare.Files(r, changes, c.Format...)
	if err != nil {
		return usage(err)
	}
	paths, err := publish.WriteFiles(c.Out, files)
	for _, p := range paths {
		fmt.Fprintln(a.out, p)
	}
	return err
}
